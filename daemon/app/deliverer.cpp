#include "app/deliverer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include "app/alert_desk.hpp"
#include "app/run_to_end.hpp"
#include "app/webhooks.hpp"
#include "io/http_client.hpp"
#include "store/alert_list.hpp"

namespace noci {
namespace {

using boost::asio::awaitable;
using boost::asio::use_awaitable;
constexpr auto as_result = boost::asio::as_tuple(use_awaitable);

/// A sender looks at the outbox this often even when nobody wakes it.
constexpr Duration look_interval = std::chrono::seconds{5};
/// How long to wait before a failed transaction is tried again.
constexpr Duration commit_retry = std::chrono::seconds{1};
/// How often delivered rows that are old are forgotten.
constexpr Duration prune_interval = std::chrono::hours{1};

std::int64_t unix_seconds(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

Deliverer::Deliverer(boost::asio::io_context& context, Database database, Node node,
                     std::function<TimePoint()> wall_clock, std::shared_ptr<spdlog::logger> log)
    : context_(context),
      database_(std::move(database)),
      node_(std::move(node)),
      wall_clock_(std::move(wall_clock)),
      log_(log),
      faults_(std::move(log)) {
  status_.config_loaded = wall_clock_();
  if (const auto known = list_alerts(database_, {}, 1); known && !known->empty()) {
    const ListedAlert& last = known->front();
    status_.last_alert = format_rfc3339(last.event_time) + " " + last.status + " " + last.level +
                         ": " + last.summary;
  }
}

awaitable<void> Deliverer::run(EffectChannel& effects) {
  bool stopped = false;
  while (!stopped) {
    auto [error, effect] = co_await effects.async_receive(as_result);
    if (error) {
      break;
    }
    if (auto* commit = std::get_if<Commit>(&effect)) {
      for (const Alert& alert : commit->alerts) {
        say(alert);
      }
      pending_.push_back(std::move(*commit));
    } else {
      stopped = true;
    }
    commit_pending();
    // A full disk: detection goes on while there is room to remember what it found.
    while (is_paused() && !stopped) {
      boost::asio::steady_timer timer(context_, commit_retry);
      co_await timer.async_wait(as_result);
      commit_pending();
    }
  }
  if (!pending_.empty()) {
    log_->error("event=commit_lost commits={} why={} next_start=reads_the_log_again",
                pending_.size(), log_value(status_.commit_error));
  }
  stop_senders();
}

void Deliverer::commit_pending() {
  while (!pending_.empty()) {
    Commit& commit = pending_.front();
    const TimePoint begin = wall_clock_();
    const auto saved = save_commit(database_, commit.cursors, commit.state, commit.whole,
                                   outbox_items(commit), begin, commit.vigil);
    if (!saved) {
      ++status_.commit_failures;
      status_.commit_error = saved.error().what;
      faults_.warn("commit", "event=commit_failed why=" + log_value(saved.error().what), begin);
      return;
    }
    const bool alerts = !commit.alerts.empty();
    if (when_committed_) {
      when_committed_(std::move(commit.cursors));
    }
    pending_.pop_front();
    ++status_.commits;
    status_.commit_error.clear();
    status_.last_commit = wall_clock_();
    status_.last_commit_duration = *status_.last_commit - begin;
    if (alerts) {
      wake_senders();
    }
  }
  if (const TimePoint now = wall_clock_(); now - last_prune_ >= prune_interval) {
    last_prune_ = now;
    after("prune", prune(database_, now));
  }
}

std::vector<OutboxItem> Deliverer::outbox_items(const Commit& commit) const {
  std::vector<OutboxItem> items;
  for (const Alert& alert : commit.alerts) {
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
    for (const auto& [name, sender] : senders_) {
      if (wants(*sender->webhook, alert)) {
        items.push_back(item);
        items.back().webhook = name;
      }
    }
    // Nobody asked for it, but `noci status` shows it.
    if (items.empty() || items.back().event_id != item.event_id) {
      items.push_back(std::move(item));
    }
  }
  return items;
}

void Deliverer::say(const Alert& alert) {
  // User ids stand in the sentence; the log of a security daemon is as protected as its alerts.
  status_.last_alert = format_rfc3339(alert.timestamp) + " " + std::string(name_of(alert.status)) +
                       " " + std::string(name_of(alert.level)) + ": " + alert.summary;
  log_->warn("event=alert status={} level={} rule={} alert_id={} simulated={} summary={}",
             name_of(alert.status), name_of(alert.level), log_value(alert.rule_title),
             alert.alert_id, alert.simulated, log_value(alert.summary));
}

void Deliverer::replace_webhooks(std::vector<Webhook> webhooks, const Node& node) {
  node_ = node;
  std::map<std::string, std::shared_ptr<const Webhook>> wanted;
  for (Webhook& webhook : webhooks) {
    const std::string name = webhook.name;
    wanted[name] = std::make_shared<const Webhook>(std::move(webhook));
  }
  for (auto& [name, sender] : senders_) {
    const auto found = wanted.find(name);
    sender->webhook = found == wanted.end() ? nullptr : found->second;
    sender->failures = 0;
    sender->resume_at = {};
  }
  wake_senders();
  std::erase_if(senders_, [](const auto& entry) { return !entry.second->webhook; });
  std::vector<std::string> names;
  for (const auto& [name, webhook] : wanted) {
    names.push_back(name);
    status_.webhooks.try_emplace(name);
    if (!senders_.contains(name)) {
      auto sender = std::make_shared<Sender>(context_);
      sender->webhook = webhook;
      senders_[name] = sender;
      boost::asio::co_spawn(context_, send_from_outbox(sender), rethrow);
    }
  }
  after("retire", retire_webhooks(database_, names, wall_clock_()));
}

void Deliverer::stop_senders() {
  for (auto& [name, sender] : senders_) {
    sender->webhook = nullptr;
  }
  wake_senders();
  senders_.clear();
}

void Deliverer::wake_senders() {
  for (auto& [name, sender] : senders_) {
    sender->timer.cancel();
  }
}

awaitable<void> Deliverer::send_from_outbox(std::shared_ptr<Sender> sender) {
  while (sender->webhook) {
    const Duration sleep = co_await send_next(sender);
    if (sleep > Duration::zero() && sender->webhook) {
      sender->timer.expires_after(sleep);
      co_await sender->timer.async_wait(as_result);
    }
  }
}

awaitable<Duration> Deliverer::send_next(std::shared_ptr<Sender> sender) {
  const auto webhook = sender->webhook;
  if (const TimePoint now = wall_clock_(); now < sender->resume_at) {
    co_return sender->resume_at - now;
  }
  const auto due = next_due(database_, webhook->name, wall_clock_());
  if (!due) {
    faults_.warn("outbox", "event=outbox_unreadable why=" + log_value(due.error().what),
                 wall_clock_());
    co_return look_interval;
  }
  if (!*due) {
    const auto next = next_time(database_, webhook->name);
    const TimePoint now = wall_clock_();
    const bool sooner = next && *next && **next < now + look_interval;
    co_return sooner ? std::max(**next - now, Duration{1}) : look_interval;
  }
  const Delivery delivery = **due;
  ++in_flight_;
  const auto response = co_await fetch(
      make_request(*webhook, delivery.event_id, delivery.payload, unix_seconds(wall_clock_())),
      fetch_options(*webhook));
  --in_flight_;
  co_return settle(
      *sender, delivery,
      response ? judge(*response, wall_clock_()) : judge_failure(response.error().what));
}

Duration Deliverer::settle(Sender& sender, const Delivery& delivery, const Judgement& judgement) {
  const TimePoint now = wall_clock_();
  WebhookStatus& status = status_.webhooks[delivery.webhook];
  const bool too_old = now - delivery.created >= give_up_after;
  if (judgement.verdict == Verdict::delivered) {
    sender.failures = 0;
    ++status.delivered;
    status.last_success = now;
    status.last_error.clear();
    return after("mark_delivered", mark_delivered(database_, delivery.id, now));
  }
  status.last_error = judgement.why;
  if (judgement.verdict == Verdict::dead || too_old) {
    ++status.dead;
    log_->error("event=delivery_dead webhook={} webhook_id={} attempts={} why={}", delivery.webhook,
                delivery.event_id, delivery.attempts + 1, log_value(judgement.why));
    return after("mark_dead", mark_dead(database_, delivery.id, now, judgement.why));
  }
  ++status.failed_attempts;
  ++sender.failures;
  const double jitter = std::uniform_real_distribution<>(0, 1)(random_);
  const Duration wait =
      std::max(judgement.retry_after.value_or(Duration::zero()), backoff(sender.failures, jitter));
  faults_.warn("delivery " + delivery.webhook,
               "event=delivery_failed webhook=" + delivery.webhook +
                   " webhook_id=" + delivery.event_id + " retry_in=" + format_duration(wait) +
                   " why=" + log_value(judgement.why),
               now);
  sender.resume_at = now + wait;
  after("mark_failed", mark_failed(database_, delivery.id, now + wait, judgement.why));
  return wait;
}

Duration Deliverer::after(const std::string& what, const Result<void>& result) {
  if (result) {
    return Duration::zero();
  }
  faults_.warn(what,
               "event=outbox_unwritable doing=" + what + " why=" + log_value(result.error().what),
               wall_clock_());
  return look_interval;
}

boost::json::object Deliverer::answer_alerts(const boost::json::object& question) {
  KnownWebhooks webhooks;
  for (const auto& [name, sender] : senders_) {
    webhooks[name] = sender->resume_at;
  }
  boost::json::object answer = noci::answer_alerts(database_, question, webhooks, wall_clock_());
  if (answer.contains("deliveries")) {
    log_->info("event=alerts_changed_by_operator question={} deliveries={}",
               log_value(boost::json::serialize(question)),
               boost::json::serialize(answer.at("deliveries")));
    for (const auto& [name, sender] : senders_) {
      sender->resume_at = {};
    }
    wake_senders();
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
  status_.outbox_oldest.reset();
  for (const OutboxCounts& webhook : *counts) {
    status_.outbox_pending += static_cast<std::uint64_t>(webhook.pending);
    status_.outbox_dead += static_cast<std::uint64_t>(webhook.dead);
    if (webhook.oldest && (!status_.outbox_oldest || *webhook.oldest < *status_.outbox_oldest)) {
      status_.outbox_oldest = webhook.oldest;
    }
  }
}

}  // namespace noci
