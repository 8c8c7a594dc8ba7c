#pragma once
// The operator's own numbers for the limits of rules, in a file of their own: rule id → limit →
// number (`rules.limits` of the settings). What `noci tune` proposes is such a file. The rule with
// its texts and tests stays the package's. A baseline's number is its floor; a sequence has none.
// Promises: a fault for every rule or limit that does not exist, so that no number is ignored in
// silence; a file that does not exist changes nothing.

#include <set>
#include <string>
#include <utility>

#include "model/rule.hpp"
#include "model/settings.hpp"

namespace noci {

/// Limits whose number is the operator's: rule id and name.
using OwnLimits = std::set<std::pair<std::string, std::string>>;

OwnLimits read_rule_limits(const std::string& path, RuleSet& rules, Faults& faults,
                           Faults& warnings);

}  // namespace noci
