// Late alerts and too many of them go out together, critical ones never, and each is told once, in
// the order of its episode. Heartbeats pass all that by.

#include <algorithm>

#include "delivery_world.hpp"
#include "recording_peer.hpp"

using namespace noci;
using namespace noci::testing;
using namespace std::chrono_literals;
using Types = std::vector<std::string>;

namespace {

/// `count` alerts of episodes of their own: PREFIX0, PREFIX1, …
std::vector<Alert> alerts(int count, TimePoint at, const std::string& prefix,
                          Level level = Level::high) {
  std::vector<Alert> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(alert_at(at, prefix + std::to_string(i), level));
  }
  return all;
}

Webhook rated(std::uint16_t port, std::int64_t most, Duration per) {
  Webhook webhook = webhook_to(port);
  webhook.rate = {most, per};
  return webhook;
}

std::vector<std::string> carried(const RecordingPeer::Request& request) {
  std::vector<std::string> ids;
  for (const auto& event : request.body.at("data").at("digest").at("events").as_array()) {
    ids.emplace_back(event.at("event_id").as_string());
  }
  return ids;
}

}  // namespace

TEST_CASE("after a downtime late alerts are one digest for each webhook") {
  DeliveryWorld world;
  RecordingPeer soc(world.io);
  RecordingPeer chat(world.io);
  world.start({webhook_to(soc.port()), webhook_to(chat.port(), "chat")});
  world.raise(alerts(2, world.now - 8h, "night"));
  world.pass(4s);
  world.raise(alerts(3, world.now - 7h, "later"));
  world.pass(6s);
  REQUIRE(soc.requests().empty());  // it still catches up
  world.pass(5s);
  for (const RecordingPeer* peer : {&soc, &chat}) {
    REQUIRE(peer->types() == Types{"digest.late"});
    REQUIRE(carried(peer->requests()[0]) ==
            Types{"night0-1", "night1-1", "later0-1", "later1-1", "later2-1"});
    const auto& data = peer->requests()[0].body.at("data");
    REQUIRE(data.at("late").as_bool());
    REQUIRE(data.at("level").as_string() == "high");
    REQUIRE(data.at("digest").at("count").as_int64() == 5);
    REQUIRE(data.at("digest").at("levels").at("high").as_int64() == 5);
    REQUIRE(peer->requests()[0].id == std::string(data.at("event_id").as_string()));
  }
  REQUIRE(world.count(DeliveryState::pending) == 0);
  for (const AlertDelivery& fate : world.fates("night0")) {
    REQUIRE(fate.state == DeliveryState::delivered);
    REQUIRE_FALSE(fate.digest.empty());
  }
  REQUIRE(world.status().digests["late"] == 1);
  REQUIRE(world.status().gathered == 5);
}

TEST_CASE("few late alerts and critical ones are sent one by one") {
  DeliveryWorld world;
  RecordingPeer soc(world.io);
  world.start({webhook_to(soc.port())});
  world.raise(alerts(2, world.now - 8h, "few"));
  world.raise(alerts(3, world.now - 8h, "critical", Level::critical));
  // What happened to an episode before it became critical is not held back either.
  world.raise(
      {alert_at(world.now - 8h, "grows"), alert_at(world.now - 7h, "grows", Level::critical, 2)});
  world.pass(1s);
  REQUIRE(soc.types() == Types(5, "alert.firing"));
  world.pass(10s);
  REQUIRE(soc.types() == Types(7, "alert.firing"));
  REQUIRE(world.count(DeliveryState::pending) == 0);
}

TEST_CASE("late alerts that never pause are not held back for ever") {
  DeliveryWorld world;
  RecordingPeer soc(world.io);
  world.start({webhook_to(soc.port())});
  for (int i = 0; i < 30 && soc.requests().empty(); ++i) {
    world.raise(alerts(1, world.now - 8h, "n" + std::to_string(i) + "-"));
    world.pass(5s);
  }
  REQUIRE(soc.types() == Types{"digest.late"});
  REQUIRE(carried(soc.requests()[0]).size() >= 20);
}

TEST_CASE("a receiver that was away gets one event and then a digest, in order") {
  DeliveryWorld world;
  RecordingPeer soc(world.io);
  soc.answer("503 Away");
  world.start({webhook_to(soc.port())});
  world.raise(alerts(4, world.now, "away"));
  world.pass(1s);
  for (int i = 0; i < 12; ++i) {
    world.pass(5min);
  }
  world.raise({alert_at(world.now, "away0", Level::high, 2)});
  soc.answer("");
  soc.forget();
  world.pass(5min + 11s);
  world.pass(11s);
  REQUIRE(soc.types() == Types{"alert.firing", "digest.late"});
  std::vector<std::string> told = carried(soc.requests()[1]);
  told.insert(told.begin(), soc.requests()[0].id);
  REQUIRE(told.size() == 5);
  REQUIRE(std::find(told.begin(), told.end(), "away0-1") <
          std::find(told.begin(), told.end(), "away0-2"));
  std::sort(told.begin(), told.end());
  REQUIRE(told == Types{"away0-1", "away0-2", "away1-1", "away2-1", "away3-1"});
}

TEST_CASE("a digest that fails comes again as it was, and takes those it carries with it") {
  DeliveryWorld world;
  RecordingPeer soc(world.io);
  soc.answer("503 Away");
  world.start({webhook_to(soc.port())});
  world.raise(alerts(3, world.now - 8h, "a"));
  world.pass(11s);
  REQUIRE(soc.requests().size() == 1);
  world.raise(alerts(3, world.now - 8h, "b"));  // not added to what was sent
  const auto pass_half_an_hour = [&] {
    for (int i = 0; i < 5; ++i) {
      world.pass(6min);
    }
  };
  pass_half_an_hour();
  int digests = 0;
  for (const auto& request : soc.requests()) {
    if (request.body.at("type").as_string() == "digest.late") {
      ++digests;
      REQUIRE(request.id == soc.requests()[0].id);
      REQUIRE(request.body == soc.requests()[0].body);
    }
  }
  REQUIRE(digests >= 2);
  soc.answer("410 Gone");
  pass_half_an_hour();
  const AlertDelivery fate = world.fates("a0").at(0);
  REQUIRE(fate.state == DeliveryState::dead);
  REQUIRE_THAT(fate.why, Catch::Matchers::StartsWith("HTTP 410"));
}

TEST_CASE("what exceeds a webhook's rate is a digest, critical alerts excepted") {
  DeliveryWorld world;
  RecordingPeer soc(world.io);
  RecordingPeer siem(world.io);
  Webhook all = webhook_to(siem.port(), "siem");  // without a rate
  world.start({rated(soc.port(), 5, 10min), all});
  world.raise(alerts(12, world.now, "storm"));
  world.until([&] { return soc.requests().size() >= 5 && siem.requests().size() == 12; });
  world.pass(1s);
  REQUIRE(soc.types() == Types(5, "alert.firing"));
  world.raise(alerts(1, world.now, "critical", Level::critical));
  world.pass(1s);
  REQUIRE(soc.requests().size() == 6);
  world.pass(1min);
  REQUIRE(soc.types().back() == "digest.suppressed");
  REQUIRE(carried(soc.requests().back()).size() == 7);
  REQUIRE(world.count(DeliveryState::pending) == 0);
  REQUIRE(world.status().digests["suppressed"] == 1);
  world.pass(10min);  // the rate allows single ones again
  soc.forget();
  world.raise(alerts(2, world.now, "calm"));
  world.pass(1s);
  REQUIRE(soc.types() == Types(2, "alert.firing"));
}

TEST_CASE("a storm beyond the rate leaves in full digests without waiting") {
  DeliveryWorld world;
  RecordingPeer soc(world.io);
  world.start({rated(soc.port(), 5, 10min)});
  world.raise(alerts(235, world.now, "storm"));
  world.until([&] { return soc.requests().size() == 7; });
  REQUIRE(carried(soc.requests()[5]).size() == most_in_digest);
  world.pass(61s);
  REQUIRE(carried(soc.requests().back()).size() == 30);
  REQUIRE(world.count(DeliveryState::pending) == 0);
}

TEST_CASE("a clock that is set back holds no digest back") {
  DeliveryWorld world;
  RecordingPeer soc(world.io);
  world.start({rated(soc.port(), 2, 10min)});
  world.raise(alerts(4, world.now, "a"));
  world.until([&] { return soc.requests().size() == 2; });
  world.now -= 24h;
  for (int i = 0; i < 3; ++i) {
    world.pass(61s);
  }
  REQUIRE(world.count(DeliveryState::pending) == 0);
  REQUIRE(soc.requests().size() == 4);
}

TEST_CASE("heartbeats come for as long as there is a pulse, and say how it is") {
  DeliveryWorld world;
  RecordingPeer soc(world.io);
  Webhook webhook = webhook_to(soc.port());
  webhook.heartbeat = 5ms;
  webhook.levels = {Level::critical};
  std::optional<Pulse> pulse = Pulse{false, "blind to the log hs", 2, 1, world.now};
  world.deliverer().take_pulse_by([&] { return pulse; });
  world.start({webhook});
  world.until([&] { return soc.requests().size() >= 3; });
  const auto& data = soc.requests()[0].body.at("data");
  REQUIRE(soc.types()[0] == "system.heartbeat");
  REQUIRE_FALSE(data.at("heartbeat").at("ready").as_bool());
  REQUIRE(data.at("heartbeat").at("problem").as_string() == "blind to the log hs");
  REQUIRE(data.at("heartbeat").at("pending").as_int64() == 2);
  REQUIRE(data.at("status").as_string() == "info");
  REQUIRE(world.count(DeliveryState::pending) == 0);
  pulse.reset();  // the analysis is stuck: the switch must go off
  world.until([&] { return world.deliverer().is_idle(); });
  world.pass(1s);
  soc.forget();
  world.pass(1s);
  REQUIRE(soc.requests().empty());
}
