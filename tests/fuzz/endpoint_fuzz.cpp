// Endpoints: any method, path and query have one class, whatever stands in memory behind them; HEAD
// is what GET is; an estimate of messages has its bounds in order.

#include <string>

#include "base/arena.hpp"
#include "fuzz/support.hpp"
#include "parse/endpoint.hpp"
#include "parse/messages_estimate.hpp"

namespace noci {
namespace {

std::string told(const Endpoint& endpoint) {
  std::string all(name_of(endpoint.action));
  for (const std::string_view part :
       {endpoint.room_id, endpoint.media_id, endpoint.target_user_id, endpoint.target_server}) {
    all += '\x1f';
    all += part;
  }
  return all + '\x1f' + (endpoint.limit ? std::to_string(*endpoint.limit) : "") +
         (endpoint.encoded_path ? "e" : "") + (endpoint.counted ? "c" : "");
}

void run(std::string_view input) {
  fuzz::Choices choices(input);
  const auto bytes = static_cast<std::int64_t>(choices.below(256) * choices.below(256) * 64);
  const fuzz::Exact method(choices.part(' '));
  const fuzz::Exact path(choices.part('?'));
  const fuzz::Exact query(choices.rest());
  Arena arena;
  const Endpoint endpoint = classify(method.view(), path.view(), query.view(), arena);
  const std::string first = told(endpoint);
  FUZZ_REQUIRE(!endpoint.limit || *endpoint.limit >= 0);
  const auto estimate = estimate_messages(endpoint, method.view(), query.view(), 200, bytes);
  if (estimate) {
    FUZZ_REQUIRE(0 <= estimate->low && estimate->low <= estimate->best);
    FUZZ_REQUIRE(estimate->best <= estimate->high);
  }
  Arena other;
  const std::string longer(std::string(path.view()) + "/x?y");
  FUZZ_REQUIRE(told(classify(method.view(), std::string_view(longer).substr(0, path.view().size()),
                             query.view(), other)) == first);
  const Endpoint get = classify("GET", path.view(), query.view(), other);
  FUZZ_REQUIRE(told(classify("HEAD", path.view(), query.view(), other)) == told(get));
}

}  // namespace
}  // namespace noci

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  noci::run(noci::fuzz::text_of(data, size));
  return 0;
}
