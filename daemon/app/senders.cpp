#include "app/senders.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "app/webhooks.hpp"
#include "base/hash.hpp"
#include "io/completion.hpp"
#include "io/http_client.hpp"
#include "notify/notice.hpp"

namespace noci {
namespace {

using boost::asio::awaitable;
using boost::asio::use_awaitable;
constexpr auto as_result = boost::asio::as_tuple(use_awaitable);

/// A sender looks at the outbox this often even when nobody wakes it.
constexpr Duration look_interval = std::chrono::seconds{5};
/// How soon a heartbeat is thought of again where there was none to send.
constexpr Duration pulse_retry = std::chrono::seconds{1};
constexpr Duration no_heartbeat = std::chrono::hours{24};
/// Base32 digits: 130 bits, as of the alerts that rules raise.
constexpr std::size_t alert_id_length = 26;

std::int64_t unix_seconds(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

Senders::Senders(boost::asio::io_context& context, Database& database, DeliveryStatus& status,
                 std::function<TimePoint()> wall_clock, std::shared_ptr<spdlog::logger> log)
    : context_(context),
      database_(database),
      status_(status),
      wall_clock_(std::move(wall_clock)),
      log_(log),
      faults_(std::move(log)) {}

void Senders::replace(std::vector<Webhook> webhooks, const DeliverySettings& settings,
                      const Node& node) {
  settings_ = settings;
  node_ = node;
  std::map<std::string, std::shared_ptr<const Webhook>> wanted;
  for (Webhook& webhook : webhooks) {
    const std::string name = webhook.name;
    wanted[name] = std::make_shared<const Webhook>(std::move(webhook));
  }
  for (auto& [name, sender] : senders_) {
    const auto found = wanted.find(name);
    sender->webhook = found == wanted.end() ? nullptr : found->second;
    sender->heartbeat.cancel();
  }
  retry_now();
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
      boost::asio::co_spawn(context_, send_heartbeats(sender), rethrow);
    }
  }
  after("retire", retire_webhooks(database_, names, wall_clock_()));
  keep_within_limits();
}

void Senders::stop() {
  for (auto& [name, sender] : senders_) {
    sender->webhook = nullptr;
    sender->heartbeat.cancel();
  }
  wake();
  senders_.clear();
}

void Senders::wake() {
  for (auto& [name, sender] : senders_) {
    sender->timer.cancel();
  }
}

void Senders::retry_now() {
  for (auto& [name, sender] : senders_) {
    sender->failures = 0;
    sender->resume_at = {};
  }
  wake();
}

void Senders::keep_within_limits() {
  note_given_up(give_up_excess(database_, {settings_.most_pending, settings_.pending_size},
                               "the outbox is full", wall_clock_()),
                "size");
}

KnownWebhooks Senders::known() const {
  KnownWebhooks known;
  for (const auto& [name, sender] : senders_) {
    known[name] = sender->resume_at;
  }
  return known;
}

std::vector<std::string> Senders::who_wants(const Alert& alert) const {
  std::vector<std::string> names;
  for (const auto& [name, sender] : senders_) {
    if (wants(*sender->webhook, alert)) {
      names.push_back(name);
    }
  }
  return names;
}

awaitable<void> Senders::send_from_outbox(std::shared_ptr<Sender> sender) {
  while (sender->webhook) {
    const Duration sleep = co_await send_next(sender);
    if (sleep > Duration::zero() && sender->webhook) {
      sender->timer.expires_after(sleep);
      co_await sender->timer.async_wait(as_result);
    }
  }
}

awaitable<Duration> Senders::send_next(std::shared_ptr<Sender> sender) {
  const auto webhook = sender->webhook;
  if (const TimePoint now = wall_clock_(); now < sender->resume_at) {
    co_return sender->resume_at - now;
  }
  const auto plan =
      sender->gathering.look(database_, webhook->name, webhook->rate, settings_.digest_from,
                             sender->failures == 0, wall_clock_());
  if (!plan) {
    co_return after("gather", tl::unexpected(plan.error()));
  }
  if (plan->digest) {
    co_return make_digest(*sender, *plan->digest, *plan->before) ? Duration::zero() : look_interval;
  }
  const auto due = next_due(database_, webhook->name, wall_clock_(), plan->before);
  if (!due) {
    faults_.warn("outbox", "event=outbox_unreadable why=" + log_value(due.error().what),
                 wall_clock_());
    co_return look_interval;
  }
  if (!*due) {
    co_return rest(*webhook, *plan);
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

awaitable<void> Senders::send_heartbeats(std::shared_ptr<Sender> sender) {
  while (const auto webhook = sender->webhook) {
    const bool beats = webhook->heartbeat > Duration::zero() && take_pulse_;
    const auto pulse = beats ? take_pulse_() : std::nullopt;
    if (pulse) {
      co_await send_heartbeat(webhook, *pulse);
    }
    sender->heartbeat.expires_after(!beats  ? no_heartbeat
                                    : pulse ? webhook->heartbeat
                                            : pulse_retry);
    if (sender->webhook == webhook) {
      co_await sender->heartbeat.async_wait(as_result);
    }
  }
}

awaitable<void> Senders::send_heartbeat(std::shared_ptr<const Webhook> webhook, Pulse pulse) {
  const TimePoint now = wall_clock_();
  const Alert alert = heartbeat_alert(std::move(pulse), node_, now,
                                      id_of({webhook->name, "heartbeat", format_rfc3339(now)}));
  const auto response = co_await fetch(
      make_request(*webhook, alert.event_id(), payload_json(alert, node_), unix_seconds(now)),
      fetch_options(*webhook));
  const Judgement judgement =
      response ? judge(*response, now) : judge_failure(response.error().what);
  const bool delivered = judgement.verdict == Verdict::delivered;
  WebhookStatus& status = status_.webhooks[webhook->name];
  ++(delivered ? status.heartbeats : status.failed_heartbeats);
  if (!delivered) {
    faults_.warn(
        "heartbeat " + webhook->name,
        "event=heartbeat_failed webhook=" + webhook->name + " why=" + log_value(judgement.why),
        now);
  }
}

std::string Senders::id_of(const std::vector<std::string>& parts) const {
  std::string identity = database_.store_id();
  for (const std::string& part : parts) {
    identity.push_back('\0');
    identity += part;
  }
  const Sha256 hash = sha256(identity);
  return to_base32({reinterpret_cast<const char*>(hash.data()), hash.size()})
      .substr(0, alert_id_length);
}

Duration Senders::rest(const Webhook& webhook, const Gathering::Plan& plan) {
  const auto next = next_time(database_, webhook.name, plan.before);
  const TimePoint now = wall_clock_();
  const Duration due = next && *next ? **next - now : look_interval;
  const Duration held = plan.before ? plan.look_again : look_interval;
  return std::clamp(std::min(due, held), Duration{1}, look_interval);
}

bool Senders::make_digest(Sender& sender, DigestReason reason, TimePoint before) {
  const std::string& name = sender.webhook->name;
  const TimePoint now = wall_clock_();
  auto gathered = gather(database_, name, before, most_in_digest);
  if (!gathered || gathered->ids.empty()) {
    after("gather", gathered ? Result<void>{} : tl::unexpected(gathered.error()));
    return false;
  }
  const std::size_t count = gathered->ids.size();
  gathered->digest.reason = reason;
  std::vector<std::string> identity{name};
  for (const DigestEntry& entry : gathered->digest.entries) {
    identity.push_back(entry.event_id);
  }
  const Alert alert = digest_alert(std::move(gathered->digest), now, id_of(identity));
  const auto added = add_digest(
      database_,
      {name, alert.event_id(), alert.alert_id, alert.sequence, payload_json(alert, node_), now,
       std::string(name_of(alert.level)), "digest", alert.rule_title, alert.summary, false},
      gathered->ids, now);
  after("digest", added);
  if (added) {
    sender.gathering.note_digest();
    WebhookStatus& status = status_.webhooks[name];
    ++status.digests[std::string(name_of(reason))];
    status.gathered += count;
    log_->info("event=digest webhook={} reason={} alerts={} webhook_id={}", name, name_of(reason),
               count, alert.event_id());
    keep_within_limits();
  }
  return added.has_value();
}

Duration Senders::settle(Sender& sender, const Delivery& delivery, const Judgement& judgement) {
  const TimePoint now = wall_clock_();
  WebhookStatus& status = status_.webhooks[delivery.webhook];
  status.last_error = judgement.why;
  switch (judgement.verdict) {
    case Verdict::delivered:
      sender.failures = 0;
      if (!delivery.digest) {
        sender.gathering.note_sent(now);
      }
      ++status.delivered;
      status.last_success = now;
      return after("mark_delivered", mark_delivered(database_, delivery.id, now));
    case Verdict::dead:
      ++status.dead;
      log_->error("event=delivery_dead webhook={} webhook_id={} attempts={} why={}",
                  delivery.webhook, delivery.event_id, delivery.attempts + 1,
                  log_value(judgement.why));
      return after("mark_dead", mark_dead(database_, delivery.id, now, judgement.why));
    default:
      return settle_failure(sender, delivery, judgement);
  }
}

Duration Senders::settle_failure(Sender& sender, const Delivery& delivery,
                                 const Judgement& judgement) {
  const TimePoint now = wall_clock_();
  ++status_.webhooks[delivery.webhook].failed_attempts;
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
  // Only where attempts fail: a clock that jumped ahead gives up nothing that can be delivered.
  note_given_up(give_up_old(database_, delivery.webhook, now - settings_.give_up_after,
                            "not delivered within " + format_duration(settings_.give_up_after) +
                                "; the last attempt: " + judgement.why,
                            now),
                "age");
  return wait;
}

void Senders::note_given_up(const Result<GivenUp>& given_up, const char* reason) {
  if (!given_up) {
    after("give_up", tl::unexpected(given_up.error()));
    return;
  }
  for (const auto& [webhook, count] : *given_up) {
    status_.webhooks[webhook].given_up[reason] += count;
    faults_.warn("given_up " + webhook + reason,
                 "event=alerts_given_up webhook=" + webhook + " reason=" + reason + " deliveries=" +
                     std::to_string(count) + " kept_in=\"noci alerts list --state dead\"",
                 wall_clock_());
  }
}

Duration Senders::after(const std::string& what, const Result<void>& result) {
  if (result) {
    return Duration::zero();
  }
  faults_.warn(what,
               "event=outbox_unwritable doing=" + what + " why=" + log_value(result.error().what),
               wall_clock_());
  return look_interval;
}

}  // namespace noci
