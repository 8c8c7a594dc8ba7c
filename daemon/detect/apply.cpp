#include <algorithm>

#include "base/hash.hpp"
#include "detect/core.hpp"
#include "detect/key.hpp"

namespace noci {
namespace {

using detect::furthest_time;

/// New keys pay for the sweep: two looks each, so that the table cannot outgrow the living.
constexpr int looks_per_new_key = 2;
/// The coldest of so many is as good as the coldest of all.
constexpr std::size_t eviction_sample = 64;
constexpr int evictions_per_event = 4;
/// A key this near a limit is never evicted.
constexpr double kept_share = 1.0 / 4;
constexpr std::size_t alert_id_length = 26;

}  // namespace

Engine::Core::Core(EngineOptions options, std::shared_ptr<const RuleSet> rules)
    : options_(std::move(options)),
      plan_(std::make_unique<detect::Plan>(std::move(rules), options_.lateness)),
      layout_(plan_->layout),
      accounts_(options_.seed) {
  bind_peers();
}

bool Engine::Core::Due::operator<(const Due& other) const {
  if (at != other.at) {
    return at < other.at;
  }
  return rule != other.rule ? rule < other.rule : account->key < other.account->key;
}

void Engine::Core::apply(const Event& event, std::vector<Alert>& out) {
  settle(out);
  const std::int64_t time = event.timestamp.time_since_epoch().count();
  if (time < -furthest_time / 2 || time > furthest_time / 2) {
    ++stats_.clamped_times;  // sums of such times would overflow
    return;
  }
  run_due(std::max(now_, event.timestamp), out);
  now_ = std::max(now_, event.timestamp);
  collect_touches(event);
  if (touches_.empty()) {
    return;
  }
  const std::size_t first_alert = out.size();
  for (std::size_t first = 0; first < touches_.size();) {
    std::size_t last = first;
    while (last < touches_.size() && touches_[last].table == touches_[first].table) {
      ++last;
    }
    count(event, first, last, out);
    first = last;
  }
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(first_alert), out.end(),
            [](const Alert& a, const Alert& b) { return a.rule_id < b.rule_id; });
  keep_budget();
}

void Engine::Core::collect_touches(const Event& event) {
  touches_.clear();
  prints_known_ = 0;
  const detect::ShapeFeeds& feeds = plan_->feeds_of(event);
  const detect::Look look(event);
  matches_.clear();
  for (const std::uint16_t select : feeds.open) {
    matches_.push_back(plan_->selects[select].select.matches(look));
  }
  for (const auto& [feed, open] : feeds.entries) {
    if (open != detect::ShapeFeeds::certain && !matches_[open]) {
      continue;
    }
    Touch touch{feed.table, feed.counter, 1, 0, feed.step};
    if (feed.type == LimitType::value_sum) {
      const auto number = event.number(feed.field);
      if (!number) {
        continue;
      }
      touch.amount = std::max(*number, std::int64_t{0});
    } else if (feed.type == LimitType::value_count) {
      const auto print = print_of(event, feed.field);
      if (!print) {
        continue;
      }
      touch.print = *print;
    }
    touches_.push_back(touch);
  }
}

/// Of a value to be told apart; unset when the event lacks it.
std::optional<std::uint64_t> Engine::Core::print_of(const Event& event, Field field) {
  std::uint64_t& known = prints_[static_cast<std::size_t>(field)];
  if ((prints_known_ & detect::bit_of(field)) == 0) {
    const auto number = is_number(field) ? event.number(field) : std::nullopt;
    const std::string digits = number ? std::to_string(*number) : std::string();
    const std::string_view value = number ? digits : event.text(field);
    if (value.empty()) {
      return std::nullopt;
    }
    known = siphash(value, options_.seed);
    prints_known_ |= detect::bit_of(field);
  }
  return known;
}

void Engine::Core::count(const Event& event, std::size_t first, std::size_t last,
                         std::vector<Alert>& out) {
  const std::size_t table = touches_[first].table;
  const detect::PlanTable& plan = plan_->tables[table];
  if (!detect::make_key(event, layout_.tables[table].group_by, key_)) {
    ++stats_.missing_group_field;
    return;
  }
  if (event.timestamp < now_ - plan.horizon) {
    ++stats_.late_events;
    return;
  }
  Account* known = accounts_.find(table, key_);
  if (known == nullptr) {
    sweep();
    known = &accounts_.add(table, key_);
    known->last_event = event.timestamp;
  }
  Account& account = *known;
  accounts_.mark_dirty(account);
  reviews_.clear();
  for (std::size_t i = first; i < last; ++i) {
    tally_up(account, touches_[i], event.timestamp);
  }
  account.last_event = std::max(account.last_event, event.timestamp);
  if (options_.observer) {
    observe(event, first, last, account);
  }
  std::ranges::sort(reviews_);
  reviews_.erase(std::unique(reviews_.begin(), reviews_.end()), reviews_.end());
  for (const std::size_t rule : reviews_) {
    review_event(rule, account, event, out);
  }
}

/// For options.observer: where the account stands by the rules that the event counted for.
void Engine::Core::observe(const Event& event, std::size_t first, std::size_t last,
                           const Account& account) {
  const std::size_t table = touches_[first].table;
  std::vector<std::size_t> rules;
  for (std::size_t i = first; i < last; ++i) {
    const auto& fed = plan_->tables[table].counters[touches_[i].counter].rules;
    rules.insert(rules.end(), fed.begin(), fed.end());
  }
  std::ranges::sort(rules);
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  for (const std::size_t rule : rules) {
    detect::CompiledRule& compiled = plan_->rules[rule];
    const detect::Exception exception =
        exception_for(compiled, layout_.tables[table].group_by, account.key, now_);
    if (!exception.exempt) {
      const detect::Standing standing =
          stand(compiled, plan_->tables[table], account, now_, exception);
      options_.observer({*compiled.rule, account.key, event.timestamp, standing.limits});
    }
  }
}

void Engine::Core::review_event(std::size_t rule, Account& account, const Event& event,
                                std::vector<Alert>& out) {
  detect::CompiledRule& compiled = plan_->rules[rule];
  const detect::PlanTable& table = plan_->tables[compiled.table];
  Watch* watch = account.watch(rule);
  const bool open = watch != nullptr && watch->episode.is_open();
  if (!open) {
    const bool stale = watch != nullptr && watch->evidence.last_event() < now_ - compiled.horizon;
    const bool near = is_near(compiled, table, account, now_);
    if (watch != nullptr && (stale || !near)) {
      drop_watch(account, rule);
      watch = nullptr;
    }
    if (!near) {
      return;
    }
  }
  const detect::Exception exception =
      exception_for(compiled, layout_.tables[compiled.table].group_by, account.key, now_);
  if (exception.exempt && !open) {
    drop_watch(account, rule);
    return;
  }
  std::int64_t before = 0;
  if (watch == nullptr) {
    watch = account.watches.emplace_back(std::make_unique<Watch>()).get();
    watch->rule = rule;
  } else {
    before = watch->bytes();
  }
  watch->evidence.add(event, compiled.evidence);
  accounts_.weigh(account, account.bytes + watch->bytes() - before);
  read_episode(rule, account, *watch, exception, true, now_, out);
}

void Engine::Core::read_episode(std::size_t rule, Account& account, Watch& watch,
                                const detect::Exception& exception, bool by_event, TimePoint at,
                                std::vector<Alert>& out) {
  detect::CompiledRule& compiled = plan_->rules[rule];
  detect::Standing standing =
      stand(compiled, plan_->tables[compiled.table], account, at, exception);
  const bool was_open = watch.episode.is_open();
  const std::int64_t before = watch.bytes();
  const auto status = watch.episode.read({at, standing.breached, standing.ratio, by_event},
                                         compiled.rule->alert, compiled.rule->level);
  if (was_open) {
    due_.erase({watch.due, rule, &account});
  }
  if (!was_open && watch.episode.is_open()) {
    watch.episode.set_number(begin_episode(rule, account));
  }
  if (status) {
    name_limits(compiled, plan_->tables[compiled.table], account, at, exception, standing.limits);
    watch.told = std::move(standing.limits);
    Alert& alert = out.emplace_back(make_alert(account, watch, *status, at));
    alert.evidence = watch.evidence.evidence(compiled.evidence);
    alert.summary = summarise(alert, compiled.words);
    if (*status == AlertStatus::firing || *status == AlertStatus::escalated) {
      ++stats_.alerts[{alert.rule_id, alert.level}];
    }
  }
  if (watch.episode.is_open()) {
    freeze(rule, account, at);
    watch.due = watch.episode.next_reading(at, standing.steady_until, compiled.rule->alert,
                                           compiled.decays);
    due_.insert({watch.due, rule, &account});
  }
  accounts_.weigh(account, account.bytes + watch.bytes() - before);
  accounts_.mark_dirty(account);
  if (status == AlertStatus::resolved) {
    drop_watch(account, rule);
  }
}

void Engine::Core::advance(TimePoint watermark, std::vector<Alert>& out) {
  settle(out);
  const std::int64_t time = watermark.time_since_epoch().count();
  if (time < -furthest_time / 2 || time > furthest_time / 2) {
    return;
  }
  run_due(watermark, out);
  closed_until_ = std::max(closed_until_, watermark);
}

void Engine::Core::run_due(TimePoint until, std::vector<Alert>& out) {
  while (!due_.empty() && due_.begin()->at <= until) {
    const Due due = *due_.begin();
    due_.erase(due_.begin());
    Watch& watch = *due.account->watch(due.rule);
    const TimePoint at = std::max(due.at, now_);
    const detect::Exception exception = exception_for(
        plan_->rules[due.rule], layout_.tables[due.account->table].group_by, due.account->key, at);
    read_episode(due.rule, *due.account, watch, exception, false, at, out);
  }
}

void Engine::Core::drop_watch(Account& account, std::size_t rule) {
  const auto found =
      std::ranges::find_if(account.watches, [&](const auto& watch) { return watch->rule == rule; });
  if (found != account.watches.end()) {
    accounts_.weigh(account, account.bytes - (*found)->bytes());
    account.watches.erase(found);
  }
}

void Engine::Core::sweep() {
  for (int i = 0; i < looks_per_new_key && accounts_.size() > 0; ++i) {
    Account& account = accounts_.walk();
    if (!account.has_open_episode() &&
        account.last_event < now_ - plan_->tables[account.table].horizon) {
      accounts_.remove(account);
    }
  }
}

void Engine::Core::keep_budget() {
  for (int i = 0; i < evictions_per_event && accounts_.memory() > options_.memory_budget; ++i) {
    Account* coldest = nullptr;
    for (std::size_t j = 0; j < std::min(eviction_sample, accounts_.size()); ++j) {
      Account& account = accounts_.walk();
      if ((coldest == nullptr || account.last_event < coldest->last_event) && may_evict(account)) {
        coldest = &account;
      }
    }
    if (coldest == nullptr) {
      return;
    }
    accounts_.remove(*coldest);
    ++stats_.evicted_keys;
  }
}

bool Engine::Core::may_evict(const Account& account) const {
  const detect::PlanTable& table = plan_->tables[account.table];
  return !account.has_open_episode() && std::ranges::none_of(table.rules, [&](std::size_t rule) {
    return is_used(plan_->rules[rule], table, account, now_, kept_share);
  });
}

Alert Engine::Core::make_alert(const Account& account, const Watch& watch, AlertStatus status,
                               TimePoint at) const {
  const detect::RuleInfo& info = layout_.rules[watch.rule];
  Alert alert;
  alert.status = status;
  alert.resolve_reason = status == AlertStatus::resolved ? "below_limit" : "";
  alert.timestamp = at;
  ByteWriter identity;
  identity.text(options_.store_id);
  identity.text(info.id);
  identity.text(account.key);
  identity.number(watch.episode.number());
  const Sha256 hash = sha256(identity.bytes());
  alert.alert_id = to_base32({reinterpret_cast<const char*>(hash.data()), hash.size()})
                       .substr(0, alert_id_length);
  alert.sequence = watch.episode.sequence();
  alert.level = watch.episode.level();
  alert.simulated = info.simulated;
  alert.rule_id = info.id;
  alert.rule_title = info.title;
  alert.rule_hash = info.hash;
  alert.rule_status = info.status;
  alert.tags = info.tags;
  alert.falsepositives = info.falsepositives;
  alert.runbook = info.runbook;
  alert.homeserver = detect::homeserver_of(account.key);
  alert.key = detect::key_values(account.key, layout_.tables[account.table].group_by);
  alert.limits = watch.told;
  alert.first_event = watch.evidence.first_event();
  alert.last_event = watch.evidence.last_event();
  return alert;
}

std::uint64_t Engine::Core::begin_episode(std::size_t rule, const Account& account) {
  ByteWriter identity;
  identity.text(layout_.rules[rule].id);
  identity.text(account.key);
  const std::uint64_t print = siphash(identity.bytes(), options_.seed);
  begun_dirty_.push_back(print);
  return ++begun_[print];
}

const EngineStats& Engine::Core::stats() {
  stats_.keys = accounts_.size();
  stats_.memory_bytes = static_cast<std::uint64_t>(accounts_.memory());
  stats_.open_episodes = due_.size();
  return stats_;
}

std::vector<KeyStatus> Engine::Core::why(std::string_view key_value) {
  std::vector<KeyStatus> all;
  if (!settled_) {
    return all;
  }
  for (std::size_t slot = 0; slot < accounts_.size(); ++slot) {
    const Account& account = accounts_.at(slot);
    const auto& group_by = layout_.tables[account.table].group_by;
    const auto key = detect::key_values(account.key, group_by);
    if (std::ranges::none_of(key, [&](const auto& part) { return part.second == key_value; })) {
      continue;
    }
    for (const std::size_t rule : plan_->tables[account.table].rules) {
      detect::CompiledRule& compiled = plan_->rules[rule];
      const Watch* watch = account.watch(rule);
      const detect::Exception exception = exception_for(compiled, group_by, account.key, now_);
      const detect::PlanTable& table = plan_->tables[account.table];
      auto limits = stand(compiled, table, account, now_, exception).limits;
      name_limits(compiled, table, account, now_, exception, limits);
      all.push_back({layout_.rules[rule].id, layout_.rules[rule].title, key, std::move(limits),
                     watch != nullptr && watch->episode.is_open()});
    }
  }
  std::ranges::sort(all, [](const KeyStatus& a, const KeyStatus& b) {
    return a.rule_id != b.rule_id ? a.rule_id < b.rule_id : a.key < b.key;
  });
  return all;
}

}  // namespace noci
