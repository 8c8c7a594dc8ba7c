#include "detect/plan.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "base/hash.hpp"

namespace noci::detect {
namespace {

/// Evidence and full judgement begin here: early enough that an alert can say how it came about,
/// late enough that the many quiet keys cost nothing.
constexpr double watch_share = 1.0 / 8;
/// The floor of a baseline is what many keys do each day.
constexpr double baseline_watch_share = 1.0 / 2;
/// Clients choose what is in their requests: shapes that are kept, some hundred in practice.
constexpr std::size_t most_shapes = 1024;
constexpr std::int64_t smallest_cap = 1024;
/// A baseline has no highest limit; a day of more values is estimated.
constexpr std::int64_t fewest_learned_values = 8192;
/// 24 MB for one key: a limit beyond half of this is estimated before it is reached.
constexpr std::int64_t largest_cap = std::int64_t{1} << 20;

CompiledOverride compile(const Override& source, const std::vector<Field>& group_by) {
  CompiledOverride made;
  made.factor = source.factor;
  made.exempt = source.exempt;
  made.until = source.until;
  for (const Predicate& predicate : source.match) {
    made.match.emplace_back(predicate);
    const bool known = predicate.field == Field::homeserver ||
                       std::ranges::find(group_by, predicate.field) != group_by.end();
    made.impossible = made.impossible || (!known && !made.match.back().wants_absence());
  }
  return made;
}

CompiledRule compile(const Rule& source, std::size_t table) {
  CompiledRule made;
  made.rule = &source;
  made.table = table;
  made.evidence = resolved_evidence(source);
  made.words = words_for(source);
  if (source.schedule) {
    made.schedule.emplace(*source.schedule);
    made.least_factor = made.schedule->least_factor();
    made.decays = false;
  }
  double least_override = 1;
  for (const Override& given : source.overrides) {
    const CompiledOverride& compiled = made.overrides.emplace_back(compile(given, source.group_by));
    least_override = std::min(least_override, given.factor.value_or(1));
    made.decays = made.decays && !given.until &&
                  std::ranges::none_of(compiled.match, &CompiledPredicate::depends_on_time);
  }
  made.least_factor *= least_override;
  for (const ConditionalFactor& factor : source.factors) {
    made.least_factor *= std::min(factor.by, 1.0);
    // When it ends, a lowered limit rises, which can only end a breach; a raised one falls.
    made.decays = made.decays && factor.by <= 1;
  }
  const auto is_baseline = [](const Limit& limit) { return limit.type == LimitType::baseline; };
  made.decays = made.decays && std::ranges::none_of(source.limits, is_baseline);
  return made;
}

double greatest_factor(const Rule& rule) {
  double period = 1;
  double exception = 1;
  if (rule.schedule) {
    for (const Period& one : rule.schedule->periods) {
      period = std::max(period, one.factor);
    }
  }
  for (const Override& one : rule.overrides) {
    exception = std::max(exception, one.factor.value_or(1));
  }
  double conditional = 1;
  for (const ConditionalFactor& one : rule.factors) {
    conditional *= std::max(one.by, 1.0);
  }
  return period * exception * conditional;
}

std::int64_t cap_for(const Rule& rule, const Limit& limit) {
  const double wanted = 2 * static_cast<double>(limit.threshold) * greatest_factor(rule);
  return static_cast<std::int64_t>(
      std::clamp(wanted, static_cast<double>(smallest_cap), static_cast<double>(largest_cap)));
}

/// What a limit counts. A baseline is its rule's own: rules never influence each other, and what is
/// learned depends on when the rule fires.
std::string counter_fingerprint(const Rule& rule, const Limit& limit) {
  std::string select = fingerprint_of(limit.select, rule.selections);
  if (!is_sequence(limit.type) && !limit.baseline) {
    return select;
  }
  ByteWriter out;
  out.text(name_of(limit.type));
  for (const SequenceStep& step : limit.steps) {
    out.text(fingerprint_of(step.select, rule.selections));
    out.number(static_cast<std::uint64_t>(step.count));
  }
  if (limit.baseline) {
    out.text(rule.id);
    out.text(limit.name);
    out.text(name_of(limit.baseline->of));
    out.text(name_of(limit.field));
    out.text(select);
  }
  const Sha256 hash = sha256(out.bytes());
  return to_hex({reinterpret_cast<const char*>(hash.data()), 16});
}

/// Puts a rule set into a plan, one rule after the other.
class Compiler {
 public:
  explicit Compiler(Plan& plan) : plan_(plan) {}

  void add(const Rule& rule) {
    const std::size_t table = table_of(rule.group_by);
    const std::size_t index = plan_.rules.size();
    CompiledRule made = compile(rule, table);
    plan_.layout.rules.push_back({rule.id, rule.title, rule.hash, rule.status, rule.runbook,
                                  rule.tags, rule.falsepositives, rule.mode == Mode::simulate,
                                  table});
    for (const Limit& limit : rule.limits) {
      made.limits.push_back(add_limit(rule, limit, made, index));
    }
    for (const ConditionalFactor& factor : rule.factors) {
      CounterSpec spec;
      spec.fingerprint = fingerprint_of(factor.when, rule.selections);
      const Place place = counter_of(table, std::move(spec), factor.span);
      if (place.fresh) {
        feed(rule, factor.when, {table, place.index, LimitType::event_count, Field::bytes, 0});
      }
      judged_by(index, table, place.index);
      made.factors.push_back({&factor, place.index, 0});
    }
    plan_.tables[table].rules.push_back(index);
    plan_.rules.push_back(std::move(made));
  }

  /// When all are in: windows by length, and what depends on them.
  void finish(Duration lateness) {
    for (std::size_t t = 0; t < plan_.tables.size(); ++t) {
      for (std::size_t c = 0; c < plan_.tables[t].counters.size(); ++c) {
        auto& timespans = plan_.layout.tables[t].counters[c].timespans;
        std::ranges::sort(timespans);
        timespans.erase(std::unique(timespans.begin(), timespans.end()), timespans.end());
        for (const Duration timespan : timespans) {
          PlanCounter& counter = plan_.tables[t].counters[c];
          counter.spans.push_back(WindowSpan::of(timespan, lateness));
          counter.watch_from.push_back(std::numeric_limits<double>::infinity());
          const Duration learned =
              counter.baseline ? Duration(std::chrono::days{learned_days + 1}) : Duration{};
          plan_.tables[t].horizon =
              std::max({plan_.tables[t].horizon, counter.spans.back().horizon(), learned});
        }
      }
    }
    for (CompiledRule& rule : plan_.rules) {
      for (CompiledLimit& limit : rule.limits) {
        limit.span = span_of(rule.table, limit.counter, limit.limit->timespan);
        PlanCounter& counter = plan_.tables[rule.table].counters[limit.counter];
        double& watch_from = counter.watch_from[limit.span];
        watch_from = std::min(watch_from, limit.watch_from);
        rule.horizon = std::max(rule.horizon, counter.spans[limit.span].horizon());
      }
      for (CompiledFactor& factor : rule.factors) {
        factor.span = span_of(rule.table, factor.counter, factor.factor->span);
        // The event that lowers the limits may itself break one.
        double& watch_from =
            plan_.tables[rule.table].counters[factor.counter].watch_from[factor.span];
        watch_from = std::min(watch_from, 1.0);
      }
    }
  }

 private:
  struct Place {
    std::size_t index;
    bool fresh;
  };

  [[nodiscard]] std::size_t span_of(std::size_t table, std::size_t counter,
                                    Duration timespan) const {
    const auto& timespans = plan_.layout.tables[table].counters[counter].timespans;
    return static_cast<std::size_t>(std::ranges::find(timespans, timespan) - timespans.begin());
  }

  /// The counter that counts the same, or a new one.
  Place counter_of(std::size_t table, CounterSpec spec, Duration timespan) {
    auto& specs = plan_.layout.tables[table].counters;
    const auto known = std::ranges::find_if(
        specs, [&](const CounterSpec& other) { return other.counts_same(spec); });
    const Place place{static_cast<std::size_t>(known - specs.begin()), known == specs.end()};
    if (place.fresh) {
      specs.push_back(std::move(spec));
      plan_.tables[table].counters.emplace_back();
    }
    specs[place.index].timespans.push_back(timespan);
    return place;
  }

  void judged_by(std::size_t rule, std::size_t table, std::size_t counter) {
    auto& rules = plan_.tables[table].counters[counter].rules;
    if (rules.empty() || rules.back() != rule) {
      rules.push_back(rule);
    }
  }

  /// What a baseline learns from: a day of the same thing.
  void feed_baseline(const Rule& rule, const Limit& limit, std::size_t table,
                     std::size_t baseline) {
    CounterSpec spec;
    spec.fingerprint = fingerprint_of(limit.select, rule.selections);
    spec.type = limit.baseline->of;
    spec.field = limit.field;
    const LimitType type = spec.type;
    const Place place = counter_of(table, std::move(spec), limit.timespan);
    if (place.fresh) {
      feed(rule, limit.select, {table, place.index, type, limit.field, 0});
    }
    PlanCounter& source = plan_.tables[table].counters[place.index];
    source.cap = std::max({source.cap, cap_for(rule, limit), fewest_learned_values});
    source.baselines.push_back(baseline);
  }

  std::size_t table_of(const std::vector<Field>& group_by) {
    auto& tables = plan_.layout.tables;
    const auto known = std::ranges::find(tables, group_by, &TableSpec::group_by);
    if (known != tables.end()) {
      return static_cast<std::size_t>(known - tables.begin());
    }
    tables.push_back({group_by, {}});
    plan_.tables.emplace_back();
    return tables.size() - 1;
  }

  void feed(const Rule& rule, const Condition& select, const Feed& feed) {
    const auto [known, fresh] =
        selects_.try_emplace(fingerprint_of(select, rule.selections), plan_.selects.size());
    if (fresh) {
      plan_.selects.push_back({CompiledSelect(select, rule.selections), {}});
    }
    plan_.selects[known->second].feeds.push_back(feed);
  }

  /// Its first events come in from here on.
  void feed_all(const Rule& rule, const Limit& limit, Feed one) {
    if (!is_sequence(limit.type) && limit.type != LimitType::baseline) {
      feed(rule, limit.select, one);
    }
    for (const SequenceStep& step : limit.steps) {
      feed(rule, step.select, one);
      ++one.step;
    }
  }

  CompiledLimit add_limit(const Rule& rule, const Limit& limit, const CompiledRule& made,
                          std::size_t rule_index) {
    CounterSpec spec;
    spec.fingerprint = counter_fingerprint(rule, limit);
    spec.type = limit.type;
    spec.field = limit.field;
    for (const SequenceStep& step : limit.steps) {
      spec.steps.push_back(step.count);
    }
    const StepPlan steps{limit.type == LimitType::temporal_ordered, spec.steps};
    const Place place = counter_of(made.table, std::move(spec), limit.timespan);
    if (place.fresh) {
      feed_all(rule, limit, {made.table, place.index, limit.type, limit.field, 0});
    }
    if (limit.baseline) {
      feed_baseline(rule, limit, made.table, place.index);
    }
    PlanCounter& counter = plan_.tables[made.table].counters[place.index];
    counter.steps = steps;
    counter.baseline = limit.baseline ? &*limit.baseline : nullptr;
    counter.cap = std::max(counter.cap, cap_for(rule, limit));
    judged_by(rule_index, made.table, place.index);
    const bool scaled = !is_sequence(limit.type);
    const double share = limit.baseline ? baseline_watch_share : watch_share;
    // A sequence is near when one step is missing.
    const double watch_from =
        scaled ? static_cast<double>(limit.threshold) * made.least_factor * share
               : static_cast<double>(std::max<std::int64_t>(limit.threshold - 1, 1));
    return {&limit, place.index, 0, watch_from, scaled};
  }

  Plan& plan_;
  std::map<std::string, std::size_t> selects_;  ///< by fingerprint
};

}  // namespace

Plan::Plan(std::shared_ptr<const RuleSet> rule_set, Duration lateness)
    : source(std::move(rule_set)) {
  Compiler compiler(*this);
  for (const Rule& rule : source->rules) {
    if (rule.mode != Mode::off) {
      compiler.add(rule);
    }
  }
  compiler.finish(lateness);
  for (const PlanSelect& one : selects) {
    fields_ |= one.select.fields();
  }
}

const ShapeFeeds& Plan::feeds_of(const Event& event) {
  static_assert(field_count <= 48 && action_count <= 256);
  const FieldSet present = fields_of(event) & fields_;
  const std::uint64_t key = present | (static_cast<std::uint64_t>(event.action) << 48) |
                            (static_cast<std::uint64_t>(event.outcome) << 56);
  const auto known = feeds_.find(key);
  if (known != feeds_.end()) {
    return known->second;
  }
  if (feeds_.size() >= most_shapes) {
    feeds_.clear();
  }
  return feeds_[key] = make_feeds({event.action, event.outcome, fields_, present});
}

ShapeFeeds Plan::make_feeds(const Shape& shape) const {
  ShapeFeeds made;
  for (std::size_t s = 0; s < selects.size(); ++s) {
    const Verdict verdict = selects[s].select.judge(shape);
    if (verdict == Verdict::no) {
      continue;
    }
    std::uint16_t open = ShapeFeeds::certain;
    if (verdict == Verdict::maybe) {
      open = static_cast<std::uint16_t>(made.open.size());
      made.open.push_back(static_cast<std::uint16_t>(s));
    }
    for (const Feed& feed : selects[s].feeds) {
      made.entries.push_back({feed, open});
    }
  }
  std::ranges::stable_sort(made.entries, {}, [](const ShapeFeeds::Entry& entry) {
    return std::pair(entry.feed.table, entry.feed.counter);
  });
  return made;
}

}  // namespace noci::detect
