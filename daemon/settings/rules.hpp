#pragma once
// Folders of rules and lists → RuleSet, with every fault of every file. Promises: total for any
// files; bounded time and memory. Leaves to others: running the rules' tests (pipeline).

#include <optional>
#include <string>
#include <vector>

#include "model/rule.hpp"
#include "settings/load.hpp"

namespace noci {

struct RuleDirs {
  /// The first must exist. A rule of a later folder replaces the rule with the same id.
  std::vector<std::string> rules;
  /// None need exist. A later folder adds entries to a list of the same name.
  std::vector<std::string> lists;
  /// For warnings about what has expired; unset: none are given.
  std::optional<TimePoint> now;
};

[[nodiscard]] Loaded<RuleSet> load_rules(const RuleDirs& dirs);

/// What rules and settings say about each other that cannot be right. All of these are warnings.
[[nodiscard]] Faults lint(const RuleSet& rules, const Settings& settings);

}  // namespace noci
