// Hostile requests: whatever stands in method, path and query, classify comes back, and everything
// it hands out lies in what it was given.

#include <array>
#include <string>

#include <rapidcheck/catch.h>

#include "parse/endpoint.hpp"
#include "parse/messages_estimate.hpp"
#include "support/catch.hpp"

using namespace noci;

namespace {

/// Pieces that reach deep into the routes, and bytes that should not be there.
rc::Gen<std::string> piece() {
  return rc::gen::weightedOneOf<std::string>(
      {{6, rc::gen::elementOf(std::vector<std::string>{"_matrix",
                                                       "client",
                                                       "v3",
                                                       "r0",
                                                       "api",
                                                       "v1",
                                                       "unstable",
                                                       "rooms",
                                                       "!r:hs",
                                                       "%21r%3Ahs",
                                                       "messages",
                                                       "state",
                                                       "m.room.member",
                                                       "@a:hs",
                                                       "media",
                                                       "download",
                                                       "hs",
                                                       "ID",
                                                       "%64ownload",
                                                       "federation",
                                                       "query",
                                                       "profile",
                                                       "_synapse",
                                                       "admin",
                                                       "join",
                                                       "txn",
                                                       "org.matrix.simplified_msc3575",
                                                       "sync",
                                                       "threads",
                                                       "",
                                                       "a/b/c/d/e/f",
                                                       "%",
                                                       "%2",
                                                       "%2F",
                                                       "..",
                                                       "events",
                                                       "replication",
                                                       "key",
                                                       "v2"})},
       {1, rc::gen::arbitrary<std::string>()}});
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string path;
  for (const std::string& one : pieces) {
    path += "/" + one;
  }
  return path;
}

bool lies_in(std::string_view view, std::string_view whole) {
  return view.data() >= whole.data() && view.data() + view.size() <= whole.data() + whole.size();
}

/// Decoded copies are never longer than what they were made of, and never of something else.
bool comes_from(std::string_view view, std::string_view path, std::string_view query) {
  if (view.empty() || lies_in(view, path) || lies_in(view, query)) {
    return true;
  }
  return view.size() <= path.size() + query.size();
}

}  // namespace

TEST_CASE("classify is total, and its views come from the request") {
  rc::prop("any method, path and query", [] {
    Arena arena;
    const auto method = *rc::gen::oneOf(
        rc::gen::elementOf(std::vector<std::string>{"GET", "POST", "PUT", "DELETE", "HEAD"}),
        rc::gen::arbitrary<std::string>());
    const std::string path =
        *rc::gen::oneOf(rc::gen::map(rc::gen::container<std::vector<std::string>>(piece()), joined),
                        rc::gen::arbitrary<std::string>());
    const std::string query = *rc::gen::map(
        rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
            "limit=", "9", "&", ";", "user_id=", "%40", "+", "=",
            "filter={\"timeline\":{\"limit\":", "since=s1", "}", "%", "server=", "limi%74", "-"})),
        [](const std::vector<std::string>& parts) {
          std::string text;
          for (const std::string& part : parts) {
            text += part;
          }
          return text;
        });
    const Endpoint endpoint = classify(method, path, query, arena);
    for (const std::string_view view :
         {endpoint.room_id, endpoint.media_id, endpoint.target_user_id, endpoint.target_server}) {
      RC_ASSERT(comes_from(view, path, query));
    }
    RC_ASSERT(endpoint.limit.value_or(0) >= 0);
    RC_ASSERT((endpoint.action != Action::unknown || !endpoint.encoded_path));
  });
}

TEST_CASE("an escaped capture is the same as a plain one") {
  rc::prop("any room id without a slash", [] {
    Arena arena;
    const auto room = *rc::gen::suchThat(
        rc::gen::nonEmpty(rc::gen::string<std::string>()),
        [](const std::string& id) { return id.find_first_of("/%") == std::string::npos; });
    std::string escaped;
    constexpr std::string_view digits = "0123456789aBcDeF";
    for (const char c : room) {
      const auto byte = static_cast<unsigned char>(c);
      escaped += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    const std::string prefix = "/_matrix/client/r0/rooms/";
    const std::string plain_path = prefix + room + "/messages";
    const std::string escaped_path = prefix + escaped + "/messages";
    RC_ASSERT(classify("GET", plain_path, "", arena).room_id == room);
    RC_ASSERT(classify("GET", escaped_path, "", arena).room_id == room);
  });
}

TEST_CASE("an estimate lies between its bounds") {
  rc::prop("any endpoint, status, size and limit", [] {
    Endpoint endpoint;
    endpoint.action =
        static_cast<Action>(*rc::gen::inRange<int>(0, static_cast<int>(action_count)));
    endpoint.limit = *rc::gen::arbitrary<bool>()
                         ? std::optional<std::int64_t>(*rc::gen::inRange<std::int64_t>(
                               0, std::int64_t{1} << *rc::gen::inRange(1, 62)))
                         : std::nullopt;
    const auto bytes =
        *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << *rc::gen::inRange(1, 62));
    const auto status =
        *rc::gen::elementOf(std::vector<std::int64_t>{200, 201, 304, 404, 499, 500});
    const auto encoding = *rc::gen::elementOf(
        std::vector<Encoding>{Encoding::unknown, Encoding::plain, Encoding::gzip});
    const auto query = *rc::gen::elementOf(std::vector<std::string>{
        "", "since=s1", "filter=0", "filter=%7B%22timeline%22%3A%7B%22limit%22%3A0%7D%7D",
        "filter={", "since="});
    const auto method = *rc::gen::elementOf(std::vector<std::string>{"GET", "POST", "HEAD"});
    const auto estimate = estimate_messages(endpoint, method, query, status, bytes, encoding);
    if (!estimate) {
      return;
    }
    RC_ASSERT(0 <= estimate->low);
    RC_ASSERT(estimate->low <= estimate->best);
    RC_ASSERT(estimate->best <= estimate->high);
    if (method == "HEAD" || (status != 499 && status >= 300)) {
      RC_ASSERT(*estimate == MessagesEstimate{});
    }
  });
}
