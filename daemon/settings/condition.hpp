#pragma once
// The expression of `select` and `condition`: `a and not (b or c)`, `1 of sel*`, `all of them`,
// as in Sigma. Binding strength: not, and, or. Depth and length are capped.

#include <optional>
#include <string_view>
#include <vector>

#include "model/rule.hpp"
#include "settings/report.hpp"

namespace noci {

/// `place` is where `text` begins; faults point into it. Sets used[i] for each selection named.
[[nodiscard]] std::optional<Condition> parse_condition(std::string_view text, Place place,
                                                       const std::vector<Selection>& selections,
                                                       std::vector<bool>& used, Report& report);

/// Words that have a meaning in expressions and so cannot name a selection.
[[nodiscard]] bool is_reserved_word(std::string_view word);

}  // namespace noci
