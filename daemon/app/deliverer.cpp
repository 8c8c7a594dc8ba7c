#include "app/deliverer.hpp"

#include <chrono>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include "app/alert_desk.hpp"
#include "app/run_to_end.hpp"
#include "store/alert_list.hpp"

namespace noci {
namespace {

using boost::asio::awaitable;
using boost::asio::use_awaitable;
constexpr auto as_result = boost::asio::as_tuple(use_awaitable);

/// How long to wait before a failed transaction is tried again.
constexpr Duration commit_retry = std::chrono::seconds{1};
/// How often finished rows that are old are forgotten, and after how many new ones.
constexpr Duration prune_interval = std::chrono::hours{1};
constexpr std::size_t prune_after = 500;

}  // namespace

Deliverer::Deliverer(boost::asio::io_context& context, Database database, Node node,
                     std::function<TimePoint()> wall_clock, std::shared_ptr<spdlog::logger> log)
    : context_(context),
      database_(std::move(database)),
      node_(std::move(node)),
      wall_clock_(std::move(wall_clock)),
      log_(log),
      faults_(log),
      senders_(context, database_, status_, wall_clock_, std::move(log)) {
  status_.config_loaded = wall_clock_();
  if (const auto known = list_alerts(database_, {}, 1); known && !known->empty()) {
    const ListedAlert& last = known->front();
    status_.last_alert = format_rfc3339(last.event_time) + " " + last.status + " " + last.level +
                         ": " + last.summary;
  }
}

awaitable<void> Deliverer::run(EffectChannel& effects) {
  while (!has_stopped_) {
    auto [error, effect] = co_await effects.async_receive(as_result);
    auto* commit = error ? nullptr : std::get_if<Commit>(&effect);
    if (commit == nullptr) {
      break;
    }
    take(std::move(*commit));
    // A full disk: detection goes on while there is room to remember what it found.
    while (is_paused()) {
      boost::asio::steady_timer timer(context_, commit_retry);
      co_await timer.async_wait(as_result);
    }
  }
  has_stopped_ = true;
  if (!status_.commit_error.empty()) {
    log_->error("event=commit_lost alerts={} why={} next_start=reads_the_log_again",
                unsaved_.size(), log_value(status_.commit_error));
  }
  senders_.stop();
}

void Deliverer::take(Commit commit) {
  for (Alert& alert : commit.alerts) {
    if (!is_known(alert)) {
      say(alert);
    }
    unsaved_.push_back(std::move(alert));
  }
  const TimePoint begin = wall_clock_();
  const bool holds_state = commit.state.number != 0;
  const auto saved = holds_state ? save_commit(database_, commit.cursors, commit.state,
                                               outbox_items(), begin, commit.vigil)
                                 : save_items(database_, outbox_items(), begin);
  note_saved(begin, saved, holds_state);
  if (holds_state && when_settled_) {
    when_settled_(saved ? std::optional(std::move(commit.cursors)) : std::nullopt);
  }
  if (!unsaved_.empty() && !is_saving_) {
    is_saving_ = true;
    boost::asio::co_spawn(context_, save_alerts(), rethrow);
  }
}

void Deliverer::note_saved(TimePoint begin, const Result<void>& saved, bool with_state) {
  if (!saved) {
    ++status_.commit_failures;
    status_.commit_error = saved.error().what;
    faults_.warn("commit", "event=commit_failed why=" + log_value(saved.error().what), begin);
    return;
  }
  if (with_state) {
    ++status_.commits;
    status_.commit_error.clear();
    status_.last_commit = wall_clock_();
    status_.last_commit_duration = *status_.last_commit - begin;
  }
  const std::size_t alerts = unsaved_.size();
  unsaved_.clear();
  if (alerts > 0) {
    senders_.keep_within_limits();
    senders_.wake();
  }
  tidy_up(alerts);
}

awaitable<void> Deliverer::save_alerts() {
  while (!unsaved_.empty() && !has_stopped_) {
    boost::asio::steady_timer timer(context_, commit_retry);
    co_await timer.async_wait(as_result);
    const TimePoint begin = wall_clock_();
    if (!unsaved_.empty()) {
      note_saved(begin, save_items(database_, outbox_items(), begin), false);
    }
  }
  is_saving_ = false;
}

void Deliverer::tidy_up(std::size_t added) {
  added_since_prune_ += added;
  const TimePoint now = wall_clock_();
  if (now - last_prune_ < prune_interval && added_since_prune_ < prune_after) {
    return;
  }
  last_prune_ = now;
  added_since_prune_ = 0;
  if (const auto pruned = prune(database_, now); !pruned) {
    faults_.warn("prune",
                 "event=outbox_unwritable doing=prune why=" + log_value(pruned.error().what), now);
  }
}

std::vector<OutboxItem> Deliverer::outbox_items() const {
  std::vector<OutboxItem> items;
  for (const Alert& alert : unsaved_) {
    OutboxItem item{"",
                    alert.event_id(),
                    alert.alert_id,
                    alert.sequence,
                    payload_json(alert, node_),
                    alert.timestamp,
                    std::string(name_of(alert.level)),
                    std::string(name_of(alert.status)),
                    alert.rule_title,
                    alert.summary,
                    alert.level == Level::critical || alert.system.has_value()};
    for (std::string& name : senders_.who_wants(alert)) {
      items.push_back(item);
      items.back().webhook = std::move(name);
    }
    // Nobody asked for it, but `noci alerts list` shows it.
    if (items.empty() || items.back().event_id != item.event_id) {
      items.push_back(std::move(item));
    }
  }
  return items;
}

/// From before a crash, after which the log was read again.
bool Deliverer::is_known(const Alert& alert) {
  const std::vector<std::string> webhooks = senders_.who_wants(alert);
  return has_item(database_, webhooks.empty() ? "" : webhooks.front(), alert.event_id());
}

void Deliverer::say(const Alert& alert) {
  // User ids stand in the sentence; the log of a security daemon is as protected as its alerts.
  status_.last_alert = format_rfc3339(alert.timestamp) + " " + std::string(name_of(alert.status)) +
                       " " + std::string(name_of(alert.level)) + ": " + alert.summary;
  log_->warn("event=alert status={} level={} rule={} alert_id={} simulated={} summary={}",
             name_of(alert.status), name_of(alert.level), log_value(alert.rule_title),
             alert.alert_id, alert.simulated, log_value(alert.summary));
}

void Deliverer::replace_webhooks(std::vector<Webhook> webhooks, const DeliverySettings& settings,
                                 const Node& node) {
  node_ = node;
  senders_.replace(std::move(webhooks), settings, node);
}

boost::json::object Deliverer::answer_alerts(const boost::json::object& question) {
  boost::json::object answer =
      noci::answer_alerts(database_, question, senders_.known(), wall_clock_());
  if (answer.contains("deliveries")) {
    log_->info("event=alerts_changed_by_operator question={} deliveries={}",
               log_value(boost::json::serialize(question)),
               boost::json::serialize(answer.at("deliveries")));
    senders_.retry_now();
    senders_.keep_within_limits();
  }
  return answer;
}

void Deliverer::refresh_outbox_counts() {
  const auto counts = count_outbox(database_);
  if (!counts) {
    return;  // the senders say why
  }
  status_.outbox_pending = 0;
  status_.outbox_dead = 0;
  status_.outbox_bytes = 0;
  status_.outbox_oldest.reset();
  for (const OutboxCounts& webhook : *counts) {
    status_.outbox_bytes += static_cast<std::uint64_t>(webhook.bytes);
    status_.outbox_pending += static_cast<std::uint64_t>(webhook.pending);
    status_.outbox_dead += static_cast<std::uint64_t>(webhook.dead);
    if (webhook.oldest && (!status_.outbox_oldest || *webhook.oldest < *status_.outbox_oldest)) {
      status_.outbox_oldest = webhook.oldest;
    }
  }
}

}  // namespace noci
