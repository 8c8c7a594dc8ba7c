#include "support/catch.hpp"
#include "unit/detect/play.hpp"

using namespace noci;
using namespace noci::test;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

/// More than 8 rooms in ten minutes, half of it for a day after a directory search.
RuleBuilder watchful() {
  return RuleBuilder("watchful")
      .on({Action::room_join})
      .distinct(Field::room_id, minutes{10}, 8)
      .factor({Action::user_directory_search}, 0.5, hours{24});
}

void search(Play& play, Duration at) {
  EventBuilder event;
  event.action(Action::user_directory_search).user("@a:hs");
  play.engine.apply(event.at(at), play.alerts);
}

}  // namespace

TEST_CASE("limits are scaled while an event within the span matched") {
  Play play({watchful()});
  play.join("@a:hs", 5);
  REQUIRE(play.alerts.empty());
  search(play, hours{1});
  play.join("@a:hs", 5, hours{2});
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].limits[0].limit == 4);
  CHECK(play.alerts[0].limits[0].base_limit == 8);
  CHECK(play.alerts[0].limits[0].factor == 0.5);
  CHECK(play.alerts[0].limits[0].because == std::vector<std::string>{"s1"});
  // A day and the window's pane later it is as before.
  play.join("@a:hs", 5, hours{26});
  CHECK(play.alerts.back().status == AlertStatus::resolved);
  CHECK(play.engine.stats().open_episodes == 0);
}

TEST_CASE("the event that matches breaks a limit that it lowers") {
  Play play({watchful()});
  play.join("@a:hs", 6);
  REQUIRE(play.alerts.empty());
  search(play, minutes{1});
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].timestamp == day_one + minutes{1});
}

TEST_CASE("a factor that comes back breaks the limit again") {
  Play play({RuleBuilder("day")
                 .on({Action::room_join})
                 .distinct(Field::room_id, hours{24}, 8)
                 .factor({Action::user_directory_search}, 0.5, minutes{10})});
  play.join("@a:hs", 6);
  search(play, minutes{1});
  play.engine.advance(day_one + hours{2}, play.alerts);
  REQUIRE(play.alerts.size() == 2);
  CHECK(play.alerts[1].status == AlertStatus::resolved);
  search(play, hours{3});
  REQUIRE(play.alerts.size() == 3);
  CHECK(play.alerts[2].status == AlertStatus::firing);
}

TEST_CASE("factors, schedule and overrides multiply") {
  Override doubled;
  doubled.match = {equals(Field::user_id, {"@a:hs"})};
  doubled.factor = 3;
  Schedule schedule;
  schedule.periods = {{"rest", {}, 0.5}};
  Play play({watchful()
                 .factor({Action::user_directory_search}, 0.5, hours{1})
                 .override_with(doubled)
                 .schedule(schedule)});
  search(play, {});
  play.join("@a:hs", 3);
  REQUIRE(play.alerts.empty());
  play.join("@a:hs", 4);
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].limits[0].factor == 0.5 * 0.5 * 3 * 0.5);
  CHECK(play.alerts[0].limits[0].limit == 3);
  CHECK(play.alerts[0].limits[0].because.size() == 2);
}
