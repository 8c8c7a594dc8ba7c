#pragma once
// What the server holds as a whole (`totals` of the settings), and limits that are a share of it:
// `condition: {gt: 0.25%, of: rooms, at_least: 30}`. Promises: a share of something that nobody
// gave the total of is no limit; a rule without a limit is off.

#include "model/rule.hpp"
#include "settings/reader.hpp"

namespace noci {

/// `{rooms: 876, messages: 643459, media_files: 59386, media_bytes: 13.5GB, users: 73467}`
[[nodiscard]] ServerTotals read_totals(const YamlNode& node, Report& report);

/// Whether a bound is written as a share.
[[nodiscard]] bool is_share(const YamlNode& bound);
/// The rest of the condition that `bound` (`0.25%`) stands in: `of` and `each`.
[[nodiscard]] Share read_share(const YamlNode& bound, MapReader& condition, Report& report);

/// Turns shares into numbers. False when a total was missing, so that a limit is gone.
bool apply_totals(Rule& rule, const ServerTotals& totals);

}  // namespace noci
