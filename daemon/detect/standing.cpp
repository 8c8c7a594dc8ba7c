#include "detect/standing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "detect/key.hpp"

namespace noci::detect {
namespace {

DistinctCounter::Answer measure(const CompiledLimit& limit, const PlanTable& table,
                                const Account& account, TimePoint now) {
  const Tally* tally = account.tally(limit.counter);
  if (tally == nullptr) {
    return {};
  }
  return tally->value(table.counters[limit.counter], limit.span, now);
}

/// Rounded to a millionth, so that 20 × 0.3 is 6 and the sixth room does not break "more than 6".
double limit_in_force(double threshold, double factor) {
  const double exact = threshold * factor;
  return exact < 1e9 ? std::round(exact * 1e6) / 1e6 : exact;
}

/// When a broken limit will be kept again, if nothing happens and the limit stays what it is.
TimePoint mends_at(const CompiledLimit& limit, const LimitState& state, const PlanTable& table,
                   const Account& account, TimePoint now) {
  const Tally* tally = account.tally(limit.counter);
  if (tally == nullptr || state.limit > 9e18) {
    return now;
  }
  const std::int64_t most = state.compare == Compare::gt
                                ? static_cast<std::int64_t>(std::floor(state.limit))
                                : static_cast<std::int64_t>(std::ceil(state.limit)) - 1;
  return tally->falls_to(most, table.counters[limit.counter], limit.span, now);
}

/// What is known of the steps of a sequence.
std::vector<StepState> story_of(const CompiledLimit& limit, const PlanTable& table,
                                const Account& account, TimePoint now) {
  std::vector<StepState> steps;
  const PlanCounter& counter = table.counters[limit.counter];
  const Tally* tally = account.tally(limit.counter);
  const auto done = tally == nullptr
                        ? std::vector<StepTimes::Done>(counter.steps.counts.size())
                        : tally->steps->story(counter.steps, counter.spans[limit.span], now);
  for (std::size_t i = 0; i < done.size(); ++i) {
    const SequenceStep& step = limit.limit->steps[i];
    steps.push_back({step.select_text, step.count, done[i].complete, done[i].first, done[i].last});
  }
  return steps;
}

/// Days on which a key did anything before its own past says something.
constexpr int fewest_own_days = 3;

UsualState usual_of(const CompiledLimit& limit, const PlanTable& table, const Account& account,
                    TimePoint now) {
  const PlanCounter& counter = table.counters[limit.counter];
  const Baseline& asked = *counter.baseline;
  const Tally* tally = account.tally(limit.counter);
  UsualState state;
  if (tally == nullptr || !tally->own->has_begun()) {
    state.warming = true;
    return state;
  }
  const std::int64_t warm_up = asked.warm_up / std::chrono::days{1};
  const OwnDays::Usual own = tally->own->usual();
  const PeerDays::Usual peers = counter.peers->usual(tally->own->day(), asked.quantile);
  state.own_days = own.days;
  if (own.days >= fewest_own_days && own.age >= warm_up) {
    state.own_busiest = own.busiest;
    state.own_busy_day = own.busy_day;
  }
  state.peer_days = peers.days;
  state.peer_keys = peers.keys;
  if (peers.days >= warm_up && peers.keys >= asked.fewest_peers) {
    state.peers = peers.total;
    const auto count = static_cast<double>(peers.keys);
    state.peer_quantile = std::ceil(asked.quantile * count) >= count ? 1 : asked.quantile;
  }
  state.season = asked.seasonal ? counter.peers->season(tally->own->day(), now) : 1;
  state.warming =
      (asked.own == 0 || state.own_busy_day == 0) && (asked.peers == 0 || state.peers == 0);
  return state;
}

/// What a baseline allows before factors: what is usual, and never less than its floor.
double allowed_by(const UsualState& usual, const Limit& limit) {
  const double own = limit.baseline->own * static_cast<double>(usual.own_busy_day);
  const double peers = limit.baseline->peers * static_cast<double>(usual.peers);
  return std::max({static_cast<double>(limit.threshold), own * usual.season, peers * usual.season});
}

double ratio_of(const LimitState& state) {
  if (state.limit > 0) {
    return static_cast<double>(state.value) / state.limit;
  }
  return state.value > 0 ? std::numeric_limits<double>::infinity() : 0;
}

}  // namespace

Exception exception_for(const CompiledRule& rule, const std::vector<Field>& group_by,
                        const std::string& key, TimePoint now) {
  if (rule.overrides.empty()) {
    return {};
  }
  Event event = key_as_event(key, group_by);
  event.timestamp = now;
  const Look look(event);
  for (const CompiledOverride& one : rule.overrides) {
    if (!one.impossible && (!one.until || now < *one.until) &&
        std::ranges::all_of(one.match, [&](const CompiledPredicate& predicate) {
          return predicate.matches(look);
        })) {
      return {one.exempt, one.factor.value_or(1)};
    }
  }
  return {};
}

bool is_near(const CompiledRule& rule, const PlanTable& table, const Account& account,
             TimePoint now) {
  return std::ranges::any_of(rule.limits, [&](const CompiledLimit& limit) {
    return static_cast<double>(measure(limit, table, account, now).value) >= limit.watch_from;
  });
}

bool is_used(const CompiledRule& rule, const PlanTable& table, const Account& account,
             TimePoint now, double share) {
  return std::ranges::any_of(rule.limits, [&](const CompiledLimit& limit) {
    const double least = static_cast<double>(limit.limit->threshold) * rule.least_factor;
    return static_cast<double>(measure(limit, table, account, now).value) >=
           (limit.scaled ? share * least : limit.watch_from);
  });
}

Standing stand(CompiledRule& rule, const PlanTable& table, const Account& account, TimePoint now,
               const Exception& exception) {
  Standing standing;
  standing.steady_until = now;
  standing.limits.reserve(rule.limits.size());
  double conditional = 1;
  std::vector<std::string> because;
  TimePoint factors_until(Duration{furthest_time});
  for (const CompiledFactor& one : rule.factors) {
    const Tally* tally = account.tally(one.counter);
    const PlanCounter& counter = table.counters[one.counter];
    if (tally != nullptr && tally->value(counter, one.span, now).value > 0) {
      conditional *= one.factor->by;
      because.push_back(one.factor->when_text);
      factors_until = std::min(factors_until, tally->falls_to(0, counter, one.span, now));
    }
  }
  for (const CompiledLimit& one : rule.limits) {
    const Limit& limit = *one.limit;
    const DistinctCounter::Answer answer = measure(one, table, account, now);
    LimitState& state = standing.limits.emplace_back();
    state.type = limit.type;
    state.timespan = limit.timespan;
    state.compare = limit.compare;
    state.base_limit = limit.threshold;
    state.whole = limit.whole;
    state.factor = one.scaled ? exception.factor * conditional : 1;
    state.because = one.scaled ? because : std::vector<std::string>();
    if (rule.schedule && one.scaled) {
      state.factor *= rule.schedule->factor(now, limit.timespan);
    }
    double threshold = static_cast<double>(limit.threshold);
    if (limit.baseline) {
      state.usual = usual_of(one, table, account, now);
      threshold = allowed_by(*state.usual, limit);
    }
    state.limit = limit_in_force(threshold, state.factor);
    state.value = answer.value;
    state.exact = answer.exact;
    state.error_pct = answer.exact ? 0 : SlidingHll::standard_error_pct();
    const auto value = static_cast<double>(state.value);
    const bool silent = exception.exempt || (state.usual && state.usual->warming);
    state.breached =
        !silent && (limit.compare == Compare::gt ? value > state.limit : value >= state.limit);
    standing.breached = standing.breached || state.breached;
    if (state.breached && rule.decays) {
      standing.steady_until =
          std::max(standing.steady_until, mends_at(one, state, table, account, now));
    }
    standing.ratio = std::max(standing.ratio, silent ? 0 : ratio_of(state));
  }
  standing.steady_until = std::min(standing.steady_until, factors_until);
  return standing;
}

void name_limits(CompiledRule& rule, const PlanTable& table, const Account& account, TimePoint now,
                 const Exception& exception, std::vector<LimitState>& limits) {
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const CompiledLimit& one = rule.limits[i];
    const Limit& limit = *one.limit;
    LimitState& state = limits[i];
    state.name = limit.name;
    if (is_sequence(limit.type)) {
      state.steps = story_of(one, table, account, now);
    } else if ((limit.baseline ? limit.baseline->of : limit.type) != LimitType::event_count) {
      state.field = name_of(limit.field);
    }
    if (exception.exempt) {
      state.period = "exempt";
    } else if (rule.schedule && one.scaled) {
      state.period = rule.schedule->period(now);
    }
  }
}

}  // namespace noci::detect
