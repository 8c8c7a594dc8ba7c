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
double limit_in_force(std::int64_t threshold, double factor) {
  const double exact = static_cast<double>(threshold) * factor;
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
  for (const CompiledLimit& one : rule.limits) {
    const Limit& limit = *one.limit;
    const DistinctCounter::Answer answer = measure(one, table, account, now);
    LimitState& state = standing.limits.emplace_back();
    state.type = limit.type;
    state.timespan = limit.timespan;
    state.compare = limit.compare;
    state.base_limit = limit.threshold;
    state.factor = one.scaled ? exception.factor : 1;
    if (rule.schedule && one.scaled) {
      state.factor *= rule.schedule->factor(now, limit.timespan);
    }
    state.limit = limit_in_force(limit.threshold, state.factor);
    state.value = answer.value;
    state.exact = answer.exact;
    state.error_pct = answer.exact ? 0 : SlidingHll::standard_error_pct();
    const auto value = static_cast<double>(state.value);
    state.breached = !exception.exempt &&
                     (limit.compare == Compare::gt ? value > state.limit : value >= state.limit);
    standing.breached = standing.breached || state.breached;
    if (state.breached && rule.decays) {
      standing.steady_until =
          std::max(standing.steady_until, mends_at(one, state, table, account, now));
    }
    standing.ratio = std::max(standing.ratio, ratio_of(state));
  }
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
    } else if (limit.type != LimitType::event_count) {
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
