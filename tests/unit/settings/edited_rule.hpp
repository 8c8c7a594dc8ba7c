#pragma once
// A rule that is fine but for one edit.

#include <string>

#include "scratch.hpp"
#include "settings/rules.hpp"
#include "support/catch.hpp"

/// The rule `text` as a file, with the first `from` in it replaced by `to`, read back.
inline noci::Loaded<noci::RuleSet> load_edited(const Scratch& scratch, std::string text,
                                               const std::string& from = "",
                                               const std::string& to = "") {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  scratch.write("rules/rule.yaml", text.replace(at, from.size(), to));
  return noci::load_rules({{scratch.path("rules")}, {}, std::nullopt});
}
