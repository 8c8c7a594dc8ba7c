#include <cmath>

#include "base/hash.hpp"
#include "support/alert_text.hpp"
#include "support/catch.hpp"
#include "support/kept_states.hpp"
#include "unit/detect/play.hpp"

using namespace noci;
using namespace noci::test;
using noci::testing::commit;
using noci::testing::KeptStates;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("the limit is broken by the first value above it") {
  Play play({fanout()});
  play.join("@a:hs", 3);
  REQUIRE(play.alerts.empty());
  play.join("@a:hs", 4);
  REQUIRE(play.alerts.size() == 1);
  const Alert& alert = play.alerts[0];
  CHECK(alert.status == AlertStatus::firing);
  CHECK(alert.timestamp == day_one + seconds{3});
  CHECK(alert.key_text() == "@a:hs");
  CHECK(alert.limits[0].value == 4);
  CHECK(alert.limits[0].breached);
  CHECK(alert.evidence.samples.back().request_id == "POST-3");
  CHECK(alert.first_event == day_one);
  CHECK(alert.summary == "@a:hs joined 4 rooms in 10 min from 192.0.2.9 (limit 3).");
  CHECK(play.engine.stats().open_episodes == 1);
  CHECK(play.engine.stats().alerts.at({"fanout", Level::medium}) == 1);
}

TEST_CASE("the same value again and again is one value, as young as its last sighting") {
  // Far below the limit a repeat changes nothing, but only while it falls into the same pane.
  Play play({RuleBuilder("rooms").on({Action::room_join}).distinct(Field::room_id, hours{1}, 40)});
  const auto join = [&](int room, Duration at) {
    EventBuilder event;
    event.user("@a:hs").room("!" + std::to_string(room) + ":hs");
    play.engine.apply(event.at(at), play.alerts);
  };
  for (int i = 0; i < 100; ++i) {
    join(0, seconds{i});
  }
  for (int room = 1; room < 4; ++room) {
    join(room, minutes{2});
    join(room, minutes{2});
  }
  for (int room = 3; room >= 0; --room) {
    join(room, minutes{50});
  }
  for (int room = 4; room < 40; ++room) {
    join(room, minutes{70});
  }
  CHECK(play.alerts.empty());
  join(40, minutes{70});
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].limits[0].value == 41);
}

TEST_CASE("gte fires at the limit itself") {
  Rule rule = fanout();
  rule.limits[0].compare = Compare::gte;
  Play play({rule});
  play.join("@a:hs", 3);
  CHECK(play.alerts.size() == 1);
}

TEST_CASE("a limit that is a share says what share was taken, also after a restart") {
  Rule rule = fanout();
  rule.limits[0].whole = 1600;
  Play play({rule});
  play.join("@a:hs", 4);
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].limits[0].whole == 1600);
  CHECK(play.alerts[0].summary ==
        "@a:hs joined 4 rooms in 10 min (0.25 % of all that the server holds) from 192.0.2.9 "
        "(limit 3).");
  // What ends an episode of a rule that is gone is what was kept of it.
  KeptStates kept;
  commit(play.engine, kept);
  Engine other(options(), rule_set({fanout("new")}));
  REQUIRE(kept.restore(other).has_value());
  std::vector<Alert> out;
  other.advance(day_one, out);
  REQUIRE(out.size() == 1);
  CHECK(out[0].limits[0].whole == 1600);
}

TEST_CASE("one event raises one alert that names every broken limit") {
  Play play({fanout().events(hours{1}, 3).events(hours{1}, 100)});
  play.join("@a:hs", 4);
  REQUIRE(play.alerts.size() == 1);
  REQUIRE(play.alerts[0].limits.size() == 3);
  CHECK(play.alerts[0].limits[0].breached);
  CHECK(play.alerts[0].limits[1].breached);
  CHECK_FALSE(play.alerts[0].limits[2].breached);
}

TEST_CASE("one giant event has itself as evidence") {
  Play play({RuleBuilder("bytes").on({Action::media_download}).sum(Field::bytes, hours{1}, 1000)});
  EventBuilder event;
  play.engine.apply(event.action(Action::media_download)
                        .user("@a:hs")
                        .bytes(5'000'000)
                        .request_id("GET-77")
                        .position(10, 2),
                    play.alerts);
  REQUIRE(play.alerts.size() == 1);
  REQUIRE(play.alerts[0].evidence.samples.size() == 1);
  CHECK(play.alerts[0].evidence.samples[0].request_id == "GET-77");
  CHECK(play.alerts[0].evidence.samples[0].position.line == 2);
}

TEST_CASE("sums saturate and negative quantities count as nothing") {
  Play play({RuleBuilder("bytes").on({Action::room_join}).sum(Field::bytes, hours{1}, 1000)});
  EventBuilder event;
  for (const std::int64_t bytes : {INT64_MIN, INT64_MAX, INT64_MAX}) {
    play.engine.apply(event.user("@a:hs").bytes(bytes), play.alerts);
  }
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].limits[0].value == INT64_MAX);
}

TEST_CASE("homeservers never mix, shown or not") {
  Play play({fanout()});
  play.join("@a:hs", 3, {}, "one");
  play.join("@a:hs", 3, minutes{1}, "two");
  REQUIRE(play.alerts.empty());
  play.join("@a:hs", 4, minutes{2}, "one");
  play.join("@a:hs", 4, minutes{2}, "two");
  REQUIRE(play.alerts.size() == 2);
  CHECK(play.alerts[0].key_text() == "@a:hs");
  CHECK(play.alerts[0].alert_id != play.alerts[1].alert_id);
  CHECK(play.engine.why("@a:hs").size() == 2);
}

TEST_CASE("an event without a group-by field is left out and counted") {
  Play play({fanout().by({Field::user_id, Field::source_ip})});
  EventBuilder event;
  play.engine.apply(event.user("@a:hs").room("!r:hs"), play.alerts);
  CHECK(play.engine.stats().missing_group_field == 1);
  CHECK(play.engine.stats().keys == 0);
}

TEST_CASE("numbers and pairs can be keys") {
  Play play({RuleBuilder("r").by({Field::status, Field::source_ip}).events(hours{1}, 1)});
  EventBuilder event;
  event.ip("192.0.2.1").status(403);
  play.engine.apply(event, play.alerts);
  play.engine.apply(event, play.alerts);
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].key_text() == "403 192.0.2.1");
}

TEST_CASE("alert ids follow the documented recipe and differ per episode") {
  Play play({fanout().resolve_after(minutes{5})});
  play.join("@a:hs", 4, {}, "hs");
  play.engine.advance(day_one + hours{1}, play.alerts);
  play.join("@a:hs", 4, hours{2}, "hs");
  REQUIRE(play.alerts.size() == 3);
  CHECK(play.alerts[1].status == AlertStatus::resolved);
  CHECK(play.alerts[1].alert_id == play.alerts[0].alert_id);
  CHECK(play.alerts[1].sequence == 2);
  CHECK(play.alerts[2].alert_id != play.alerts[0].alert_id);
  // Each text with its length before it; the key is the homeserver and the group-by values.
  const auto id = [](char number) {
    const std::string bytes = std::string("\x24") + "00000000-0000-0000-0000-000000000000" +
                              "\x06" + "fanout" + "\x09" + "\x02" + "hs" + "\x05" + "@a:hs" +
                              number;
    const Sha256 hash = sha256(bytes);
    return to_base32({reinterpret_cast<const char*>(hash.data()), 32}).substr(0, 26);
  };
  CHECK(play.alerts[0].alert_id == id('\x01'));
  CHECK(play.alerts[2].alert_id == id('\x02'));
}

TEST_CASE("a key that was forgotten goes on counting its episodes") {
  Play play({fanout().resolve_after(minutes{5})});
  play.join("@a:hs", 4);
  // New keys make the sweep walk over the silent ones.
  for (int i = 0; i < 20; ++i) {
    play.join("@other" + std::to_string(i) + ":hs", 1, hours{10 + i});
  }
  REQUIRE(play.engine.why("@a:hs").empty());
  play.join("@a:hs", 4, hours{50});
  REQUIRE(play.alerts.size() == 3);
  CHECK(play.alerts[2].status == AlertStatus::firing);
  CHECK(play.alerts[2].alert_id != play.alerts[0].alert_id);
}

TEST_CASE("an episode resolves by event time alone") {
  Play play({fanout().resolve_after(minutes{30})});
  play.join("@a:hs", 4);
  play.engine.advance(day_one + minutes{39}, play.alerts);
  REQUIRE(play.alerts.size() == 1);
  play.engine.advance(day_one + minutes{42}, play.alerts);
  REQUIRE(play.alerts.size() == 2);
  CHECK(play.alerts[1].status == AlertStatus::resolved);
  CHECK(play.alerts[1].resolve_reason == "below_limit");
  // The first room's pane leaves the window after 10 minutes and at most a pane (9.4 s); episodes
  // are looked at each minute.
  CHECK(play.alerts[1].timestamp == day_one + minutes{41});
  CHECK(play.engine.stats().open_episodes == 0);
}

TEST_CASE("levels rise by step and never for what is off or only simulated") {
  Play play({fanout("a").escalate(2, Level::high), fanout("b").mode(Mode::off),
             fanout("c").mode(Mode::simulate)});
  play.join("@a:hs", 6);
  REQUIRE(play.alerts.size() == 3);
  CHECK(play.alerts[0].rule_id == "a");
  CHECK(play.alerts[1].rule_id == "c");
  CHECK(play.alerts[1].simulated);
  CHECK(play.alerts[2].status == AlertStatus::escalated);
  CHECK(play.alerts[2].level == Level::high);
  CHECK(play.alerts[2].limits[0].value == 6);
}

TEST_CASE("the first override that matches and still counts wins") {
  Override doubled;
  doubled.match = {equals(Field::user_id, {"@legal*"})};
  doubled.factor = 2;
  doubled.until = day_one + hours{1};
  Override exempt;
  exempt.match = {in_list(Field::user_id, {{"@legal:hs", {}, {}, {}}, {"@bot:hs", {}, {}, {}}})};
  exempt.exempt = true;
  Override elsewhere;  // asks for a field that the key does not have
  elsewhere.match = {equals(Field::server_name, {"*"})};
  elsewhere.exempt = true;
  Play play({fanout().override_with(elsewhere).override_with(doubled).override_with(exempt)});
  play.join("@bot:hs", 50);
  REQUIRE(play.alerts.empty());
  play.join("@legal:hs", 6);
  REQUIRE(play.alerts.empty());
  play.join("@legal:hs", 7);
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].limits[0].limit == 6);
  CHECK(play.alerts[0].limits[0].factor == 2);
  play.alerts.clear();
  play.join("@legal:hs", 50, hours{3});  // until has passed: exempt by the list
  for (const Alert& alert : play.alerts) {
    CHECK(alert.status == AlertStatus::resolved);
  }
  play.join("@a:hs", 4, hours{3});
  CHECK(play.alerts.back().key_text() == "@a:hs");
}

TEST_CASE("a schedule lowers the limit in force and is named in the alert") {
  Schedule schedule;
  schedule.zone = *Zone::find("Europe/Paris");
  schedule.periods = {{"rest", {}, 0.3}};
  Play play({RuleBuilder("r").distinct(Field::room_id, minutes{10}, 20).schedule(schedule)});
  play.join("@a:hs", 6);
  REQUIRE(play.alerts.empty());  // 20 × 0.3 is 6, not a little less
  play.join("@a:hs", 7);
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].limits[0].limit == 6);
  CHECK(play.alerts[0].limits[0].base_limit == 20);
  CHECK(play.alerts[0].limits[0].period == "rest");
}

TEST_CASE("late events count in their own time, too late ones are counted as such") {
  EngineOptions with = options();
  with.lateness = minutes{1};
  Play play({fanout()}, with);
  play.join("@a:hs", 2, hours{1});
  play.join("@a:hs", 1, hours{1} - minutes{10});  // room 0 again
  EventBuilder event;
  event.user("@a:hs").room("!late1:hs").at(hours{1} - minutes{10});
  play.engine.apply(event, play.alerts);
  event.room("!late2:hs").at(hours{1} - minutes{5});
  play.engine.apply(event, play.alerts);
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].timestamp == day_one + hours{1} + seconds{1});
  event.at(-hours{5});
  play.engine.apply(event, play.alerts);
  CHECK(play.engine.stats().late_events == 1);
}

TEST_CASE("absurd times are refused") {
  Play play({fanout()});
  EventBuilder event;
  play.engine.apply(event.user("@a:hs").at(TimePoint::max()), play.alerts);
  play.engine.apply(event.user("@a:hs").at(TimePoint::min()), play.alerts);
  play.engine.advance(TimePoint::max(), play.alerts);
  CHECK(play.engine.stats().clamped_times == 2);
  CHECK(play.engine.now() == TimePoint{});
}

TEST_CASE("a removed rule ends its episodes, another rule keeps its own") {
  Play play({fanout("gone"), fanout("kept")});
  play.join("@a:hs", 4);
  REQUIRE(play.alerts.size() == 2);
  play.engine.replace_rules(rule_set({fanout("kept")}), play.alerts);
  REQUIRE(play.alerts.size() == 3);
  CHECK(play.alerts[2].status == AlertStatus::resolved);
  CHECK(play.alerts[2].resolve_reason == "rule_removed");
  CHECK(play.alerts[2].rule_id == "gone");
  CHECK(play.alerts[2].alert_id == play.alerts[0].alert_id);
  CHECK(play.alerts[2].limits.size() == 1);
  CHECK(play.engine.stats().open_episodes == 1);
}

TEST_CASE("a changed limit or window keeps what is known") {
  Play play({RuleBuilder("r").events(minutes{10}, 100).sum(Field::bytes, minutes{10}, 1 << 30)});
  play.join("@a:hs", 50);
  play.engine.replace_rules(
      rule_set(
          {RuleBuilder("r").events(minutes{5}, 52).events(minutes{10}, 51).events(hours{48}, 50)}),
      play.alerts);
  const auto before = play.engine.why("@a:hs");
  REQUIRE(before.size() == 1);
  for (const LimitState& limit : before[0].limits) {
    CHECK(limit.value == 50);
  }
  play.join("@a:hs", 1, minutes{1});
  REQUIRE(play.alerts.size() == 1);
  CHECK(play.alerts[0].limits[2].breached);
  CHECK_FALSE(play.alerts[0].limits[1].breached);
}

TEST_CASE("under memory pressure the coldest keys go, never one near a limit") {
  EngineOptions with = options();
  with.memory_budget = 200'000;
  Play play({RuleBuilder("r").events(hours{100}, 100)}, with);
  for (int i = 0; i < 30; ++i) {
    EventBuilder event;
    play.engine.apply(event.user("@near:hs").at(Duration{i}), play.alerts);
  }
  for (int i = 0; i < 3000; ++i) {
    EventBuilder event;
    play.engine.apply(event.user("@u" + std::to_string(i) + ":hs").at(seconds{i + 1}), play.alerts);
  }
  CHECK(play.engine.stats().evicted_keys > 1000);
  CHECK(play.engine.stats().memory_bytes <= 200'000);
  CHECK(play.engine.stats().keys + play.engine.stats().evicted_keys == 3001);
  CHECK(play.engine.why("@near:hs").size() == 1);
  CHECK(play.engine.why("@near:hs")[0].limits[0].value == 30);
  CHECK(play.engine.why("@u2999:hs").size() == 1);
  CHECK(play.engine.why("@u1:hs").empty());
}

TEST_CASE("many distinct values are estimated, and it is said") {
  Play play({RuleBuilder("r")
                 .distinct(Field::room_id, hours{1}, 500)
                 .distinct(Field::room_id, seconds{10}, 1)});
  const int rooms = 3000;
  EventBuilder first;
  play.engine.apply(first.user("@a:hs").room("!x:hs"), play.alerts);
  for (int i = 0; i < rooms; ++i) {
    Event event = first.event();
    const std::string room = "!" + std::to_string(i) + ":hs";
    event.room_id = room;
    event.timestamp += Duration{100 * i};
    play.engine.apply(event, play.alerts);
  }
  const auto status = play.engine.why("@a:hs");
  REQUIRE(status.size() == 1);
  CHECK_FALSE(status[0].limits[0].exact);
  CHECK(status[0].limits[0].error_pct == Approx(2.3).epsilon(0.01));
  CHECK(std::abs(static_cast<double>(status[0].limits[0].value) / rooms - 1) < 4 * 0.023);
  // The short window of the same counter stays exact: 10 s are 100 rooms and at most a pane.
  CHECK(status[0].limits[1].exact);
  CHECK(status[0].limits[1].value >= 100);
  CHECK(status[0].limits[1].value <= 102);
}
