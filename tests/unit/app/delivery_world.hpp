#pragma once
// A deliverer on a clock that only the test moves, with a database in memory and receivers that
// are real sockets (support/peer.hpp) on the same io_context.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "app/deliverer.hpp"
#include "io/completion.hpp"
#include "store/alert_list.hpp"
#include "support/catch.hpp"
#include "support/peer.hpp"
#include "support/store_builder.hpp"

namespace noci::testing {

inline Webhook webhook_to(std::uint16_t port, const std::string& name = "soc") {
  Webhook webhook;
  webhook.name = name;
  webhook.url = {false, "127.0.0.1", port, "/hook"};
  webhook.timeout = std::chrono::seconds{20};
  return webhook;
}

inline Alert alert_at(TimePoint at, const std::string& id, Level level = Level::high,
                      std::uint64_t sequence = 1) {
  Alert alert;
  alert.timestamp = at;
  alert.alert_id = id;
  alert.sequence = sequence;
  alert.level = level;
  alert.rule_id = "rule-1";
  alert.rule_title = "Bulk extraction";
  alert.rule_hash = "none";
  alert.key = {{Field::user_id, "@" + id + ":hs"}};
  alert.first_event = at;
  alert.last_event = at;
  alert.summary = id + " took too much";
  return alert;
}

class DeliveryWorld {
 public:
  DeliveryWorld()
      : log_(std::make_shared<spdlog::logger>(
            "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text_))),
        deliverer_(
            io, open_database(":memory:"), {"node", "hs", "0", "none"}, [this] { return now; },
            log_) {}

  /// Begins to deliver. Once.
  void start(std::vector<Webhook> webhooks, const DeliverySettings& settings = {}) {
    deliverer_.replace_webhooks(std::move(webhooks), settings, {"node", "hs", "0", "none"});
    boost::asio::co_spawn(io, deliverer_.run(effects_), rethrow);
  }

  /// One commit with these alerts, on the disk when this returns.
  void raise(std::vector<Alert> alerts) {
    const std::string last = alerts.back().alert_id;
    Commit commit;
    commit.alerts = std::move(alerts);
    REQUIRE(effects_.try_send(boost::system::error_code{}, Effect{std::move(commit)}));
    until([&] { return !fates(last).empty(); });
  }

  /// Runs what there is to run until it is so.
  template <typename Condition>
  void until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    io.restart();
    while (!condition()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      io.run_one_for(std::chrono::seconds{1});
    }
  }

  /// Moves the clock, lets the senders see it, and runs until nothing is on its way.
  void pass(Duration time) {
    now += time;
    deliverer_.look_now();
    io.restart();
    for (int idle = 0; idle < 2;) {
      idle = io.poll() == 0 && deliverer_.is_idle() ? idle + 1 : 0;
      if (idle == 0) {
        io.run_one_for(std::chrono::milliseconds{1});
      }
    }
  }

  std::vector<AlertDelivery> fates(const std::string& id) {
    AlertFilter filter;
    filter.id = id;
    const auto alerts = list_alerts(database(), filter, 1);
    REQUIRE(alerts);
    return alerts->empty() ? std::vector<AlertDelivery>{} : alerts->front().deliveries;
  }

  std::size_t count(DeliveryState state) {
    AlertFilter filter;
    filter.state = state;
    return list_alerts(database(), filter, 1'000'000)->size();
  }

  Deliverer& deliverer() { return deliverer_; }

  Database& database() { return deliverer_.database(); }

  WebhookStatus& status(const std::string& webhook = "soc") {
    return deliverer_.status().webhooks[webhook];
  }

  std::string log_text() { return log_text_.str(); }

  boost::asio::io_context io{1};
  TimePoint now = wall(0);

 private:
  std::ostringstream log_text_;
  std::shared_ptr<spdlog::logger> log_;
  EffectChannel effects_{io, effect_capacity};
  Deliverer deliverer_;
};

}  // namespace noci::testing
