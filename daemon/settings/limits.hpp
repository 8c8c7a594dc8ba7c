#pragma once
// The `correlation` section: about whom, and the limits. Also knows what Synapse's own rate
// limiters permit, to warn of a limit that nothing can ever reach.

#include <vector>

#include "model/rule.hpp"
#include "settings/detection.hpp"
#include "settings/reader.hpp"

namespace noci {

inline constexpr Duration shortest_timespan = std::chrono::seconds{1};
/// State grows with the timespan; a month covers what "slow" means for an operator.
inline constexpr Duration longest_timespan = std::chrono::days{30};

struct Correlation {
  std::vector<Field> group_by;
  std::vector<Limit> limits;
  std::vector<ConditionalFactor> factors;
};

/// Reports selections of `detection` that no limit uses.
[[nodiscard]] Correlation read_correlation(const YamlNode& node, const Detection& detection,
                                           Report& report);

}  // namespace noci
