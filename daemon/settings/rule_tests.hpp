#pragma once
// The `tests` section of a rule: events and the alerts that they must cause. pipeline/rule_check
// runs them through the engine.

#include <string>
#include <vector>

#include "model/rule.hpp"
#include "settings/reader.hpp"

namespace noci {

/// Times without a zone are in the test's `timezone`, by default `zone`.
[[nodiscard]] std::vector<RuleTest> read_rule_tests(const YamlNode& node, Zone zone,
                                                    const std::vector<Limit>& limits,
                                                    Report& report);

}  // namespace noci
