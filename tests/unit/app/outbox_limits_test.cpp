// The outbox is bounded in number, size and age, whatever the receivers do.

#include <array>

#include "delivery_world.hpp"
#include "recording_peer.hpp"

using namespace noci;
using namespace noci::testing;
using namespace std::chrono_literals;

namespace {

/// A port on which nobody listens.
std::uint16_t closed_port(boost::asio::io_context& io) {
  return tcp::acceptor(io, {boost::asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

std::int64_t number(Database& database, const char* sql) {
  auto statement = database.prepare(sql);
  REQUIRE(statement);
  REQUIRE(statement->step().value());
  return statement->integer_at(0);
}

}  // namespace

TEST_CASE("an event that cannot be delivered is given up by age, said and counted") {
  DeliveryWorld world;
  DeliverySettings settings;
  settings.give_up_after = 24h;
  world.start({webhook_to(closed_port(world.io))}, settings);
  world.raise({alert_at(world.now, "old")});
  world.pass(12h);
  world.raise({alert_at(world.now, "young")});
  world.pass(11h);
  REQUIRE(world.count(DeliveryState::pending) == 2);
  world.pass(61min);
  const AlertDelivery old = world.fates("old").at(0);
  REQUIRE(old.state == DeliveryState::dead);
  REQUIRE_THAT(old.why,
               Catch::Matchers::StartsWith("not delivered within 24h; the last attempt: "));
  REQUIRE(world.fates("young").at(0).state == DeliveryState::pending);
  REQUIRE(world.status().given_up["age"] == 1);
  REQUIRE_THAT(world.log_text(), Catch::Matchers::ContainsSubstring("event=alerts_given_up"));
}

TEST_CASE("a clock that jumps ahead gives up nothing that can be delivered") {
  DeliveryWorld world;
  Peer peer(world.io, answering("HTTP/1.1 204 Fine\r\nContent-Length: 0\r\n\r\n"));
  Webhook away = webhook_to(closed_port(world.io));
  world.start({away});
  world.raise({alert_at(world.now, "a")});
  world.now += std::chrono::days{2000};
  world.deliverer().replace_webhooks({webhook_to(peer.port())}, {}, {"node", "hs", "0", "none"});
  world.until([&] { return world.status().delivered == 1; });
  REQUIRE(world.count(DeliveryState::delivered) == 1);
}

TEST_CASE("a storm of alerts for receivers that are dead for months stays within its bounds") {
  DeliveryWorld world;
  DeliverySettings settings;
  settings.most_pending = 300;
  settings.pending_size = 1 << 20;
  const std::uint16_t port = closed_port(world.io);
  world.start({webhook_to(port, "soc"), webhook_to(port, "chat")}, settings);
  const std::array levels{Level::low, Level::medium, Level::high};
  int raised = 0;
  const auto week = [&] {
    std::vector<Alert> alerts;
    for (int i = 0; i < 400; ++i, ++raised) {
      alerts.push_back(alert_at(world.now, "a" + std::to_string(raised),
                                levels.at(static_cast<std::size_t>(raised % 3))));
      alerts.back().runbook = std::string(1500, 'r');
    }
    world.raise(std::move(alerts));
    world.pass(24h * 7);
    REQUIRE(number(world.database(), "SELECT count(*) FROM outbox WHERE state = 0") <= 300);
    REQUIRE(number(world.database(), "SELECT total(bytes) FROM outbox WHERE state = 0") <= 1 << 20);
  };
  world.raise({alert_at(world.now, "critical", Level::critical)});
  while (raised < 6000) {
    week();
  }
  const std::int64_t pages = number(world.database(), "PRAGMA page_count");
  while (raised < 8000) {
    week();
  }
  // Each was for two webhooks. What is left are the finished ones, which have a bound of their own.
  REQUIRE(number(world.database(), "SELECT count(*) FROM outbox") <= 10'000 + 300 + 1000);
  REQUIRE(number(world.database(), "PRAGMA page_count") <= pages * 11 / 10);
  REQUIRE(world.status().given_up["size"] > 4000);
  REQUIRE(world.status().given_up["age"] > 0);
  REQUIRE(world.fates("critical").empty());  // given up long ago, and forgotten a month later
}

TEST_CASE("when the outbox is full the lowest level goes first and critical last") {
  DeliveryWorld world;
  DeliverySettings settings;
  settings.most_pending = 4;
  world.start({webhook_to(closed_port(world.io))}, settings);
  world.raise({alert_at(world.now, "critical1", Level::critical),
               alert_at(world.now, "low1", Level::low), alert_at(world.now, "high1"),
               alert_at(world.now, "low2", Level::low)});
  REQUIRE(world.count(DeliveryState::pending) == 4);
  const auto dead = [&] {
    std::string ids;
    AlertFilter filter;
    filter.state = DeliveryState::dead;
    const auto alerts = list_alerts(world.database(), filter, 100);
    for (const ListedAlert& alert : alerts.value()) {
      ids = alert.alert_id + (ids.empty() ? "" : " ") + ids;
      REQUIRE(alert.deliveries.at(0).why == "the outbox is full");
    }
    return ids;
  };
  world.raise({alert_at(world.now, "high2")});
  REQUIRE(dead() == "low1");
  world.raise({alert_at(world.now, "critical2", Level::critical)});
  REQUIRE(dead() == "low1 low2");
  world.raise(
      {alert_at(world.now, "critical3", Level::critical), alert_at(world.now, "low3", Level::low)});
  REQUIRE(dead() == "low1 high1 low2 low3");
  world.raise({alert_at(world.now, "critical4", Level::critical),
               alert_at(world.now, "critical5", Level::critical)});
  REQUIRE(dead() == "critical1 low1 high1 low2 high2 low3");
  REQUIRE(world.status().given_up["size"] == 6);
}

TEST_CASE("a receiver that answers 500 for a day is asked every five minutes, and gets it then") {
  DeliveryWorld world;
  RecordingPeer soc(world.io);
  soc.answer("500 Broken");
  world.start({webhook_to(soc.port())});
  world.raise({alert_at(world.now, "patient")});
  for (Duration passed{}; passed < 24h; passed += 1min) {
    world.pass(1min);
  }
  REQUIRE(soc.requests().size() > 24 * 60 / 6);
  REQUIRE(soc.requests().size() < 24 * 60 / 4 + 10);
  REQUIRE(world.count(DeliveryState::pending) == 1);
  soc.answer("");
  world.pass(5min);
  REQUIRE(world.fates("patient").at(0).state == DeliveryState::delivered);
  REQUIRE(std::all_of(soc.requests().begin(), soc.requests().end(),
                      [](const auto& request) { return request.id == "patient-1"; }));
}
