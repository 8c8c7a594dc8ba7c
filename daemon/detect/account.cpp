#include "detect/account.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "detect/key.hpp"

namespace noci::detect {
namespace {

/// The index entry at its usual load, the slot, and what malloc adds to a handful of blocks.
constexpr std::size_t overhead = 128;

void save_usual(ByteWriter& out, const UsualState& usual) {
  out.number(usual.warming ? 1 : 0);
  for (const std::int64_t number :
       {std::int64_t{usual.own_days}, usual.own_busiest, usual.own_busy_day,
        std::int64_t{usual.peer_days}, usual.peer_keys, usual.peers}) {
    out.integer(number);
  }
  out.fixed64(std::bit_cast<std::uint64_t>(usual.peer_quantile));
  out.fixed64(std::bit_cast<std::uint64_t>(usual.season));
}

bool load_usual(ByteReader& in, UsualState& usual) {
  usual.warming = in.number() != 0;
  usual.own_days = static_cast<int>(std::clamp<std::int64_t>(in.integer(), 0, learned_days));
  usual.own_busiest = in.integer();
  usual.own_busy_day = in.integer();
  usual.peer_days = static_cast<int>(std::clamp<std::int64_t>(in.integer(), 0, learned_days));
  usual.peer_keys = in.integer();
  usual.peers = in.integer();
  usual.peer_quantile = std::bit_cast<double>(in.fixed64());
  usual.season = std::bit_cast<double>(in.fixed64());
  return in.ok() && std::isfinite(usual.peer_quantile) && std::isfinite(usual.season);
}

void save_limit(ByteWriter& out, const LimitState& limit) {
  out.text(limit.name);
  out.number(static_cast<std::uint64_t>(limit.type));
  out.text(limit.field);
  out.integer(limit.timespan.count());
  out.number(static_cast<std::uint64_t>(limit.compare));
  out.integer(limit.base_limit);
  out.fixed64(std::bit_cast<std::uint64_t>(limit.limit));
  out.fixed64(std::bit_cast<std::uint64_t>(limit.factor));
  out.text(limit.period);
  out.integer(limit.value);
  out.number((limit.breached ? 1U : 0U) | (limit.exact ? 2U : 0U) | (limit.whole > 0 ? 4U : 0U));
  if (limit.whole > 0) {
    out.integer(limit.whole);
  }
  out.fixed64(std::bit_cast<std::uint64_t>(limit.error_pct));
  out.number(limit.steps.size());
  for (const StepState& step : limit.steps) {
    out.text(step.name);
    out.integer(step.count);
    out.number(step.complete ? 1 : 0);
    out.integer(step.first.time_since_epoch().count());
    out.integer(step.last.time_since_epoch().count());
  }
  out.number(limit.usual ? 1 : 0);
  if (limit.usual) {
    save_usual(out, *limit.usual);
  }
  out.number(limit.because.size());
  for (const std::string& reason : limit.because) {
    out.text(reason);
  }
}

bool load_step(ByteReader& in, StepState& step) {
  step.name = in.text();
  step.count = in.integer();
  step.complete = in.number() != 0;
  for (TimePoint* time : {&step.first, &step.last}) {
    const std::int64_t at = in.integer();
    if (at < -furthest_time || at > furthest_time) {
      return false;
    }
    *time = TimePoint(Duration(at));
  }
  return in.ok();
}

bool load_limit(ByteReader& in, LimitState& limit) {
  limit.name = in.text();
  const std::uint64_t type = in.number();
  limit.field = in.text();
  limit.timespan = Duration(in.integer());
  const std::uint64_t compare = in.number();
  limit.base_limit = in.integer();
  limit.limit = std::bit_cast<double>(in.fixed64());
  limit.factor = std::bit_cast<double>(in.fixed64());
  limit.period = in.text();
  limit.value = in.integer();
  const std::uint64_t flags = in.number();
  limit.breached = (flags & 1) != 0;
  limit.exact = (flags & 2) != 0;
  limit.whole = (flags & 4) != 0 ? in.integer() : 0;
  limit.error_pct = std::bit_cast<double>(in.fixed64());
  if (type > static_cast<std::uint64_t>(last_limit_type) || compare > 1 ||
      limit.timespan < Duration::zero() || limit.timespan.count() > furthest_time ||
      !std::isfinite(limit.limit) || !std::isfinite(limit.factor) ||
      !std::isfinite(limit.error_pct)) {
    return false;
  }
  limit.type = static_cast<LimitType>(type);
  limit.compare = static_cast<Compare>(compare);
  const std::uint64_t steps = in.count();
  for (std::uint64_t i = 0; i < steps && in.ok(); ++i) {
    if (!load_step(in, limit.steps.emplace_back())) {
      return false;
    }
  }
  if (in.number() != 0 && !load_usual(in, limit.usual.emplace())) {
    return false;
  }
  const std::uint64_t reasons = in.count();
  for (std::uint64_t i = 0; i < reasons && in.ok(); ++i) {
    limit.because.emplace_back(in.text());
  }
  return in.ok();
}

void save_watch(ByteWriter& out, const Watch& watch) {
  out.number(watch.rule);
  watch.episode.save(out);
  out.integer(watch.due.time_since_epoch().count());
  watch.evidence.save(out);
  out.number(watch.told.size());
  for (const LimitState& limit : watch.told) {
    save_limit(out, limit);
  }
}

bool load_watch(ByteReader& in, const Layout& layout, std::size_t table, Watch& watch) {
  watch.rule = in.number();
  if (watch.rule >= layout.rules.size() || layout.rules[watch.rule].table != table ||
      !watch.episode.load(in)) {
    return false;
  }
  const std::int64_t due = in.integer();
  watch.due = TimePoint(Duration(due));
  if (due < -furthest_time || due > furthest_time || !watch.evidence.load(in)) {
    return false;
  }
  const std::uint64_t told = in.count();
  for (std::uint64_t i = 0; i < told && in.ok(); ++i) {
    if (!load_limit(in, watch.told.emplace_back())) {
      return false;
    }
  }
  return in.ok();
}

bool load_tally(ByteReader& in, const CounterSpec& spec, Tally& tally) {
  if (tally.own) {
    return tally.own->load(in);
  }
  if (tally.steps) {
    return tally.steps->load(in, spec.steps.size());
  }
  if (tally.distinct) {
    return tally.distinct->load(in);
  }
  return tally.sum.load(in);
}

}  // namespace

Tally::Tally(std::size_t index, const CounterSpec& spec) : counter(index) {
  if (spec.type == LimitType::value_count) {
    distinct = std::make_unique<DistinctCounter>(spec.timespans.size());
  } else if (is_sequence(spec.type)) {
    steps = std::make_unique<StepTimes>();
  } else if (spec.type == LimitType::baseline) {
    own = std::make_unique<OwnDays>();
  }
}

DistinctCounter::Answer Tally::value(const PlanCounter& plan, std::size_t span,
                                     TimePoint now) const {
  if (distinct) {
    return distinct->value(plan.spans, span, now);
  }
  if (own) {
    // What is late still belongs to the day that is just over.
    const TimePoint over = start_of_day(own->day() + 1) + plan.spans[span].lateness;
    return {own->has_begun() && now < over ? own->total() : 0, true};
  }
  return {
      steps ? steps->value(plan.steps, plan.spans[span], now) : sum.value(plan.spans[span], now),
      true};
}

TimePoint Tally::falls_to(std::int64_t most, const PlanCounter& plan, std::size_t span,
                          TimePoint now) const {
  if (distinct) {
    return distinct->falls_to(most, plan.spans, span, now);
  }
  if (own) {
    return now;  // its limit changes by the hour
  }
  return steps ? steps->falls_to(most, plan.steps, plan.spans[span], now)
               : sum.falls_to(most, plan.spans[span], now);
}

std::int64_t Tally::bytes() const {
  return static_cast<std::int64_t>(sizeof(Tally) - sizeof(LadderSum)) + sum.bytes() +
         (distinct ? distinct->bytes() : 0) + (steps ? steps->bytes() : 0) +
         (own ? static_cast<std::int64_t>(sizeof(OwnDays)) : 0);
}

std::int64_t Watch::bytes() const {
  std::size_t sum = sizeof(Watch);
  for (const LimitState& limit : told) {
    sum += sizeof(LimitState) + limit.name.size() + limit.field.size();
    for (const StepState& step : limit.steps) {
      sum += sizeof(StepState) + step.name.size();
    }
    for (const std::string& reason : limit.because) {
      sum += sizeof(std::string) + reason.size();
    }
  }
  return static_cast<std::int64_t>(sum) + evidence.bytes();
}

const Tally* Account::tally(std::size_t counter) const {
  for (const Tally& one : tallies) {
    if (one.counter == counter) {
      return &one;
    }
  }
  return nullptr;
}

Watch* Account::watch(std::size_t rule) const {
  for (const auto& one : watches) {
    if (one->rule == rule) {
      return one.get();
    }
  }
  return nullptr;
}

bool Account::has_open_episode() const {
  return std::ranges::any_of(watches, [](const auto& one) { return one->episode.is_open(); });
}

std::int64_t Account::estimated_bytes() const {
  auto sum = static_cast<std::int64_t>(sizeof(Account) + overhead + key.size());
  for (const Tally& one : tallies) {
    sum += one.bytes();
  }
  for (const auto& one : watches) {
    sum += one->bytes();
  }
  return sum;
}

void Account::save(ByteWriter& out) const {
  out.number(table);
  out.text(key);
  out.integer(last_event.time_since_epoch().count());
  out.number(tallies.size());
  for (const Tally& one : tallies) {
    out.number(one.counter);
    if (one.distinct) {
      one.distinct->save(out);
    } else if (one.steps) {
      one.steps->save(out);
    } else if (one.own) {
      one.own->save(out);
    } else {
      one.sum.save(out);
    }
  }
  out.number(watches.size());
  for (const auto& one : watches) {
    save_watch(out, *one);
  }
}

bool Account::load(ByteReader& in, const Layout& layout) {
  const std::uint64_t table_number = in.number();
  key = in.text();
  const std::int64_t last = in.integer();
  if (table_number >= layout.tables.size() ||
      !is_key(key, layout.tables[table_number].group_by.size()) || last < -furthest_time ||
      last > furthest_time) {
    return false;
  }
  table = static_cast<std::uint16_t>(table_number);
  last_event = TimePoint(Duration(last));
  const auto& counters = layout.tables[table].counters;
  const std::uint64_t tally_count = in.count();
  tallies.reserve(std::min<std::size_t>(tally_count, counters.size()));
  for (std::uint64_t i = 0; i < tally_count && in.ok(); ++i) {
    const std::uint64_t counter = in.number();
    if (counter >= counters.size() || tally(counter) != nullptr) {
      return false;
    }
    if (!load_tally(in, counters[counter], tallies.emplace_back(counter, counters[counter]))) {
      return false;
    }
  }
  const std::uint64_t watch_count = in.count();
  for (std::uint64_t i = 0; i < watch_count && in.ok(); ++i) {
    auto one = std::make_unique<Watch>();
    if (!load_watch(in, layout, table, *one) || watch(one->rule) != nullptr) {
      return false;
    }
    watches.push_back(std::move(one));
  }
  return in.ok();
}

}  // namespace noci::detect
