#pragma once
// The `health` section of noci.yaml: from when on noci calls itself blind.

#include "model/settings.hpp"
#include "settings/reader.hpp"

namespace noci {

[[nodiscard]] HealthSettings read_health(const YamlNode& node, Report& report);

}  // namespace noci
