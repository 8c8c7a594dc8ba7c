#pragma once
// The delivery thread's work: effects become transactions, transactions become requests. What is
// said is written down first, and sent from there (app/senders).

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>

#include "app/effect_channel.hpp"
#include "app/log.hpp"
#include "app/senders.hpp"
#include "app/status.hpp"
#include "model/effect.hpp"
#include "notify/payload.hpp"
#include "store/database.hpp"
#include "store/outbox.hpp"
#include "store/state.hpp"

namespace noci {

class Deliverer {
 public:
  Deliverer(boost::asio::io_context& context, Database database, Node node,
            std::function<TimePoint()> wall_clock, std::shared_ptr<spdlog::logger> log);

  /// `tell` answers each commit that holds a state: with its cursors once it is on the disk, or
  /// with none when it was not kept.
  using Answer = std::function<void(std::optional<std::vector<Cursor>>)>;

  void when_settled(Answer tell) { when_settled_ = std::move(tell); }

  /// Commits effects until Stop, then stops the senders; the outbox keeps what is unsent.
  boost::asio::awaitable<void> run(EffectChannel& effects);

  /// At start and at each reload. What waits for a webhook that is gone becomes dead.
  void replace_webhooks(std::vector<Webhook> webhooks, const DeliverySettings& settings,
                        const Node& node);

  void take_pulse_by(Senders::TakePulse take) { senders_.take_pulse_by(std::move(take)); }

  /// The wall clock has moved in a way that nobody could wait for.
  void look_now() { senders_.wake(); }

  /// The database cannot be written and memory for what must be said is used up.
  [[nodiscard]] bool is_paused() const { return unsaved_.size() >= most_unsaved; }

  /// No request is on its way.
  [[nodiscard]] bool is_idle() const { return senders_.is_idle(); }

  [[nodiscard]] DeliveryStatus& status() { return status_; }

  [[nodiscard]] Database& database() { return database_; }

  /// What `noci alerts` asks (app/alert_desk). What is put back is tried at once.
  [[nodiscard]] boost::json::object answer_alerts(const boost::json::object& question);

  /// Counts of the outbox as of now.
  void refresh_outbox_counts();

 private:
  void take(Commit commit);
  /// Alerts of commits that were not kept: until they are, each second.
  boost::asio::awaitable<void> save_alerts();
  void note_saved(TimePoint begin, const Result<void>& saved, bool with_state);
  [[nodiscard]] std::vector<OutboxItem> outbox_items() const;
  [[nodiscard]] bool is_known(const Alert& alert);
  void say(const Alert& alert);
  /// Forgets what is finished and old, now and then.
  void tidy_up(std::size_t added);

  /// Alerts kept in memory while the database cannot be written. Beyond it reading pauses: the log
  /// itself keeps the rest.
  static constexpr std::size_t most_unsaved = 4096;

  boost::asio::io_context& context_;
  Database database_;
  Node node_;
  std::function<TimePoint()> wall_clock_;
  Answer when_settled_;
  std::shared_ptr<spdlog::logger> log_;
  RepeatedFaults faults_;
  DeliveryStatus status_;
  Senders senders_;
  TimePoint last_prune_{};
  std::size_t added_since_prune_ = 0;
  std::vector<Alert> unsaved_;  ///< received, not yet on disk
  bool is_saving_ = false;      ///< save_alerts runs
  bool has_stopped_ = false;
};

}  // namespace noci
