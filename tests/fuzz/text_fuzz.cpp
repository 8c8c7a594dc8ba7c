// Text records: any line under any prefix is read without a step beyond it, and what is found are
// pieces of it in their order.

#include <array>
#include <string>

#include "fuzz/support.hpp"
#include "parse/access_line.hpp"
#include "parse/clock.hpp"
#include "parse/envelope.hpp"
#include "parse/line.hpp"
#include "parse/parser.hpp"

namespace noci {
namespace {

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_line(std::string_view line, const LogLine& parts) {
  for (const std::string_view part :
       {parts.stamp.minute, parts.worker, parts.logger, parts.request, parts.message}) {
    FUZZ_REQUIRE(lies_in(part, line));
  }
  FUZZ_REQUIRE(parts.message.empty() ||
               parts.message.data() + parts.message.size() == line.data() + line.size());
  FUZZ_REQUIRE(parts.stamp.within >= Duration::zero());
  FUZZ_REQUIRE(parts.stamp.within < std::chrono::seconds{62});
}

void check_access(std::string_view message) {
  AccessLine access;
  if (parse_access_line(message, "8008", access) != AccessFault::none) {
    return;
  }
  const std::array parts{access.address, access.requester, access.method,
                         access.uri,     access.protocol,  access.user_agent};
  const char* from = message.data();
  for (const std::string_view part : parts) {
    FUZZ_REQUIRE(lies_in(part, message));
    FUZZ_REQUIRE(part.empty() || part.data() >= from);
    from = part.empty() ? from : part.data() + part.size();
  }
  FUZZ_REQUIRE(access.bytes >= 0);
  FUZZ_REQUIRE(access.duration >= 0);
  FUZZ_REQUIRE(access.method.find(' ') == std::string_view::npos);
  FUZZ_REQUIRE(access.uri.find(' ') == std::string_view::npos);
}

void run(std::string_view input) {
  fuzz::Choices choices(input);
  const std::string prefix(choices.part('\n'));
  const fuzz::Exact exact(choices.rest().substr(0, choices.rest().find('\n')));
  const std::string_view line = exact.view();
  MinuteClock clock(Zone::utc());
  LogLine parts;
  for (const auto read : {parse_log_line, parse_journal_line}) {
    if (read(line, parts)) {
      check_line(line, parts);
      (void)clock.read(parts.stamp, TimePoint(std::chrono::hours{500'000}));
      check_access(parts.message);
    }
  }
  if (const auto pieces = parse_log_prefix(prefix)) {
    if (parse_prefixed_line(line, *pieces, parts)) {
      check_line(line, parts);
    }
  }
  const Envelope envelope = open_envelope(line, true);
  FUZZ_REQUIRE(lies_in(envelope.body, line));
  FUZZ_REQUIRE(lies_in(envelope.worker, line));
  check_access(line);

  SourceInfo source;
  source.format = LineFormat::text;
  source.prefix = prefix;
  Parser parser(source);
  Arena arena;
  Record record;
  record.bytes = line;
  const Event event = parser.parse(record, arena).event;
  const std::string first = fuzz::told(event);
  FUZZ_REQUIRE(event.kind != Kind::forged || event.user_id.empty());
  Parser again(source);
  Arena other;
  FUZZ_REQUIRE(fuzz::told(again.parse(record, other).event) == first);
}

}  // namespace
}  // namespace noci

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  noci::run(noci::fuzz::text_of(data, size));
  return 0;
}
