#pragma once
// The `select` of a limit, compiled: a condition over named selections. Says for each shape of
// events whether it can match at all, so that an event only meets the selections made for it, and
// gives its meaning as a fingerprint, so that limits that count the same thing share one counter.

#include <string>
#include <vector>

#include "detect/predicate.hpp"

namespace noci::detect {

class CompiledSelect {
 public:
  CompiledSelect(const Condition& condition, const std::vector<Selection>& selections);

  [[nodiscard]] bool matches(const Look& look) const { return holds(condition_, look); }

  /// False when no event of this action can match.
  [[nodiscard]] bool can_match(Action action) const {
    return judge({action, std::nullopt, 0, 0}) != Verdict::no;
  }

  /// What is true of all events of a shape.
  [[nodiscard]] Verdict judge(const Shape& shape) const { return judge(condition_, shape); }

  /// The fields whose presence can decide.
  [[nodiscard]] FieldSet fields() const;

 private:
  using Map = std::vector<CompiledPredicate>;

  [[nodiscard]] bool holds(const Condition& condition, const Look& look) const;
  [[nodiscard]] bool selects(std::size_t selection, const Look& look) const;
  [[nodiscard]] Verdict judge(const Condition& condition, const Shape& shape) const;
  [[nodiscard]] Verdict judge_selection(std::size_t selection, const Shape& shape) const;

  Condition condition_;
  std::vector<std::vector<Map>> selections_;
};

/// 32 hex digits; lists are resolved, names of selections do not matter.
[[nodiscard]] std::string fingerprint_of(const Condition& condition,
                                         const std::vector<Selection>& selections);

}  // namespace noci::detect
