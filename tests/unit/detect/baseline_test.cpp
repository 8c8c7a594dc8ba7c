#include "detect/baseline.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "unit/detect/play.hpp"

using namespace noci;
using namespace noci::test;
using detect::amount_of;
using detect::bucket_of;
using detect::day_of;
using detect::OwnDays;
using detect::PeerDays;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

const std::int64_t first_day = day_of(day_one);  // a Sunday

OwnDays lived(const std::vector<std::int64_t>& totals) {
  OwnDays own;
  std::int64_t day = first_day;
  for (const std::int64_t total : totals) {
    if (total > 0) {
      own.begin_day(day);
      own.set_total(total);
    }
    ++day;
  }
  own.begin_day(day);
  return own;
}

RuleBuilder unlike_itself(double own, double peers, std::int64_t at_least) {
  RuleBuilder rule("unlike");
  rule.on({Action::room_join})
      .baseline(LimitType::value_count, Field::room_id, own, peers, at_least);
  return rule;
}

/// `count` rooms on the `day`th day, from nine in the morning, one every ten seconds.
void visit(Play& play, const std::string& user, int day, int count) {
  for (int i = 0; i < count; ++i) {
    EventBuilder event;
    event.user(user).room("!" + std::to_string(i) + ":hs");
    play.engine.apply(event.at(days{day} + hours{9} + i * Duration{10'000}), play.alerts);
  }
}

}  // namespace

TEST_CASE("buckets are exact while small and never three percent off") {
  for (std::int64_t amount = 0; amount < 32; ++amount) {
    CHECK(amount_of(bucket_of(amount)) == amount);
  }
  for (std::int64_t amount = 32; amount > 0 && amount < INT64_MAX / 2; amount += amount / 8 + 1) {
    const std::int64_t shown = amount_of(bucket_of(amount));
    REQUIRE(shown >= amount);
    REQUIRE(static_cast<double>(shown) <= static_cast<double>(amount) * (1 + 1.0 / 16));
    REQUIRE(bucket_of(shown) == bucket_of(amount));
    REQUIRE(bucket_of(shown + 1) == bucket_of(amount) + 1);
  }
  CHECK(amount_of(bucket_of(INT64_MAX)) == INT64_MAX);
}

TEST_CASE("a busy day is the busiest that is ordinary") {
  // Median 10, deviation 3: 10 + 3 × 1.4826 × 3 is 23.3; by hand.
  const OwnDays::Usual usual = lived({10, 7, 13, 400, 10, 0, 6, 14, 10}).usual();
  CHECK(usual.days == 8);
  CHECK(usual.age == 9);
  CHECK(usual.busiest >= 400);
  CHECK(usual.busiest <= 415);
  CHECK(usual.busy_day == 23);
  // Without the outlier it is the busiest day itself.
  CHECK(lived({10, 7, 13, 10, 6, 14, 10}).usual().busy_day == 14);
  // Somebody who does the same each day: a quarter of it is allowed as a deviation.
  CHECK(lived({20, 20, 20, 20}).usual().busy_day == 20);
}

TEST_CASE("a month back is forgotten, a frozen day never learned") {
  OwnDays own = lived({25, 5, 5, 5});
  own.set_total(500);
  own.freeze();
  own.begin_day(first_day + 5);
  CHECK(own.usual().busiest == 25);
  CHECK(own.usual().days == 4);
  own.begin_day(first_day + 28);
  CHECK(own.usual().busiest == 25);  // 28 days ago
  own.begin_day(first_day + 29);
  CHECK(own.usual().busiest == 5);
  own.begin_day(first_day + 90);
  CHECK(own.usual().days == 0);
  own.begin_day(first_day + 80);  // late: nothing
  CHECK(own.day() == first_day + 90);
}

TEST_CASE("a patient poisoner gains little before half the days are his") {
  std::vector<std::int64_t> totals(28, 10);
  for (std::size_t i = 0; i < 13; ++i) {
    totals[27 - i] = 1000;
  }
  // Median 10, and no deviation but the quarter that everybody is allowed: 10 + 4.4478 × 2.
  CHECK(lived(totals).usual().busy_day == 18);
}

TEST_CASE("peers are the quantile of a day in the middle of the days") {
  PeerDays peers;
  for (int day = 0; day < 5; ++day) {
    for (int key = 1; key <= 100; ++key) {
      // One whole server went mad on the third day.
      peers.move(first_day + day, 0, day == 2 ? 10'000 : key / 5 + 1, 0.99);
    }
  }
  const PeerDays::Usual usual = peers.usual(first_day + 5, 0.99);
  CHECK(usual.days == 5);
  CHECK(usual.keys == 100);
  CHECK(usual.total == 20);
  // Today does not count, and what is taken back neither.
  CHECK(peers.usual(first_day + 4, 0.99).days == 4);
  for (int key = 1; key <= 100; ++key) {
    peers.move(first_day + 4, key / 5 + 1, 0, 0.99);
  }
  CHECK(peers.usual(first_day + 5, 0.99).days == 4);
}

TEST_CASE("the season is the peers' week, and never less than a quarter") {
  PeerDays peers;
  CHECK(peers.season(first_day + 1, day_one) == 1);
  // Ten keys work from 8 to 16 on weekdays, one on Sundays at noon; two weeks.
  for (int day = 0; day < 15; ++day) {
    const bool sunday = day % 7 == 0;
    for (int hour = sunday ? 12 : 8; hour < (sunday ? 13 : 16) && day % 7 != 6; ++hour) {
      for (int key = 0; key < (sunday ? 1 : 10); ++key) {
        peers.enter_hour(day_one + days{day} + hours{hour});
      }
    }
  }
  const std::int64_t monday = first_day + 15;
  const auto at = [&](Duration offset) { return detect::start_of_day(monday) + offset; };
  CHECK(peers.season(monday, at(hours{12})) == Approx(0.5));
  CHECK(peers.season(monday, at(hours{12} + minutes{30})) == Approx(0.5 + 0.5 / 8));
  CHECK(peers.season(monday, at(hours{20})) == Approx(1));
  CHECK(peers.season(monday, at(hours{1})) == Approx(0.25));
  CHECK(peers.season(monday - 1, at(-hours{1})) == Approx(0.25));  // Sunday
}

TEST_CASE("a day unlike all its own fires and says so") {
  Play play({unlike_itself(4, 0, 20)});
  for (int day = 0; day < 10; ++day) {
    visit(play, "@a:hs", day, 5 + day % 3);
  }
  REQUIRE(play.alerts.empty());
  visit(play, "@a:hs", 10, 120);
  REQUIRE_FALSE(play.alerts.empty());
  const Alert& alert = play.alerts[0];
  const LimitState& limit = alert.limits[0];
  REQUIRE(limit.usual.has_value());
  CHECK(limit.usual->own_days == 10);
  CHECK(limit.usual->own_busiest == 7);
  CHECK_FALSE(limit.usual->warming);
  // 4 × 7 rooms by the end of a busy day; at nine in the morning a quarter at least is allowed.
  CHECK(limit.limit == 20);
  CHECK(limit.value == 21);
  CHECK(alert.summary == "@a:hs joined 21 rooms in one day, 3 × its own busiest day (limit 20).");
  // The day is not learned: tomorrow the same is just as strange.
  play.engine.advance(day_one + days{11} + hours{1}, play.alerts);
  CHECK(play.alerts.back().status == AlertStatus::resolved);
  const std::size_t before = play.alerts.size();
  visit(play, "@a:hs", 11, 30);
  CHECK(play.alerts.size() == before + 1);
}

TEST_CASE("before it knows a key a baseline is silent, unless it knows its peers") {
  Play alone({unlike_itself(4, 0, 20)});
  Play among({unlike_itself(4, 2, 20)});
  for (Play* play : {&alone, &among}) {
    for (int day = 0; day < 8; ++day) {
      for (int user = 0; user < 30; ++user) {
        visit(*play, "@u" + std::to_string(user) + ":hs", day, 3 + user);
      }
    }
    REQUIRE(play->alerts.empty());
    visit(*play, "@new:hs", 8, 300);
  }
  CHECK(alone.alerts.empty());
  REQUIRE_FALSE(among.alerts.empty());
  const LimitState& limit = among.alerts[0].limits[0];
  CHECK(limit.usual->peer_keys == 30);
  CHECK(limit.usual->peers == 33);  // amounts above 31 are known to 3 percent
  CHECK(among.alerts[0].summary.find("the busiest of 30 accounts") != std::string::npos);
}

TEST_CASE("a changed bound keeps what was learned, another measure begins anew") {
  for (const bool renamed : {false, true}) {
    Play play({unlike_itself(4, 0, 20)});
    for (int day = 0; day < 10; ++day) {
      visit(play, "@a:hs", day, 6);
    }
    RuleBuilder changed = unlike_itself(2, 0, 10);
    changed.rule().limits[0].name = renamed ? "other" : changed.rule().limits[0].name;
    play.engine.replace_rules(rule_set({changed}), play.alerts);
    visit(play, "@a:hs", 10, 30);
    REQUIRE(play.alerts.size() == (renamed ? 0 : 1));
    if (!renamed) {
      CHECK(play.alerts[0].limits[0].usual->own_days == 10);
      CHECK(play.alerts[0].limits[0].limit == 10);
    }
  }
}

TEST_CASE("a key keeps little for what is usual of it") {
  Play plain({RuleBuilder("r").on({Action::room_join}).distinct(Field::room_id, hours{24}, 1000)});
  Play usual({RuleBuilder("r")
                  .on({Action::room_join})
                  .distinct(Field::room_id, hours{24}, 1000)
                  .baseline(LimitType::value_count, Field::room_id, 4, 1, 500)});
  for (Play* play : {&plain, &usual}) {
    for (int day = 0; day < 28; ++day) {
      visit(*play, "@a:hs", day, 10);
    }
  }
  CHECK(usual.engine.stats().memory_bytes - plain.engine.stats().memory_bytes < 300);
}
