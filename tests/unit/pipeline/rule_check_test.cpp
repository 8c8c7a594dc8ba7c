#include "pipeline/rule_check.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>

#include "settings/rules.hpp"
#include "support/catch.hpp"

using namespace noci;

namespace {

/// Loads one rule whose tests are `tests`, and runs them.
std::vector<RuleTestResult> check(const std::string& tests, const std::string& more = "",
                                  const std::string& group_by = "[user.id]") {
  std::string name = (std::filesystem::temp_directory_path() / "noci-check-XXXXXX").string();
  const std::string folder = ::mkdtemp(name.data());
  std::ofstream(folder + "/rule.yaml") << "title: Joins\n"
                                          "id: 252c94ea-0e0f-4594-9169-b5b7552fedc3\n"
                                          "level: high\n"
                                          "detection: {join: {event.action: room_join}}\n"
                                          "correlation:\n"
                                          "  group-by: "
                                       << group_by
                                       << "\n"
                                          "  limits:\n"
                                          "    - {name: a, type: value_count, select: join, field: "
                                          "matrix.room.id, timespan: 10m, condition: {gt: 5}}\n"
                                       << more << "tests:\n"
                                       << tests;
  const auto loaded = load_rules({{folder}, {}, std::nullopt});
  std::filesystem::remove_all(folder);
  for (const Fault& fault : loaded.faults) {
    UNSCOPED_INFO(fault.to_string());
  }
  REQUIRE(loaded.faults.empty());
  return check_rules(loaded.value);
}

std::string joins(int count, const std::string& expect) {
  return "  - {name: t, events: [{at: '2026-06-07T02:00:00Z', repeat: " + std::to_string(count) +
         ", every: 1s, user.id: '@a:hs', event.action: room_join, matrix.room.id: '!r{n}:hs'}], "
         "expect: " +
         expect + "}\n";
}

}  // namespace

TEST_CASE("a test passes when the rule fires exactly as it says") {
  const auto results = check(joins(10, "[{limit: a, at_event: 6, level: high, key: '@a:hs'}]"));
  REQUIRE(results.size() == 1);
  CHECK(results[0].explanation == "");
  CHECK(results[0].passed);
  CHECK(results[0].test == "t");
  CHECK(results[0].rule_title == "Joins");
}

TEST_CASE("a test fails with an explanation when something else happens") {
  struct Case {
    int count;
    const char* expect;
    const char* explanation;
  };

  const auto [count, expect, explanation] = GENERATE(values<Case>({
      {10, "[]", "expected silence, but: firing by a (6) at event 6, level high, key @a:hs"},
      {5, "[{limit: a}]", "expected: firing by a; but nothing happened"},
      {10, "[{limit: a, at_event: 7}]", "at event 7; but: firing by a (6) at event 6"},
      {10, "[{limit: a, level: low}]", "level low; but"},
      {10, "[{limit: a, key: '@b:hs'}]", "key @b:hs; but"},
      {10, "[{limit: a}, {limit: a}]", "but nothing more happened"},
  }));
  const auto results = check(joins(count, expect));
  REQUIRE(results.size() == 1);
  CHECK_FALSE(results[0].passed);
  CHECK(results[0].explanation.find(explanation) != std::string::npos);
}

TEST_CASE("escalations and resolutions count only where a test speaks of them") {
  const std::string alert = "alert: {escalate: [{at: 2x, level: critical}], resolve_after: 5m}\n";
  const std::string fires = "{limit: a, at_event: 6}";
  CHECK(check(joins(20, "[" + fires + "]"), alert).at(0).passed);
  const auto all =
      check(joins(20, "[" + fires + ", {status: escalated, level: critical}, {status: resolved}]"),
            alert);
  CHECK(all.at(0).explanation == "");
  CHECK_FALSE(check(joins(7, "[" + fires + ", {status: escalated}]"), alert).at(0).passed);
}

TEST_CASE("rules that only simulate or are off are tested as if enforced") {
  CHECK(check(joins(10, "[{limit: a}]"), "mode: off\n").at(0).passed);
  CHECK(check(joins(10, "[{limit: a}]"), "mode: simulate\n").at(0).passed);
}

TEST_CASE("events are played in the order of their times, and tests do not see each other") {
  const std::string out_of_order =
      "  - name: t\n"
      "    events:\n"
      "      - {at: '2026-06-07T02:10:00Z', user.id: '@a:hs', event.action: room_join, "
      "matrix.room.id: '!x:hs'}\n"
      "      - {at: '2026-06-07T02:09:00Z', repeat: 5, every: 1s, user.id: '@a:hs', event.action: "
      "room_join, matrix.room.id: '!r{n}:hs'}\n"
      "    expect: [{limit: a, at_event: 6}]\n";
  const auto results = check(out_of_order +
                             "  - {name: u, events: [{at: '2026-06-07T02:10:01Z', "
                             "user.id: '@a:hs', event.action: room_join, "
                             "matrix.room.id: '!y:hs'}], expect: []}\n");
  REQUIRE(results.size() == 2);
  CHECK(results[0].explanation == "");
  CHECK(results[1].explanation == "");
}

TEST_CASE("the first rules of the README and of docs/rules.md work as the pages say") {
  const auto [path, blocks] =
      GENERATE(table<std::string, int>({{"/README.md", 1}, {"/docs/rules.md", 2}}));
  CAPTURE(path);
  std::ifstream in(std::string(NOCI_SOURCE_DIR) + path);
  const std::string page((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::string rule;
  std::size_t at = page.find("\n## Your first rule\n");
  for (int block = 0; block < blocks; ++block) {
    const std::string fence = "```yaml\n";
    at = page.find(fence, at) + fence.size();
    const auto end = page.find("```\n", at);
    rule += page.substr(at, end - at);
    at = end;
  }
  std::string name = (std::filesystem::temp_directory_path() / "noci-check-XXXXXX").string();
  const std::string folder = ::mkdtemp(name.data());
  std::ofstream(folder + "/key_backup.yaml") << rule;
  const auto loaded = load_rules({{folder}, {}, std::nullopt});
  std::filesystem::remove_all(folder);
  for (const Fault& fault : loaded.faults) {
    UNSCOPED_INFO(fault.to_string());
  }
  REQUIRE(loaded.faults.empty());
  CHECK(loaded.warnings.empty());
  const auto results = check_rules(loaded.value);
  REQUIRE(results.size() == 2);
  for (const RuleTestResult& result : results) {
    CHECK(result.explanation == "");
  }
}

TEST_CASE("every test of the shipped rules passes") {
  const std::string folder = std::string(NOCI_SOURCE_DIR) + "/rules";
  const auto loaded = load_rules({{folder}, {folder + "/lists"}, std::nullopt});
  REQUIRE(loaded.faults.empty());
  for (const Rule& rule : loaded.value.rules) {
    const auto fires = [](const RuleTest& test) { return !test.expect.empty(); };
    CAPTURE(rule.file);
    CHECK(std::count_if(rule.tests.begin(), rule.tests.end(), fires) > 0);
    CHECK(std::count_if(rule.tests.begin(), rule.tests.end(), std::not_fn(fires)) > 0);
  }
  for (const RuleTestResult& result : check_rules(loaded.value)) {
    CAPTURE(result.rule_file, result.test, result.explanation);
    CHECK(result.passed);
  }
}

TEST_CASE("events of a test have the network of their address") {
  const std::string event =
      "  - {name: t, events: [{at: '2026-06-07T02:00:00Z', repeat: 6, every: 1s, source.ip: "
      "'192.0.2.{n}', "
      "user.id: '@a:hs', event.action: room_join, matrix.room.id: '!r{n}:hs'}], expect: ";
  const auto results =
      check(event + "[{limit: a, key: '192.0.2.0/24'}]}\n", "", "[source.network]");
  REQUIRE(results.size() == 1);
  CHECK(results[0].explanation.empty());
}

TEST_CASE("a test in the file can show a sequence, a baseline and a conditional factor") {
  const std::string sequence =
      "    - {name: seq, type: temporal_ordered, steps: [join, {select: join, count: 2}], "
      "timespan: "
      "1h}\n";
  auto results = check(joins(3, "[{limit: seq, at_event: 3}]"), sequence);
  REQUIRE(results.size() == 1);
  CHECK(results[0].explanation == "");

  const std::string baseline =
      "    - {name: day, type: baseline, of: value_count, select: join, field: matrix.room.id, "
      "own: "
      "2, at_least: 3, seasonal: false}\n";
  results = check(
      "  - name: t\n"
      "    events:\n"
      "      - {at: '2026-06-01T09:00:00Z', repeat: 10, every: 24h, user.id: '@a:hs', "
      "event.action: room_join, matrix.room.id: '!home:hs'}\n"
      "      - {at: '2026-06-11T09:00:00Z', repeat: 5, every: 1h, user.id: '@a:hs', "
      "event.action: room_join, matrix.room.id: '!r{n}:hs'}\n"
      "    expect: [{limit: day, at_event: 14}]\n",
      baseline);
  REQUIRE(results.size() == 1);
  CHECK(results[0].explanation == "");

  const std::string factor = "  factor: {when: join, by: 0.4, for: 1h}\n";
  results = check(joins(3, "[{limit: a, at_event: 3}]"), factor);
  REQUIRE(results.size() == 1);
  CHECK(results[0].explanation == "");
}
