#pragma once
// The `steps` of a sequence: a list of selections, or of maps that say how many events complete
// a step: `[new_network, {select: search, count: 5}, history]`.

#include <vector>

#include "model/rule.hpp"
#include "settings/detection.hpp"
#include "settings/reader.hpp"

namespace noci {

inline constexpr std::size_t most_steps = 8;
/// What one key has to remember for a sequence (see detect/sequence.hpp): 16 bytes each.
inline constexpr std::int64_t most_step_events = 5000;

/// False when an expression could not be read, and what it uses is unknown.
[[nodiscard]] bool read_steps(const YamlNode& node, const Detection& detection,
                              std::vector<bool>& used, Report& report, Limit& limit);

}  // namespace noci
