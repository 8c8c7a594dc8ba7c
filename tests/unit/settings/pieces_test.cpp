#include <array>
#include <set>

#include "scratch.hpp"
#include "settings/condition.hpp"
#include "settings/holidays.hpp"
#include "settings/lists.hpp"
#include "settings/schedule.hpp"
#include "settings/suggest.hpp"
#include "support/catch.hpp"

using namespace noci;

namespace {

bool evaluate(const Condition& condition, unsigned truth) {
  switch (condition.op) {
    case Condition::Op::selection:
      return (truth >> condition.selection & 1U) != 0;
    case Condition::Op::negation:
      return !evaluate(condition.operands.at(0), truth);
    case Condition::Op::conjunction:
      for (const Condition& each : condition.operands) {
        if (!evaluate(each, truth)) {
          return false;
        }
      }
      return true;
    case Condition::Op::disjunction:
      for (const Condition& each : condition.operands) {
        if (evaluate(each, truth)) {
          return true;
        }
      }
      return false;
  }
  return false;
}

/// Minutes of the week that the spans cover.
std::set<int> minutes(std::string_view text) {
  std::string problem;
  std::set<int> covered;
  for (const WeekSpan& span : parse_week(text, problem)) {
    for (int minute = span.from; minute < span.to; ++minute) {
      covered.insert(minute);
    }
  }
  INFO(problem);
  CHECK(problem.empty());
  return covered;
}

std::size_t day(int n) {
  return static_cast<std::size_t>(n) * 1440;
}

}  // namespace

TEST_CASE("conditions bind not before and before or") {
  const std::vector<Selection> selections{{"a", {}}, {"b", {}}, {"sel_c", {}}};

  struct Case {
    const char* text;
    bool (*expected)(bool a, bool b, bool c);
  };

  const std::array<Case, 8> cases{{
      {"a or b and sel_c", [](bool a, bool b, bool c) { return a || (b && c); }},
      {"not a and b", [](bool a, bool b, bool) { return !a && b; }},
      {"not (a and b) or sel_c", [](bool a, bool b, bool c) { return !(a && b) || c; }},
      {"not not a", [](bool a, bool, bool) { return a; }},
      {"1 of them", [](bool a, bool b, bool c) { return a || b || c; }},
      {"all of them", [](bool a, bool b, bool c) { return a && b && c; }},
      {"any of sel* and(b)", [](bool, bool b, bool c) { return c && b; }},
      {"not 1 of sel_* or a", [](bool a, bool, bool c) { return !c || a; }},
  }};
  for (const Case& each : cases) {
    Faults faults;
    Report report("f", faults, faults);
    std::vector<bool> used(3);
    const auto condition = parse_condition(each.text, {1, 1}, selections, used, report);
    CAPTURE(each.text, all(faults));
    REQUIRE(condition);
    for (unsigned truth = 0; truth < 8; ++truth) {
      CHECK(evaluate(*condition, truth) ==
            each.expected((truth & 1) != 0, (truth & 2) != 0, (truth & 4) != 0));
    }
  }
}

TEST_CASE("deep conditions are refused, not followed") {
  const std::vector<Selection> selections{{"a", {}}};
  for (const std::string& piece : {std::string("not "), std::string("( ")}) {
    std::string text;
    for (int i = 0; i < 100; ++i) {
      text += piece;
    }
    Faults faults;
    Report report("f", faults, faults);
    std::vector<bool> used(1);
    CHECK_FALSE(parse_condition(text + "a", {1, 1}, selections, used, report));
    CHECK(mentions(faults, "too-deep"));
  }
}

TEST_CASE("weeks are read as minutes since Monday") {
  CHECK(minutes("Mon-Sun").size() == day(7));
  CHECK(minutes("Mon-Fri 07:00-20:00").size() == std::size_t{5 * 13 * 60});
  CHECK(minutes("Mon 00:00-24:00, Wed").size() == day(2));
  const auto night = minutes("Sat 22:00-06:00");
  CHECK(night.size() == std::size_t{8 * 60});
  CHECK(*night.begin() == 5 * 1440 + 22 * 60);
  CHECK(*night.rbegin() == 6 * 1440 + 6 * 60 - 1);
  // From Sunday night into Monday morning.
  const auto week_end = minutes("Sun 22:00-06:00");
  CHECK(week_end.size() == std::size_t{8 * 60});
  CHECK(week_end.count(0) == 1);
  CHECK(week_end.count(7 * 1440 - 1) == 1);
  CHECK(minutes("Fri-Mon 23:00-24:00").size() == std::size_t{4 * 60});
  for (const char* wrong : {"", ",", "Mo", "Mon 7:00-8:00", "Mon 08:00", "Mon 08:00-08:00",
                            "Mon 25:00-26:00", "08:00-09:00", "Mon-", "Mon 24:00-25:00"}) {
    std::string problem;
    CAPTURE(wrong);
    CHECK(parse_week(wrong, problem).empty());
    CHECK_FALSE(problem.empty());
  }
}

TEST_CASE("lists have values, comments and attributes") {
  Faults faults;
  Faults warnings;
  Report report("l", faults, warnings);
  const auto entries = parse_list(
      "# comment\n"
      "\n"
      "  @a:hs   # trailing\r\n"
      "@b-*:hs until=2026-12-31 owner=dpo reason=\"legal export #7\" # why\n"
      "\"#alias:hs\"\n",
      std::nullopt, report);
  CHECK(all(faults).empty());
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].pattern == "@a:hs");
  CHECK_FALSE(entries[0].until);
  CHECK(entries[1].owner == "dpo");
  CHECK(entries[1].reason == "legal export #7");
  REQUIRE(entries[1].until);
  CHECK(format_rfc3339(*entries[1].until) == "2027-01-01T00:00:00.000Z");
  CHECK(entries[2].pattern == "#alias:hs");
}

TEST_CASE("wrong lines of a list are reported with their places") {
  Faults faults;
  Faults warnings;
  Report report("l", faults, warnings);
  (void)parse_list(
      "@a:hs @b:hs\n"
      "@a:hs util=2026-12-31\n"
      "@a:hs until=tomorrow\n"
      "@a:hs reason=\"open\n"
      "@*:*\n"
      "@a:hs until=2026-01-01\n",
      parse_rfc3339("2026-06-01"), report);
  CAPTURE(all(faults), all(warnings));
  CHECK(faults.size() == 4);
  CHECK(mentions(faults, "bad-entry", 1));
  CHECK(mentions(faults, "unknown-key", 2));
  CHECK(all(faults).find("did you mean 'until'?") != std::string::npos);
  CHECK(mentions(faults, "bad-entry", 3));
  CHECK(mentions(faults, "bad-entry", 4));
  CHECK(mentions(warnings, "matches-everything", 5));
  CHECK(mentions(warnings, "expired", 6));
  CHECK(faults.at(0).column == 7);
}

TEST_CASE("calendars give whole days, the end not included") {
  Faults faults;
  Faults warnings;
  Report report("c", faults, warnings);
  const auto found = parse_calendar(
      "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260714\r\nEND:VEVENT\r\n"
      "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\nEND:VEVENT\r\n"
      "BEGIN:VEVENT\r\nDTSTART:20270101T080000Z\r\nDTEND:20270101T170000Z\r\nRRULE:FREQ=YEARLY\r\n"
      "END:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART:20270501T000000\r\nDTEND:20270502T000000\r\n"
      "END:VEVENT\r\nEND:VCALENDAR\r\n",
      report);
  CHECK(all(faults).empty());
  CHECK(mentions(warnings, "not-expanded"));
  using namespace std::chrono;
  const auto on = [](int y, unsigned m, unsigned d) {
    return local_days(year{y} / month{m} / std::chrono::day{d});
  };
  CHECK(found == Days{on(2026, 7, 14), on(2026, 12, 24), on(2026, 12, 25), on(2026, 12, 26),
                      on(2027, 1, 1), on(2027, 5, 1)});
  (void)parse_calendar("not a calendar", report);
  CHECK(mentions(faults, "bad-date"));
}

TEST_CASE("suggestions are near, or a short list") {
  CHECK(suggest("timspan", {"name", "timespan"}) == "did you mean 'timespan'?");
  CHECK(suggest("colour", {"name", "type"}) == "one of name, type");
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ab", "ba") == 1);
  CHECK(edit_distance("", "abc") == 3);
}
