#include "edited_rule.hpp"

using namespace noci;
using namespace std::chrono_literals;

namespace {

const std::string good = R"(title: Recon
id: 252c94ea-0e0f-4594-9169-b5b7552fedc3
level: high
detection:
  search: {event.action: user_directory_search}
  join: {event.action: room_join}
  read: {event.action: room_messages}
correlation:
  group-by: [user.id]
  limits:
    - {name: a, type: temporal_ordered, steps: [search, {select: join, count: 3}, read and not search], timespan: 2h}
tests:
  - {name: fires, events: [{at: '2026-06-07T02:00:00Z', user.id: '@a:hs', event.action: room_join}], expect: [{limit: a}]}
  - {name: silent, events: [{at: '2026-06-07T02:00:00Z', user.id: '@a:hs'}], expect: []}
)";

}  // namespace

TEST_CASE("a sequence becomes steps") {
  const Scratch scratch;
  const auto loaded = load_edited(scratch, good);
  REQUIRE(all(loaded.faults).empty());
  const Limit& limit = loaded.value.rules.at(0).limits.at(0);
  CHECK(limit.type == LimitType::temporal_ordered);
  CHECK(limit.timespan == 2h);
  CHECK(limit.compare == Compare::gte);
  CHECK(limit.threshold == 3);
  REQUIRE(limit.steps.size() == 3);
  CHECK(limit.steps[0].select.selection == 0);
  CHECK(limit.steps[1].count == 3);
  CHECK(limit.steps[1].select.selection == 1);
  CHECK(limit.steps[2].select_text == "read and not search");
  CHECK(limit.steps[2].select.op == Condition::Op::conjunction);
}

TEST_CASE("each wrong piece of a sequence is one fault of its kind") {
  struct Case {
    const char* from;
    const char* to;
    const char* code;
    const char* hint;
  };

  const auto [from, to, code, hint] = GENERATE(values<Case>({
      {"[search, {select: join, count: 3}, read and not search]", "[search or join or read]",
       "out-of-range", "2 to 8"},
      {"read and not search]", "reed]", "unknown-selection", "did you mean 'read'?"},
      {"read and not search]", "read or]", "bad-condition", "must follow"},
      {"count: 3}", "count: 0}", "out-of-range", "between 1"},
      {"count: 3}", "times: 3}", "unknown-key", ""},
      {"{select: join, count: 3}", "{count: 3}", "missing-key", "which events"},
      {"count: 3}, read", "count: 400}, {select: join, count: 400}, read", "out-of-range",
       "smaller counts"},
      {"timespan: 2h}", "timespan: 2h, condition: {gte: 2}}", "unknown-key", "'steps'"},
      {"timespan: 2h}", "timespan: 2h, field: matrix.room.id}", "unknown-key", "'steps'"},
      {"timespan: 2h}", "timespan: 2h, select: read}", "unknown-key", "'steps'"},
      {"steps: [search, {select: join, count: 3}, read and not search], ", "", "missing-key",
       "selections"},
      {"temporal_ordered", "temporal_orderd", "bad-value", "temporal_ordered"},
  }));
  const Scratch scratch;
  const auto loaded = load_edited(scratch, good, from, to);
  CAPTURE(from, to, all(loaded.faults));
  CHECK(mentions(loaded.faults, code, 11));
  CHECK(all(loaded.faults).find(hint) != std::string::npos);
  // What no step names is then unused, too, but nothing else.
  for (const auto& fault : loaded.faults) {
    CHECK((fault.line == 11 || fault.line < 8));
  }
}
