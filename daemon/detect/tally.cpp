#include <algorithm>
#include <cmath>

#include "detect/core.hpp"

namespace noci {
namespace {

using detect::furthest_time;

/// How much more can be added before any limit can be near: values only fall by themselves.
std::int64_t slack_of(const detect::Tally& tally, const detect::PlanCounter& counter,
                      TimePoint now) {
  double slack = static_cast<double>(furthest_time);
  for (std::size_t i = 0; i < counter.spans.size() && slack > 0; ++i) {
    const auto value = static_cast<double>(tally.value(counter, i, now).value);
    slack = std::min(slack, std::ceil(counter.watch_from[i] - value));
  }
  return static_cast<std::int64_t>(slack);
}

}  // namespace

detect::Tally& Engine::Core::tally_of(Account& account, std::size_t counter) {
  const auto found = std::ranges::find(account.tallies, counter, &detect::Tally::counter);
  if (found != account.tallies.end()) {
    return *found;
  }
  detect::Tally& made =
      account.tallies.emplace_back(counter, layout_.tables[account.table].counters[counter]);
  accounts_.weigh(account, account.bytes + made.bytes());
  return made;
}

void Engine::Core::want_review(Account& account, const detect::PlanCounter& counter, bool near) {
  if (!near && account.watches.empty()) {
    return;
  }
  for (const std::size_t rule : counter.rules) {
    if (near || account.watch(rule) != nullptr) {
      reviews_.push_back(rule);
    }
  }
}

void Engine::Core::tally_up(Account& account, const Touch& touch, TimePoint at) {
  const detect::PlanCounter& counter = plan_->tables[touch.table].counters[touch.counter];
  detect::Tally& tally = tally_of(account, touch.counter);
  if (tally.distinct && tally.distinct->is_repeat(counter.spans, at, touch.print) &&
      tally.slack > 0 && counter.baselines.empty()) {
    want_review(account, counter, false);
    return;
  }
  const std::int64_t before = tally.bytes();
  std::int64_t amount = touch.amount;
  std::int64_t at_least = 0;  // of the day, where its values are too many to tell
  if (tally.distinct) {
    const auto added = tally.distinct->add(counter.spans, counter.cap, now_, at, touch.print);
    const bool seen_today = added.before && detect::day_of(*added.before) >= detect::day_of(at);
    amount = added.counted && !seen_today ? 1 : 0;
  } else if (tally.steps) {
    tally.steps->add(counter.steps, counter.spans, now_, at, touch.step);
    tally.slack = 0;  // one late event can complete several steps
  } else {
    tally.sum.add(counter.spans, now_, at, touch.amount);
  }
  accounts_.weigh(account, account.bytes + tally.bytes() - before);
  tally.slack = detect::saturating_add(tally.slack, -touch.amount);
  if (tally.slack <= 0) {
    tally.slack = slack_of(tally, counter, now_);
  }
  want_review(account, counter, tally.slack <= 0);
  if (counter.baselines.empty()) {
    return;
  }
  for (std::size_t i = 0; tally.distinct && i < counter.spans.size(); ++i) {
    if (counter.spans[i].timespan == std::chrono::days{1}) {
      const auto day = tally.value(counter, i, now_);
      at_least = day.exact ? 0 : day.value;
    }
  }
  for (const std::size_t baseline : counter.baselines) {
    learn(account, baseline, at, amount, at_least);
  }
}

/// A key did so much more on the day of `at`; on an earlier one that makes no difference any more.
void Engine::Core::learn(Account& account, std::size_t index, TimePoint at, std::int64_t amount,
                         std::int64_t at_least) {
  const detect::PlanCounter& counter = plan_->tables[account.table].counters[index];
  detect::OwnDays& own = *tally_of(account, index).own;
  const std::int64_t day = detect::day_of(at);
  if (!own.has_begun() || day >= own.day()) {
    own.begin_day(day);
    const std::int64_t before = own.total();
    own.set_total(std::max(detect::saturating_add(before, amount), at_least));
    if (!own.is_frozen()) {
      counter.peers->move(day, before, own.total(), counter.baseline->quantile);
    }
    if (own.enter_hour(at)) {
      counter.peers->enter_hour(at);
    }
  }
  want_review(account, counter, static_cast<double>(own.total()) >= counter.watch_from.back());
}

/// A day on which the rule fires is no example of what is usual.
void Engine::Core::freeze(std::size_t rule, const Account& account, TimePoint at) {
  const detect::CompiledRule& compiled = plan_->rules[rule];
  for (const detect::CompiledLimit& limit : compiled.limits) {
    const detect::Tally* tally = account.tally(limit.counter);
    if (tally == nullptr || !tally->own || tally->own->is_frozen() ||
        tally->own->day() != detect::day_of(at)) {
      continue;
    }
    const detect::PlanCounter& counter = plan_->tables[compiled.table].counters[limit.counter];
    tally->own->freeze();
    counter.peers->move(tally->own->day(), tally->own->total(), 0, counter.baseline->quantile);
  }
}

}  // namespace noci
