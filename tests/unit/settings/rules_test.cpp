#include "settings/rules.hpp"

#include "scratch.hpp"
#include "support/catch.hpp"

using namespace noci;
using namespace std::chrono_literals;

namespace {

/// A rule without faults; each case replaces one piece of it.
const std::string good = R"(title: Joins
id: 252c94ea-0e0f-4594-9169-b5b7552fedc3
level: high
detection:
  join: {event.action: room_join}
  bots: {user.id|expand: '%bots%'}
correlation:
  group-by: [user.id]
  limits:
    - {name: a, type: value_count, select: join and not bots, field: matrix.room.id, timespan: 10m, condition: {gt: 5}}
tests:
  - {name: fires, events: [{at: '2026-06-07T02:00:00Z', repeat: 9, every: 1s, user.id: '@a:hs', event.action: room_join, matrix.room.id: '!r{n}:hs'}], expect: [{limit: a}]}
  - {name: silent, events: [{at: '2026-06-07T02:00:00Z', user.id: '@a:hs'}], expect: []}
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

Loaded<RuleSet> load(const Scratch& scratch, const std::string& text,
                     std::optional<TimePoint> now = std::nullopt) {
  scratch.write("rules/rule.yaml", text);
  scratch.write("lists/bots.txt", "@bot-*:hs\n");
  return load_rules({{scratch.path("rules")}, {scratch.path("lists")}, now});
}

}  // namespace

TEST_CASE("a rule becomes values") {
  const Scratch scratch;
  const auto loaded = load(scratch, good);
  REQUIRE(all(loaded.faults).empty());
  CHECK(loaded.warnings.empty());
  REQUIRE(loaded.value.rules.size() == 1);
  const Rule& rule = loaded.value.rules[0];
  CHECK(rule.level == Level::high);
  CHECK(rule.group_by == std::vector<Field>{Field::user_id});
  REQUIRE(rule.limits.size() == 1);
  CHECK(rule.limits[0].type == LimitType::value_count);
  CHECK(rule.limits[0].timespan == 10min);
  CHECK(rule.limits[0].threshold == 5);
  const Condition& select = rule.limits[0].select;
  REQUIRE(select.op == Condition::Op::conjunction);
  REQUIRE(select.operands.size() == 2);
  CHECK(select.operands[0].selection == 0);
  REQUIRE(select.operands[1].op == Condition::Op::negation);
  CHECK(select.operands[1].operands.at(0).selection == 1);
  REQUIRE(rule.selections.at(1).any_of.at(0).at(0).list);
  CHECK(rule.selections[1].any_of[0][0].list->entries.at(0).pattern == "@bot-*:hs");
  REQUIRE(rule.tests.size() == 2);
  CHECK(rule.tests[0].events.at(0).repeat == 9);
  CHECK(rule.hash.substr(0, 7) == "sha256:");
  CHECK(rule.hash.size() == 7 + 12);
  CHECK(rule.alert.evidence.top.size() == 4);
}

TEST_CASE("a rule's hash changes with its lists") {
  const Scratch scratch;
  const std::string before = load(scratch, good).value.rules.at(0).hash;
  CHECK(load(scratch, good).value.rules.at(0).hash == before);
  scratch.write("more/bots.txt", "@another:hs\n");
  const auto more = load_rules(
      {{scratch.path("rules")}, {scratch.path("lists"), scratch.path("more")}, std::nullopt});
  CHECK(more.value.rules.at(0).hash != before);
  CHECK(more.value.lists.at(0)->entries.size() == 2);
}

TEST_CASE("each wrong piece of a rule is one fault of its kind") {
  struct Case {
    const char* from;
    const char* to;
    const char* code;
    const char* hint;
  };

  const auto [from, to, code, hint] = GENERATE(values<Case>({
      {"timespan: 10m", "timspan: 10m, timespan: 10m", "unknown-key", "did you mean 'timespan'?"},
      {"level: high", "level: hihg", "bad-value", "did you mean 'high'?"},
      {"title: Joins\n", "", "missing-key", "one line"},
      {"252c94ea", "252C94EA", "bad-value", "UUID"},
      {"level: high", "level: high\ndate: yesterday", "bad-date", "2026-09-20"},
      {"level: high", "level: high\ntags: [T1213]", "bad-value", "attack.t1213.005"},
      {"level: high", "level: high\nlevel: low", "duplicate-key", "keep one"},
      {"level: high", "level: high\nlogsource: {product: dendrite}", "bad-value", "synapse"},
      {"event.action: room_join}", "event.action: room_jion}", "unknown-action", "room_join"},
      {"{event.action: room_join}", "{event.acton: room_join}", "unknown-field", "event.action"},
      {"{event.action: room_join}", "{event.action|like: room_join}", "unknown-modifier", ""},
      {"{event.action: room_join}", "{event.action|gt: 5}", "bad-modifier", "compare numbers"},
      {"{event.action: room_join}", "{matrix.messages|contains: 5}", "bad-modifier", "number"},
      {"{event.action: room_join}", "{url.path|cidr: 10.0.0.0/8}", "bad-modifier", "source.ip"},
      {"{event.action: room_join}", "{source.ip|cidr: 10.0.0.0/99}", "bad-value", "192.0.2.0/24"},
      {"{event.action: room_join}", "{event.outcome: succes}", "bad-value", "success"},
      {"{event.action: room_join}", "{user.id: }", "wrong-type", "exists: false"},
      {"{event.action: room_join}", "{user.id|exists: maybe}", "wrong-type", "true or false"},
      {"{event.action: room_join}", "{http.response.status_code: 99}", "out-of-range", "100"},
      {"{event.action: room_join}", "{matrix.messages|gt: [1, 2]}", "wrong-type", "one number"},
      {"{event.action: room_join}", "[]", "wrong-type", "write fields"},
      {"'%bots%'", "'%bot%'", "unknown-list", "did you mean 'bots'?"},
      {"'%bots%'", "bots", "bad-value", "'%NAME%'"},
      {"join and not bots", "joins and not bots", "unknown-selection", "did you mean 'join'?"},
      {"join and not bots", "join and not (bots", "bad-condition", "add `)`"},
      {"join and not bots", "join not bots", "bad-condition", "and"},
      {"join and not bots", "join and not bots and", "bad-condition", "must follow"},
      {"join and not bots", "1 of jo* and not 2 of bots", "bad-condition", "1 of"},
      {"join and not bots", "1 of them or all of no*", "unknown-selection", ""},
      {"[user.id]", "[user]", "unknown-field", ""},
      {"[user.id]", "[matrix.messages]", "bad-value", "text field"},
      {"[user.id]", "[user.id, user.id]", "duplicate-name", "keep one"},
      {"value_count", "event_count", "conflict", "remove it"},
      {"field: matrix.room.id, ", "", "missing-key", "counted"},
      {"value_count", "value_sum", "wrong-type", "value_count"},
      {"field: matrix.room.id", "field: matrix.messages", "wrong-type", "value_sum"},
      {"field: matrix.room.id", "field: user.id", "pointless", "group-by"},
      {"timespan: 10m", "timespan: 31d", "out-of-range", "between 1s and 30d"},
      {"timespan: 10m", "timespan: 500ms", "out-of-range", "between 1s and 30d"},
      {"timespan: 10m", "timespan: 10", "wrong-type", "24h"},
      {"{gt: 5}", "{lt: 5, gt: 5}", "unknown-key", "upper bound"},
      {"{gt: 5}", "{gt: 5, gte: 6}", "missing-key", "{gt: 20}"},
      {"{gt: 5}", "{gt: -5}", "out-of-range", "between 0"},
      {"{gt: 5}", "{gte: 0}", "out-of-range", "at least 1"},
      {"{gt: 5}", "{gt: 5MiB}", "wrong-type", "whole number"},
      {"expect: [{limit: a}]", "expect: [{limit: b}]", "unknown-limit", "a"},
      {"repeat: 9, every: 1s", "repeat: 9", "missing-key", "every: 2s"},
      {"repeat: 9, every", "repeat: 0, every", "out-of-range", "between 1"},
      {"name: silent", "name: fires", "duplicate-name", "differently"},
      {"at: '2026-06-07T02:00:00Z', repeat", "at: noon, repeat", "bad-date", "2026-06-07"},
      {"tests:", "mode: on\ntests:", "bad-value", "enforce"},
      {"tests:", "overrides: [{match: {source.ip: x}, factor: 2}]\ntests:", "not-in-key",
       "user.id"},
      {"tests:", "overrides: [{match: {user.id: x}}]\ntests:", "missing-key", "ceiling"},
      {"tests:", "overrides: [{match: {user.id: x}, factor: 2, exempt: true}]\ntests:", "conflict",
       ""},
      {"tests:", "overrides: [{match: {user.id: x}, factor: 0}]\ntests:", "out-of-range", ""},
      {"tests:", "overrides: [{match: {}, factor: 2}]\ntests:", "wrong-type", ""},
      {"tests:", "alert: {escalate: [{at: 2x, level: low}]}\ntests:", "out-of-range", "high"},
      {"tests:", "alert: {escalate: [{at: 1x, level: high}]}\ntests:", "bad-value", "2x"},
      {"tests:", "alert: {group: [user.id]}\ntests:", "unknown-key", "not in this version"},
      {"tests:", "alert: {escalate: [{at: 2x, level: high, page: true}]}\ntests:", "unknown-key",
       ""},
      {"tests:", "alert: {evidence: {top: {matrix.messages: 3}}}\ntests:", "bad-value", ""},
      {"tests:",
       "schedule: {timezone: Paris, periods: [{name: a, default: true, factor: 1}]}\ntests:",
       "unknown-timezone", "Europe/Paris"},
      {"tests:", "schedule: {timezone: UTC, periods: [{name: a, when: Mon, factor: 1}]}\ntests:",
       "bad-period", "default: true"},
      {"tests:",
       "schedule: {timezone: UTC, periods: [{name: a, when: Mo, factor: 1}, {name: b, "
       "default: true, factor: 1}]}\ntests:",
       "bad-period", "Mon-Fri"},
      {"tests:",
       "schedule: {timezone: UTC, periods: [{name: a, when: 'Mon-Fri 07:00-20:00', factor: "
       "1}, {name: c, when: 'Fri 19:00-21:00', factor: 1}, {name: b, default: true, factor: "
       "1}]}\ntests:",
       "bad-period", "one period"},
      {"tests:",
       "schedule: {timezone: UTC, periods: [{name: a, default: true, factor: 1}], "
       "holidays: [2026-02-30]}\ntests:",
       "bad-date", "2026-07-14"},
  }));
  const Scratch scratch;
  const auto loaded = load(scratch, replaced(good, from, to));
  CAPTURE(from, to, all(loaded.faults));
  CHECK(loaded.faults.size() == 1);
  CHECK(mentions(loaded.faults, code));
  CHECK(all(loaded.faults).find(hint) != std::string::npos);
}

TEST_CASE("a fault points at its line and column") {
  const Scratch scratch;
  const auto loaded = load(scratch, replaced(good, "join and not bots", "join and not botz"));
  REQUIRE(loaded.faults.size() == 1);
  const std::string line = good.substr(good.find("    - {name: a"), 200);
  CHECK(mentions(loaded.faults, "unknown-selection", 10));
  CHECK(loaded.faults[0].column == static_cast<int>(line.find("bots")) + 1);
  const auto unused = load(scratch, replaced(good, "join and not bots", "join"));
  REQUIRE(unused.faults.size() == 1);
  CHECK(mentions(unused.faults, "unused-selection", 6));
}

TEST_CASE("many faults in one file all come out") {
  const Scratch scratch;
  std::string text = replaced(good, "level: high", "level: hihg");
  text = replaced(text, "room_join}", "room_jion}");
  text = replaced(text, "timespan: 10m", "timespan: 99d");
  text = replaced(text, "tests:", "colour: blue\ntests:");
  CHECK(load(scratch, text).faults.size() == 4);
}

TEST_CASE("missing tests, expired overrides and limits beyond Synapse's own are warnings") {
  const Scratch scratch;
  const std::string untested = good.substr(0, good.find("tests:"));
  CHECK(mentions(load(scratch, untested).warnings, "missing-test"));
  CHECK(load(scratch, untested).faults.empty());
  const std::string expired = replaced(
      good, "tests:", "overrides: [{match: {user.id: x}, factor: 2, until: 2026-01-31}]\ntests:");
  CHECK(mentions(load(scratch, expired, parse_rfc3339("2026-02-01")).warnings, "expired"));
  CHECK_FALSE(
      mentions(load(scratch, expired, parse_rfc3339("2026-01-31T23:00:00Z")).warnings, "expired"));
  // 10 at once and one every ten seconds: 70 in ten minutes.
  CHECK(
      mentions(load(scratch, replaced(good, "{gt: 5}", "{gt: 70}")).warnings, "above-rate-limit"));
  CHECK_FALSE(
      mentions(load(scratch, replaced(good, "{gt: 5}", "{gt: 69}")).warnings, "above-rate-limit"));
}

TEST_CASE("a rule of a later folder replaces one with the same id") {
  const Scratch scratch;
  load(scratch, good);
  scratch.write("extra/mine.yaml", replaced(good, "title: Joins", "title: Mine"));
  const RuleDirs dirs{{scratch.path("rules"), scratch.path("extra"), scratch.path("missing")},
                      {scratch.path("lists"), scratch.path("missing")},
                      std::nullopt};
  const auto loaded = load_rules(dirs);
  CHECK(all(loaded.faults).empty());
  REQUIRE(loaded.value.rules.size() == 1);
  CHECK(loaded.value.rules[0].title == "Mine");
  scratch.write("extra/twin.yaml", good);
  CHECK(mentions(load_rules(dirs).faults, "duplicate-id"));
  CHECK(mentions(load_rules({{scratch.path("missing")}, {}, {}}).faults, "cannot-read"));
}

TEST_CASE("detection.condition is the default select, and maps in a list are alternatives") {
  const Scratch scratch;
  std::string text = replaced(good, "select: join and not bots, ", "");
  text = replaced(text, "  join: {event.action: room_join}",
                  "  join: [{event.action: room_join}, {event.action: room_knock, "
                  "matrix.limit|gte: 3}]\n  condition: all of them");
  const auto loaded = load(scratch, text);
  REQUIRE(all(loaded.faults).empty());
  const Rule& rule = loaded.value.rules.at(0);
  CHECK(rule.limits.at(0).select.op == Condition::Op::conjunction);
  REQUIRE(rule.selections.at(0).any_of.size() == 2);
  CHECK(rule.selections[0].any_of[1].at(1).match == Match::gte);
  CHECK(rule.selections[0].any_of[1].at(1).numbers == std::vector<std::int64_t>{3});
}

TEST_CASE("sizes and durations are read in the field's unit") {
  const Scratch scratch;
  std::string text = replaced(good, "value_count", "value_sum");
  text = replaced(text, "field: matrix.room.id", "field: http.response.body.bytes");
  text = replaced(text, "{gt: 5}", "{gte: 2MiB}");
  text = replaced(text, "event.action: room_join}", "event.duration|gt: 5s}");
  const auto loaded = load(scratch, text);
  REQUIRE(all(loaded.faults).empty());
  CHECK(loaded.value.rules.at(0).limits.at(0).threshold == 2 * 1024 * 1024);
  CHECK(loaded.value.rules[0].limits[0].compare == Compare::gte);
  CHECK(loaded.value.rules[0].selections[0].any_of[0][0].numbers.at(0) == 5'000'000'000);
}

TEST_CASE("events of a test may come from a file, and local times are in the test's zone") {
  const Scratch scratch;
  scratch.write("rules/e.jsonl",
                "{\"line\":1,\"kind\":\"request\",\"@timestamp\":\"2026-06-07T00:00:00.250Z\","
                "\"user.id\":\"@a\\u00e9:hs\",\"http.response.body.bytes\":12,\"reason\":null}\n");
  const std::string text =
      replaced(good, "  - {name: silent, events: [{at: '2026-06-07T02:00:00Z', user.id: '@a:hs'}]",
               "  - {name: local, timezone: Europe/Paris, events: [{at: '2026-06-07T02:00:00'}], "
               "expect: []}\n"
               "  - {name: silent, events: file:e.jsonl");
  const auto loaded = load(scratch, text);
  REQUIRE(all(loaded.faults).empty());
  const auto& tests = loaded.value.rules.at(0).tests;
  REQUIRE(tests.size() == 3);
  CHECK(format_rfc3339(tests[1].events.at(0).at) == "2026-06-07T00:00:00.000Z");
  CHECK(format_rfc3339(tests[2].events.at(0).at) == "2026-06-07T00:00:00.250Z");
  CHECK(tests[2].events[0].fields == std::vector<std::pair<Field, std::string>>{
                                         {Field::user_id, "@a\xc3\xa9:hs"}, {Field::bytes, "12"}});
  scratch.write("rules/e.jsonl", "not json\n");
  CHECK(mentions(load(scratch, text).faults, "syntax", 1));
}

TEST_CASE("the shipped rules have no fault and no warning") {
  const std::string folder = std::string(NOCI_SOURCE_DIR) + "/rules";
  const auto loaded = load_rules({{folder}, {folder + "/lists"}, parse_rfc3339("2026-11-23")});
  CHECK(all(loaded.faults) == "");
  CHECK(all(loaded.warnings) == "");
  CHECK(loaded.value.rules.size() >= 15);
  CHECK(lint(loaded.value, default_settings()).empty());
}

TEST_CASE("lint sees selections that wait for a source that does not exist") {
  const Scratch scratch;
  const auto loaded =
      load(scratch, replaced(good, "event.action: room_join", "log.source: worker1"));
  REQUIRE(loaded.faults.empty());
  CHECK(mentions(lint(loaded.value, default_settings()), "never-true"));
  Settings settings = default_settings();
  settings.sources[0].name = "worker1";
  CHECK(lint(loaded.value, settings).empty());
  settings.lateness = 1h;
  CHECK(mentions(lint(loaded.value, settings), "shorter-than-lateness"));
}
