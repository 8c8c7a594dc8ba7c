#pragma once
// What a limit of type `baseline` compares a day with: `of`, `own`, `peers`, `quantile`, `warm_up`
// and `seasonal`. What is counted, and the floor, are read like those of other limits.

#include "model/rule.hpp"
#include "settings/reader.hpp"

namespace noci {

[[nodiscard]] Baseline read_baseline(MapReader& map, Report& report);

}  // namespace noci
