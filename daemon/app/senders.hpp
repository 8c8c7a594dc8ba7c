#pragma once
// One sender for each webhook, on the delivery thread: each sends from the outbox in its own time,
// so a slow, dead, lying or huge-answering receiver holds up neither detection nor the others, and
// costs one request at a time. What cannot be delivered is tried again, and given up by age here;
// by size when the outbox is full. Late and too many events go out in digests (gathering).

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/alert_desk.hpp"
#include "app/gathering.hpp"
#include "app/log.hpp"
#include "app/status.hpp"
#include "model/settings.hpp"
#include "notify/payload.hpp"
#include "notify/webhook.hpp"
#include "store/database.hpp"
#include "store/outbox.hpp"

namespace noci {

class Senders {
 public:
  /// Database and status are the deliverer's and outlive this.
  Senders(boost::asio::io_context& context, Database& database, DeliveryStatus& status,
          std::function<TimePoint()> wall_clock, std::shared_ptr<spdlog::logger> log);

  /// At start and at each reload. What waits for a webhook that is gone becomes dead.
  void replace(std::vector<Webhook> webhooks, const DeliverySettings& settings, const Node& node);
  /// Requests on their way may end; nothing more is sent.
  void stop();
  /// The outbox has changed, or the clock: look now.
  void wake();
  /// An operator knows that the receivers are well again.
  void retry_now();
  /// After something was added to the outbox: what it cannot hold is given up, lowest level first.
  void keep_within_limits();

  /// Asked for each heartbeat; none is sent while it has nothing to say.
  using TakePulse = std::function<std::optional<Pulse>()>;

  void take_pulse_by(TakePulse take) { take_pulse_ = std::move(take); }

  /// No request is on its way.
  [[nodiscard]] bool is_idle() const { return in_flight_ == 0; }

  [[nodiscard]] KnownWebhooks known() const;
  /// The names of those that want it.
  [[nodiscard]] std::vector<std::string> who_wants(const Alert& alert) const;

 private:
  struct Sender {
    explicit Sender(boost::asio::io_context& context) : timer(context), heartbeat(context) {}

    boost::asio::steady_timer timer;
    boost::asio::steady_timer heartbeat;
    std::shared_ptr<const Webhook> webhook;  ///< null: ends
    Gathering gathering;
    int failures = 0;       ///< in a row
    TimePoint resume_at{};  ///< the receiver as a whole is left alone until then
  };

  boost::asio::awaitable<void> send_from_outbox(std::shared_ptr<Sender> sender);
  /// Sends one delivery that is due; gives how long to sleep before the next look.
  boost::asio::awaitable<Duration> send_next(std::shared_ptr<Sender> sender);
  /// For dead-man's switches: sent past the outbox and never again, since the next one follows.
  boost::asio::awaitable<void> send_heartbeats(std::shared_ptr<Sender> sender);
  boost::asio::awaitable<void> send_heartbeat(std::shared_ptr<const Webhook> webhook, Pulse pulse);
  /// How long to sleep before the next look; zero after a digest was made.
  Duration rest(const Webhook& webhook, const Gathering::Plan& plan);
  /// Of an event that no rule raised; the same parts give the same id in one installation.
  [[nodiscard]] std::string id_of(const std::vector<std::string>& parts) const;
  /// Of what happened before. False when nothing came of it.
  bool make_digest(Sender& sender, DigestReason reason, TimePoint before);
  Duration settle(Sender& sender, const Delivery& delivery, const Judgement& judgement);
  Duration settle_failure(Sender& sender, const Delivery& delivery, const Judgement& judgement);
  void note_given_up(const Result<GivenUp>& given_up, const char* reason);
  /// The outbox could not be written: said, and waited for, lest the same row is sent in a loop.
  Duration after(const std::string& what, const Result<void>& result);

  boost::asio::io_context& context_;
  Database& database_;
  DeliveryStatus& status_;
  std::function<TimePoint()> wall_clock_;
  std::shared_ptr<spdlog::logger> log_;
  RepeatedFaults faults_;
  DeliverySettings settings_;
  Node node_;
  TakePulse take_pulse_;
  int in_flight_ = 0;
  std::map<std::string, std::shared_ptr<Sender>> senders_;
  std::minstd_rand random_{std::random_device{}()};  ///< jitter only
};

}  // namespace noci
