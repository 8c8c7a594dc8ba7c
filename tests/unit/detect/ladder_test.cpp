#include <cstdio>

#include "support/catch.hpp"
#include "unit/detect/play.hpp"

using namespace noci;
using namespace noci::test;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

constexpr Duration ladder[] = {minutes{1}, minutes{10}, hours{1}, hours{24}, days{7}, days{30}};

RuleBuilder rooms_and_messages() {
  RuleBuilder rule("ladder");
  rule.on({Action::room_messages});
  for (const Duration timespan : ladder) {
    rule.distinct(Field::room_id, timespan, 1000).sum(Field::messages, timespan, 1'000'000);
  }
  return rule;
}

/// A month of somebody who reads `rooms` rooms over again, `reads` times on each working day
/// between eight and four.
void read_for_a_month(Engine& engine, std::vector<Alert>& alerts, int rooms, int reads) {
  int room = 0;
  for (int day = 0; day < 30; ++day) {
    for (int i = 0; day % 7 < 5 && i < reads; ++i) {
      EventBuilder event;
      event.action(Action::room_messages).user("@a:hs").messages(20);
      event.room("!" + std::to_string(room++ % rooms) + ":hs");
      engine.apply(event.at(days{day} + hours{8} + i * Duration(hours{8}) / reads), alerts);
    }
  }
}

}  // namespace

TEST_CASE("a quiet key costs little under a ladder of thirty days") {
  struct Row {
    const char* who;
    int rooms;
    int reads;
    std::int64_t most;  ///< bytes, for both counters of six windows each
  };

  // Naively: every event of 30 days, or 64 panes in each of twelve windows (12,288 bytes).
  for (const Row& row : {Row{"reads once a day", 5, 1, 1900}, Row{"reads 20 times", 20, 20, 4900},
                         Row{"reads all day long", 40, 2000, 16'500}}) {
    Play play({rooms_and_messages()});
    read_for_a_month(play.engine, play.alerts, row.rooms, row.reads);
    const auto bytes = static_cast<std::int64_t>(play.engine.stats().memory_bytes);
    std::printf("30-day ladder of 2 counters x 6 windows, %s: %lld bytes per key\n", row.who,
                static_cast<long long>(bytes));
    CHECK(bytes < row.most);
    CHECK(play.alerts.empty());
  }
}

TEST_CASE("one set and one list of panes serve a whole ladder") {
  Play one({RuleBuilder("one").on({Action::room_join}).distinct(Field::room_id, days{30}, 100)});
  RuleBuilder many("many");
  many.on({Action::room_join});
  for (const Duration timespan : ladder) {
    many.distinct(Field::room_id, timespan, 100);
  }
  Play all({many});
  for (Play* play : {&one, &all}) {
    for (int day = 0; day < 20; ++day) {
      play->join("@a:hs", 50, days{day});
    }
  }
  // Only the finer panes of the last day are added.
  CHECK(all.engine.stats().memory_bytes < one.engine.stats().memory_bytes + 2000);
}

TEST_CASE("a month is counted by the day it happened, and ends") {
  Play play({RuleBuilder("slow").on({Action::room_join}).distinct(Field::room_id, days{30}, 59)});
  for (int day = 0; day < 30; ++day) {
    for (int i = 0; i < 2; ++i) {
      EventBuilder event;
      event.user("@a:hs").room("!" + std::to_string(day * 2 + i) + ":hs");
      play.engine.apply(event.at(days{day} + hours{12}), play.alerts);
    }
  }
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].timestamp == day_one + days{29} + hours{12});
  CHECK(play.alerts[0].limits[0].value == 60);
  // After the promise's utmost, 30 days and a sixteenth, the first day has gone.
  play.engine.advance(day_one + days{32} + hours{12}, play.alerts);
  CHECK(play.alerts.back().status == AlertStatus::resolved);
}
