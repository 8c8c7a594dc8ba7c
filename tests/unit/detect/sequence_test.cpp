#include "detect/sequence.hpp"

#include <random>

#include "support/alert_text.hpp"
#include "support/catch.hpp"
#include "unit/detect/play.hpp"

using namespace noci;
using namespace noci::test;
using detect::StepPlan;
using detect::StepTimes;
using detect::WindowSpan;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

/// Directory, then three joins, then history, within two hours.
RuleBuilder recon(bool ordered = true) {
  return RuleBuilder("recon").steps(ordered, hours{2},
                                    {{{Action::user_directory_search}, 1},
                                     {{Action::room_join}, 3},
                                     {{Action::room_messages}, 1}});
}

void happen(Play& play, Action action, Duration at, const std::string& user = "@a:hs") {
  EventBuilder event;
  event.action(action).user(user).room("!r:hs").ip("192.0.2.9");
  play.engine.apply(event.at(at), play.alerts);
}

}  // namespace

TEST_CASE("a sequence is broken by its last step, and the alert names the steps") {
  Play play({recon()});
  happen(play, Action::user_directory_search, minutes{1});
  for (int i = 0; i < 3; ++i) {
    happen(play, Action::room_join, minutes{10 + i});
  }
  REQUIRE(play.alerts.empty());
  happen(play, Action::room_messages, minutes{20});
  REQUIRE(play.alerts.size() == 1);
  const LimitState& limit = play.alerts[0].limits[0];
  CHECK(limit.value == 3);
  CHECK(limit.limit == 3);
  REQUIRE(limit.steps.size() == 3);
  CHECK(limit.steps[0].first == day_one + minutes{1});
  CHECK(limit.steps[1].count == 3);
  CHECK(limit.steps[1].first == day_one + minutes{10});
  CHECK(limit.steps[1].last == day_one + minutes{12});
  CHECK(limit.steps[2].complete);
  CHECK(play.alerts[0].summary == "@a:hs did s0, then 3 × s1, then s2 in 2 h from 192.0.2.9.");
}

TEST_CASE("order matters where it is asked for") {
  for (const bool ordered : {true, false}) {
    Play play({recon(ordered)});
    for (int i = 0; i < 3; ++i) {
      happen(play, Action::room_join, minutes{i});
    }
    happen(play, Action::room_messages, minutes{20});
    happen(play, Action::user_directory_search, minutes{30});
    CHECK(play.alerts.size() == (ordered ? 0 : 1));
    happen(play, Action::room_messages, minutes{31});  // the joins were before the search
    CHECK(play.alerts.size() == (ordered ? 0 : 1));
  }
}

TEST_CASE("what lies outside the window or happened to another key does not count") {
  Play play({recon()});
  happen(play, Action::user_directory_search, minutes{0});
  for (int i = 0; i < 3; ++i) {
    happen(play, Action::room_join, minutes{1 + i});
    happen(play, Action::room_messages, minutes{5}, "@b:hs");
  }
  happen(play, Action::room_messages, hours{2});
  CHECK(play.alerts.empty());
}

TEST_CASE("one event is one step, also where it matches two") {
  Play play({RuleBuilder("twice").steps(
      true, hours{1},
      {{{Action::room_join}, 1}, {{Action::room_join, Action::room_messages}, 1}})});
  happen(play, Action::room_join, minutes{1});
  CHECK(play.alerts.empty());
  happen(play, Action::room_join, minutes{2});
  CHECK(play.alerts.size() == 1);
}

TEST_CASE("a step that arrives late falls into its place") {
  EngineOptions with = options();
  with.lateness = minutes{1};
  Play play({recon()}, with);
  happen(play, Action::user_directory_search, minutes{1});
  happen(play, Action::room_join, minutes{10});
  happen(play, Action::room_messages, minutes{10} + Duration{500});
  happen(play, Action::room_join, minutes{10} + Duration{100});
  REQUIRE(play.alerts.empty());
  happen(play, Action::room_join, minutes{10} + Duration{200});
  REQUIRE(play.alerts.size() == 1);
}

TEST_CASE("factors do not change a sequence, an exemption does") {
  Override doubled;
  doubled.match = {equals(Field::user_id, {"@a:hs"})};
  doubled.factor = 20;
  Override exempt;
  exempt.match = {equals(Field::user_id, {"@bot:hs"})};
  exempt.exempt = true;
  Play play({recon().override_with(doubled).override_with(exempt)});
  for (const std::string user : {"@a:hs", "@bot:hs"}) {
    happen(play, Action::user_directory_search, minutes{1}, user);
    for (int i = 0; i < 3; ++i) {
      happen(play, Action::room_join, minutes{2 + i}, user);
    }
    happen(play, Action::room_messages, minutes{9}, user);
  }
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].key_text() == "@a:hs");
  CHECK(play.alerts[0].limits[0].limit == 3);
}

TEST_CASE("what is remembered is bounded, and a sequence in a flood is found all the same") {
  const StepPlan plan{true, {1, 5, 3, 2}};
  const std::vector<WindowSpan> spans{WindowSpan::of(hours{24}, Duration{0})};
  StepTimes times;
  std::mt19937 random(20261128);
  TimePoint now = day_one;
  // The one beginning, then a day of the other steps in any order: enough for the rest, twice over.
  times.add(plan, spans, now, now, 0);
  for (int i = 0; i < 40'000; ++i) {
    now += Duration{2000};
    times.add(plan, spans, now, now, 1 + random() % 3);
    REQUIRE(static_cast<std::int64_t>(times.marks()) <= 2 * detect::most_marks(plan) + 16);
  }
  CHECK(times.value(plan, spans[0], now) == 4);
  CHECK(times.falls_to(3, plan, spans[0], now) == day_one + hours{24});
  CHECK(times.value(plan, spans[0], day_one + hours{24} - Duration{1}) == 4);
  CHECK(times.value(plan, spans[0], day_one + hours{24}) == 0);
}

TEST_CASE("what comes at the time of the newest event may still need the one before it") {
  const StepPlan plan{true, {1, 1, 1}};
  const std::vector spans{WindowSpan::of(hours{2}, Duration::zero())};
  StepTimes times;
  const auto add = [&](int minute, std::size_t step) {
    times.add(plan, spans, day_one + minutes{minute}, day_one + minutes{minute}, step);
  };
  add(1, 0);
  add(2, 1);
  for (int minute = 3; minute < 13; ++minute) {
    add(minute, 2);
  }
  add(20, 0);
  add(21, 1);
  add(21, 2);
  // One event that is both steps: what is not needed goes between the two.
  add(22, 1);
  add(22, 2);
  CHECK(times.falls_to(2, plan, spans[0], day_one + minutes{22}) ==
        day_one + minutes{20} + hours{2});
}
