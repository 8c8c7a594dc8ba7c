#include "detect/selection.hpp"

#include "detect/predicate.hpp"
#include "support/catch.hpp"
#include "support/event_builder.hpp"
#include "support/rule_builder.hpp"

using namespace noci;
using namespace noci::test;
using detect::CompiledPredicate;
using detect::CompiledSelect;
using detect::Look;
using detect::TextPattern;

namespace {

bool holds(const Predicate& predicate, const Event& event) {
  return CompiledPredicate(predicate).matches(Look(event));
}

Predicate text(Field field, Match match, std::vector<std::string> texts, bool all = false) {
  Predicate predicate = equals(field, std::move(texts));
  predicate.match = match;
  predicate.all = all;
  return predicate;
}

}  // namespace

TEST_CASE("text patterns have Sigma's wildcards and escapes") {
  struct Row {
    const char* pattern;
    Match match;
    bool case_sensitive;
    const char* text;
    bool expected;
  };

  const std::vector<Row> rows{
      {"abc", Match::equals, true, "abc", true},
      {"abc", Match::equals, true, "ABC", false},
      {"aBc", Match::equals, false, "AbC", true},
      {"abc", Match::equals, true, "abcd", false},
      {"a*c", Match::equals, true, "axxc", true},
      {"a*c", Match::equals, true, "axxd", false},
      {"a?c", Match::equals, true, "abc", true},
      {"a?c", Match::equals, true, "ac", false},
      {"a\\*c", Match::equals, true, "a*c", true},
      {"a\\*c", Match::equals, true, "abc", false},
      {"a\\?", Match::equals, true, "a?", true},
      {"a\\\\", Match::equals, true, "a\\", true},
      {"a\\b", Match::equals, true, "a\\b", true},
      {"a\\\\*", Match::equals, true, "a\\xyz", true},
      {"b", Match::contains, true, "abc", true},
      {"b", Match::contains, true, "aBc", false},
      {"ab", Match::startswith, true, "abc", true},
      {"bc", Match::startswith, true, "abc", false},
      {"bc", Match::endswith, true, "abc", true},
      {"bc", Match::endswith, true, "abcbcd", false},
      {"bc", Match::endswith, true, "bcbc", true},
      {"b?d", Match::contains, false, "xBcDx", true},
      {"", Match::contains, true, "", true},
      {"*", Match::equals, true, "", true},
      {"", Match::equals, true, "a", false},
      {"*a*b*", Match::equals, true, "xxaxxbxx", true},
      {"*a*b*", Match::equals, true, "xxbxxaxx", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern, row.text, static_cast<int>(row.match));
    CHECK(TextPattern(row.pattern, row.match, row.case_sensitive).matches(row.text) ==
          row.expected);
  }
}

TEST_CASE("ids keep their case, other text does not") {
  EventBuilder event;
  event.user("@Anna:HS").room("!R:hs").agent("Element/1.11").server("Evil.example");
  CHECK_FALSE(holds(equals(Field::user_id, {"@anna:hs"}), event));
  CHECK(holds(equals(Field::user_id, {"@Anna:HS"}), event));
  CHECK_FALSE(holds(equals(Field::room_id, {"!r:hs"}), event));
  CHECK_FALSE(holds(equals(Field::server_name, {"evil.example"}), event));
  CHECK(holds(equals(Field::user_agent, {"element/*"}), event));
  CHECK(holds(equals(Field::action, {"ROOM_JOIN"}), event));
}

TEST_CASE("values are alternatives unless all of them must match") {
  EventBuilder event;
  event.agent("python-requests/2.31 bot");
  CHECK(holds(text(Field::user_agent, Match::contains, {"curl", "python"}), event));
  CHECK_FALSE(holds(text(Field::user_agent, Match::contains, {"curl", "python"}, true), event));
  CHECK(holds(text(Field::user_agent, Match::contains, {"bot", "python"}, true), event));
}

TEST_CASE("numbers are compared as numbers") {
  EventBuilder event;
  event.status(206).bytes(5000);
  CHECK(holds(number(Field::status, Match::equals, {200, 206}), event));
  CHECK_FALSE(holds(number(Field::status, Match::equals, {200, 304}), event));
  CHECK(holds(number(Field::bytes, Match::gt, {4999}), event));
  CHECK_FALSE(holds(number(Field::bytes, Match::gt, {5000}), event));
  CHECK(holds(number(Field::bytes, Match::gte, {5000}), event));
  CHECK(holds(number(Field::bytes, Match::lt, {5001}), event));
  CHECK_FALSE(holds(number(Field::bytes, Match::lt, {5000}), event));
  CHECK(holds(number(Field::bytes, Match::lte, {5000}), event));
}

TEST_CASE("a missing field matches nothing but its absence") {
  EventBuilder event;  // no user, no bytes
  Predicate exists;
  exists.field = Field::user_id;
  exists.match = Match::exists;
  CHECK_FALSE(holds(exists, event));
  exists.expected = false;
  CHECK(holds(exists, event));
  CHECK_FALSE(holds(equals(Field::user_id, {"*"}), event));
  CHECK_FALSE(holds(number(Field::bytes, Match::lt, {100}), event));
  CHECK_FALSE(holds(in_list(Field::user_id, {{"*", {}, {}, {}}}), event));
}

TEST_CASE("addresses match networks") {
  EventBuilder event;
  event.ip("193.32.162.17");
  Predicate cidr;
  cidr.field = Field::source_ip;
  cidr.match = Match::cidr;
  cidr.networks = {*Cidr::parse("10.0.0.0/8"), *Cidr::parse("193.32.162.0/24")};
  CHECK(holds(cidr, event));
  cidr.networks = {*Cidr::parse("193.32.163.0/24")};
  CHECK_FALSE(holds(cidr, event));
  event.ip("not an address");
  cidr.networks = {*Cidr::parse("::/0")};
  CHECK_FALSE(holds(cidr, event));
}

TEST_CASE("networks match networks that hold all of them") {
  EventBuilder event;
  event.network("193.32.162.0/24");
  Predicate cidr;
  cidr.field = Field::source_network;
  cidr.match = Match::cidr;
  cidr.networks = {*Cidr::parse("193.32.0.0/16")};
  CHECK(holds(cidr, event));
  cidr.networks = {*Cidr::parse("193.32.162.0/25")};
  CHECK_FALSE(holds(cidr, event));
  event.network("2001:db8:0:7::/64");
  CHECK_FALSE(holds(cidr, event));
  cidr.networks = {*Cidr::parse("2001:db8::/32")};
  CHECK(holds(cidr, event));
}

TEST_CASE("list entries are globs that count until their date") {
  EventBuilder event;
  const std::vector<ListEntry> entries{{"@bot:hs", day_one, {}, {}},
                                       {"@telegram_*:hs", {}, {}, {}},
                                       {"@late_?:hs", day_one, {}, {}}};
  const Predicate list = in_list(Field::user_id, entries);
  event.user("@bot:hs").at(Duration{-1});
  CHECK(holds(list, event));
  event.at(Duration{0});
  CHECK_FALSE(holds(list, event));
  event.user("@telegram_17:hs");
  CHECK(holds(list, event));
  event.user("@late_1:hs");
  CHECK_FALSE(holds(list, event));
  event.at(Duration{-1});
  CHECK(holds(list, event));
}

TEST_CASE("conditions combine selections") {
  const std::vector<Selection> selections{
      {"join", {{equals(Field::action, {"room_join"})}}},
      {"ok", {{number(Field::status, Match::equals, {200})}}},
      {"bots", {{equals(Field::user_id, {"@bot:hs"})}, {equals(Field::user_agent, {"bot*"})}}}};
  using Op = Condition::Op;
  const Condition join_and_not_bots{
      Op::conjunction, 0, {selection(0), selection(1), {Op::negation, 0, {selection(2)}}}};
  const CompiledSelect select(join_and_not_bots, selections);
  EventBuilder event;
  event.user("@a:hs");
  CHECK(select.matches(Look(event)));
  event.user("@bot:hs");
  CHECK_FALSE(select.matches(Look(event)));
  event.user("@a:hs").agent("bot/1");
  CHECK_FALSE(select.matches(Look(event)));
  event.agent("Element").status(403);
  CHECK_FALSE(select.matches(Look(event)));

  const CompiledSelect either({Op::disjunction, 0, {selection(0), selection(2)}}, selections);
  event.action(Action::sync).user("@bot:hs");
  CHECK(either.matches(Look(event)));
  event.user("@a:hs");
  CHECK_FALSE(either.matches(Look(event)));
}

TEST_CASE("an action that cannot match is never offered") {
  const std::vector<Selection> selections{
      {"join", {{equals(Field::action, {"room_join", "room_knock"})}}},
      {"any_user", {{equals(Field::user_id, {"*"})}}}};
  using Op = Condition::Op;
  const Condition both{Op::conjunction, 0, {selection(0), selection(1)}};
  CHECK(CompiledSelect(both, selections).can_match(Action::room_join));
  CHECK(CompiledSelect(both, selections).can_match(Action::room_knock));
  CHECK_FALSE(CompiledSelect(both, selections).can_match(Action::sync));
  const Condition neither{Op::negation, 0, {selection(0)}};
  CHECK_FALSE(CompiledSelect(neither, selections).can_match(Action::room_join));
  CHECK(CompiledSelect(neither, selections).can_match(Action::sync));
  const Condition unless_user{Op::negation, 0, {both}};
  CHECK(CompiledSelect(unless_user, selections).can_match(Action::room_join));
  CHECK(CompiledSelect(selection(1), selections).can_match(Action::sync));
}

TEST_CASE("a fingerprint is the meaning: names do not count, lists do") {
  const auto print = [](const char* name, std::vector<ListEntry> entries) {
    return detect::fingerprint_of(selection(0),
                                  {{name, {{in_list(Field::user_id, std::move(entries))}}}});
  };
  CHECK(print("a", {{"@x:hs", {}, {}, {}}}) == print("b", {{"@x:hs", {}, "owner", "why"}}));
  CHECK(print("a", {{"@x:hs", {}, {}, {}}}) != print("a", {{"@y:hs", {}, {}, {}}}));
  CHECK(print("a", {{"@x:hs", {}, {}, {}}}) != print("a", {{"@x:hs", day_one, {}, {}}}));
  CHECK(print("a", {}).size() == 32);
}
