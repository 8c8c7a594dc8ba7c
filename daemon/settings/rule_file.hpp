#pragma once
// One rule file → Rule. docs/rules.md is the language.

#include <optional>
#include <string>

#include "model/rule.hpp"
#include "settings/lists.hpp"
#include "settings/report.hpp"

namespace noci {

/// Reads the file that `report` is about. The rule is usable only when nothing was reported;
/// it is returned as far as its id is known, so that the caller can still see double ids.
[[nodiscard]] std::optional<Rule> read_rule_file(const Lists& lists, std::optional<TimePoint> now,
                                                 Report& report);

}  // namespace noci
