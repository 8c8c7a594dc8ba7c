#pragma once
// Rules for tests, without YAML: `RuleBuilder("r1").by({Field::user_id}).distinct(...)`.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/rule.hpp"

namespace noci::test {

[[nodiscard]] inline Predicate equals(Field field, std::vector<std::string> texts) {
  Predicate predicate;
  predicate.field = field;
  predicate.match = Match::equals;
  predicate.texts = std::move(texts);
  return predicate;
}

[[nodiscard]] inline Predicate number(Field field, Match match, std::vector<std::int64_t> numbers) {
  Predicate predicate;
  predicate.field = field;
  predicate.match = match;
  predicate.numbers = std::move(numbers);
  return predicate;
}

[[nodiscard]] inline Predicate in_list(Field field, std::vector<ListEntry> entries) {
  Predicate predicate;
  predicate.field = field;
  predicate.match = Match::list;
  predicate.list = std::make_shared<const List>(List{"list", std::move(entries)});
  return predicate;
}

[[nodiscard]] inline Condition selection(std::size_t index) {
  return {Condition::Op::selection, index, {}};
}

class RuleBuilder {
 public:
  explicit RuleBuilder(std::string id) {
    rule_.id = std::move(id);
    rule_.title = "Rule " + rule_.id;
    rule_.hash = "sha256:000000000000";
    rule_.status = "test";
    rule_.group_by = {Field::user_id};
  }

  RuleBuilder& by(std::vector<Field> fields) {
    rule_.group_by = std::move(fields);
    return *this;
  }

  /// Limits added from here on count events of these actions.
  RuleBuilder& on(std::vector<Action> actions) {
    std::vector<std::string> names;
    for (const Action action : actions) {
      names.emplace_back(name_of(action));
    }
    return matching({equals(Field::action, names)});
  }

  RuleBuilder& matching(std::vector<Predicate> predicates) {
    rule_.selections.push_back(
        {"s" + std::to_string(rule_.selections.size()), {std::move(predicates)}});
    return *this;
  }

  RuleBuilder& events(Duration timespan, std::int64_t more_than) {
    return limit(LimitType::event_count, Field::bytes, timespan, more_than);
  }

  RuleBuilder& sum(Field field, Duration timespan, std::int64_t more_than) {
    return limit(LimitType::value_sum, field, timespan, more_than);
  }

  RuleBuilder& distinct(Field field, Duration timespan, std::int64_t more_than) {
    return limit(LimitType::value_count, field, timespan, more_than);
  }

  /// A sequence: of each step which actions, and how many of them.
  RuleBuilder& steps(bool ordered, Duration timespan,
                     const std::vector<std::pair<std::vector<Action>, std::int64_t>>& steps) {
    std::vector<SequenceStep> made;
    for (const auto& [actions, count] : steps) {
      on(actions);
      made.push_back({rule_.selections.back().name, selection(rule_.selections.size() - 1), count});
    }
    limit(ordered ? LimitType::temporal_ordered : LimitType::temporal, Field::bytes, timespan,
          static_cast<std::int64_t>(made.size()));
    rule_.limits.back().compare = Compare::gte;
    rule_.limits.back().steps = std::move(made);
    return *this;
  }

  /// A day of an amount against `own` times the own and `peers` times the peers' days.
  RuleBuilder& baseline(LimitType of, Field field, double own, double peers,
                        std::int64_t at_least) {
    limit(LimitType::baseline, field, std::chrono::days{1}, at_least);
    Baseline& made = rule_.limits.back().baseline.emplace();
    made.of = of;
    made.own = own;
    made.peers = peers;
    return *this;
  }

  /// Limits times `by` while one of these actions happened within `span`.
  RuleBuilder& factor(std::vector<Action> actions, double by, Duration span) {
    on(std::move(actions));
    rule_.factors.push_back(
        {rule_.selections.back().name, selection(rule_.selections.size() - 1), by, span});
    return *this;
  }

  RuleBuilder& level(Level level) {
    rule_.level = level;
    return *this;
  }

  RuleBuilder& escalate(double at, Level level) {
    rule_.alert.escalate.push_back({at, level});
    return *this;
  }

  RuleBuilder& resolve_after(Duration duration) {
    rule_.alert.resolve_after = duration;
    return *this;
  }

  RuleBuilder& renotify(Duration duration) {
    rule_.alert.renotify = duration;
    return *this;
  }

  RuleBuilder& mode(Mode mode) {
    rule_.mode = mode;
    return *this;
  }

  RuleBuilder& schedule(Schedule schedule) {
    rule_.schedule = std::move(schedule);
    return *this;
  }

  RuleBuilder& override_with(Override one) {
    rule_.overrides.push_back(std::move(one));
    return *this;
  }

  [[nodiscard]] Rule& rule() { return rule_; }

  operator Rule() const { return rule_; }  // NOLINT: reads as a rule in tests

 private:
  RuleBuilder& limit(LimitType type, Field field, Duration timespan, std::int64_t more_than) {
    if (rule_.selections.empty()) {
      on({Action::room_join});
    }
    Limit limit;
    limit.name = "l" + std::to_string(rule_.limits.size());
    limit.type = type;
    limit.field = field;
    limit.select = selection(rule_.selections.size() - 1);
    limit.select_text = rule_.selections.back().name;
    limit.timespan = timespan;
    limit.threshold = more_than;
    rule_.limits.push_back(std::move(limit));
    return *this;
  }

  Rule rule_;
};

[[nodiscard]] inline std::shared_ptr<const RuleSet> rule_set(std::vector<Rule> rules) {
  RuleSet set;
  set.rules = std::move(rules);
  return std::make_shared<const RuleSet>(std::move(set));
}

}  // namespace noci::test
