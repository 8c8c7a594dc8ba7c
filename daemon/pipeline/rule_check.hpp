#pragma once
// Runs the in-file tests of rules through the real engine: `noci rules test`, and before every
// reload. Promises: each test has an engine of its own with that one rule, so tests neither see
// each other nor any clock; a rule in mode simulate or off is tested as if enforced.

#include <string>
#include <vector>

#include "model/rule.hpp"

namespace noci {

struct RuleTestResult {
  std::string rule_file;
  std::string rule_title;
  std::string test;
  bool passed = false;
  std::string explanation;  ///< what was expected and what happened instead; empty when passed
};

/// One result per test, in the order of the rules and of the file.
[[nodiscard]] std::vector<RuleTestResult> check_rules(const RuleSet& rules);

}  // namespace noci
