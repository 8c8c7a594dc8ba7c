#include "settings/totals.hpp"

#include "edited_rule.hpp"

using namespace noci;
using namespace std::chrono_literals;

namespace {

const std::string good = R"(title: A share
id: 252c94ea-0e0f-4594-9169-b5b7552fedc3
level: low
detection:
  joined: {event.action: room_join}
  list: {event.action: room_members}
correlation:
  group-by: [user.id]
  limits:
    - {name: rooms, type: value_count, select: joined, field: matrix.room.id, timespan: 30d, condition: {gt: 0.25%, of: rooms, at_least: 3}}
    - {name: people, type: value_sum, select: list, field: http.response.body.bytes, timespan: 30d, condition: {gte: 1%, of: users, each: 600, at_least: 1kB}}
tests:
  - {name: fires, totals: {rooms: 100}, events: [{at: '2026-06-07T02:00:00Z', user.id: '@a:hs', event.action: room_join}], expect: [{limit: rooms}]}
  - {name: silent, events: [{at: '2026-06-07T02:00:00Z', user.id: '@a:hs'}], expect: []}
)";

/// Codes of the faults, one after the other.
std::string faults_of(const std::string& from, const std::string& to) {
  const Scratch scratch;
  std::string codes;
  for (const Fault& fault : load_edited(scratch, good, from, to).faults) {
    const std::string text = fault.to_string();
    const auto open = text.find('[');
    codes += text.substr(open, text.find(']') - open + 1);
  }
  return codes;
}

}  // namespace

TEST_CASE("a share becomes a number by the totals, and never less than its floor") {
  const Scratch scratch;
  auto loaded = load_edited(scratch, good);
  REQUIRE(all(loaded.faults).empty());
  Rule rule = loaded.value.rules.at(0);
  CHECK(rule.tests.at(0).totals == ServerTotals{100, 0, 0, 0, 0});

  Rule small = rule;
  CHECK(apply_totals(small, {876, 0, 0, 0, 50}));
  REQUIRE(small.limits.size() == 2);
  CHECK(small.limits[0].threshold == 3);
  CHECK(small.limits[0].whole == 876);
  CHECK(small.limits[1].threshold == 1000);
  CHECK(small.limits[1].whole == 30'000);

  Rule large = rule;
  CHECK(apply_totals(large, {20'000, 0, 0, 0, 73'467}));
  CHECK(large.limits[0].threshold == 50);
  CHECK(large.limits[1].threshold == 440'802);
  CHECK(large.limits[1].compare == Compare::gte);
}

TEST_CASE("a share of what nobody knows is no limit, and a rule without a limit is off") {
  const Scratch scratch;
  Rule rule = load_edited(scratch, good).value.rules.at(0);
  Rule half = rule;
  CHECK_FALSE(apply_totals(half, {0, 0, 0, 0, 73'467}));
  REQUIRE(half.limits.size() == 1);
  CHECK(half.limits[0].name == "people");
  CHECK(half.mode == Mode::enforce);
  CHECK_FALSE(apply_totals(rule, {}));
  CHECK(rule.limits.empty());
  CHECK(rule.mode == Mode::off);
}

TEST_CASE("what a share cannot be is a fault") {
  CHECK(faults_of("0.25%, of: rooms", "0.25%") == "[missing-key]");
  CHECK(faults_of(", at_least: 3", "") == "[missing-key]");
  CHECK(faults_of("0.25%", "120%") == "[out-of-range]");
  CHECK(faults_of("of: rooms", "of: spaces") == "[bad-value]");
  CHECK(faults_of("gt: 0.25%", "gt: 25") == "[unknown-key][unknown-key]");
  CHECK(faults_of("{rooms: 100}", "{rooms: many}") == "[wrong-type]");
  CHECK(faults_of("{rooms: 100}", "{spaces: 100}") == "[unknown-key]");
}
