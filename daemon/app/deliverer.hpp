#pragma once
// The delivery thread's work: effects become transactions, transactions become requests. What is
// said is written down first; each webhook sends from the outbox in its own time, so a slow, dead
// or lying receiver holds up neither detection nor the other webhooks.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>

#include "app/effect_channel.hpp"
#include "app/log.hpp"
#include "app/status.hpp"
#include "model/effect.hpp"
#include "notify/payload.hpp"
#include "notify/webhook.hpp"
#include "store/database.hpp"
#include "store/outbox.hpp"
#include "store/state.hpp"

namespace noci {

class Deliverer {
 public:
  Deliverer(boost::asio::io_context& context, Database database, Node node,
            std::function<TimePoint()> wall_clock, std::shared_ptr<spdlog::logger> log);

  /// `tell` is called with the cursors of each commit once it is on the disk.
  void when_committed(std::function<void(std::vector<Cursor>)> tell) {
    when_committed_ = std::move(tell);
  }

  /// Commits effects until Stop, then stops the senders; the outbox keeps what is unsent.
  boost::asio::awaitable<void> run(EffectChannel& effects);

  /// At start and at each reload. What waits for a webhook that is gone becomes dead.
  void replace_webhooks(std::vector<Webhook> webhooks, const Node& node);

  /// The database cannot be written and memory for what it should hold is used up.
  [[nodiscard]] bool is_paused() const { return pending_.size() >= most_pending; }

  /// No request is on its way.
  [[nodiscard]] bool is_idle() const { return in_flight_ == 0; }

  [[nodiscard]] DeliveryStatus& status() { return status_; }

  /// What `noci alerts` asks (app/alert_desk). What is put back is tried at once.
  [[nodiscard]] boost::json::object answer_alerts(const boost::json::object& question);

  /// Counts of the outbox as of now.
  void refresh_outbox_counts();

 private:
  /// One webhook's sender: it sleeps until something may be due.
  struct Sender {
    explicit Sender(boost::asio::io_context& context) : timer(context) {}

    boost::asio::steady_timer timer;
    std::shared_ptr<const Webhook> webhook;  ///< null: ends
    int failures = 0;                        ///< in a row
    TimePoint resume_at{};                   ///< the receiver as a whole is left alone until then
  };

  boost::asio::awaitable<void> send_from_outbox(std::shared_ptr<Sender> sender);
  /// Sends one delivery that is due; gives how long to sleep before the next look.
  boost::asio::awaitable<Duration> send_next(std::shared_ptr<Sender> sender);
  Duration settle(Sender& sender, const Delivery& delivery, const Judgement& judgement);
  void commit_pending();
  [[nodiscard]] std::vector<OutboxItem> outbox_items(const Commit& commit) const;
  void say(const Alert& alert);
  void wake_senders();
  void stop_senders();
  /// The outbox could not be written: said, and waited for, lest the same row is sent in a loop.
  Duration after(const std::string& what, const Result<void>& result);

  /// Commits kept in memory while the database cannot be written. Beyond it reading pauses: the
  /// log itself keeps the rest.
  static constexpr std::size_t most_pending = 512;

  boost::asio::io_context& context_;
  Database database_;
  Node node_;
  std::function<TimePoint()> wall_clock_;
  std::function<void(std::vector<Cursor>)> when_committed_;
  std::shared_ptr<spdlog::logger> log_;
  RepeatedFaults faults_;
  DeliveryStatus status_;
  int in_flight_ = 0;
  TimePoint last_prune_{};
  std::deque<Commit> pending_;  ///< received, not yet on disk
  std::map<std::string, std::shared_ptr<Sender>> senders_;
  std::minstd_rand random_{std::random_device{}()};  ///< jitter only
};

}  // namespace noci
