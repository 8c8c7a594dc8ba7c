#pragma once
// The `sources` section of noci.yaml: which logs are read, and what they do not say themselves.

#include <vector>

#include "model/settings.hpp"
#include "settings/reader.hpp"

namespace noci {

[[nodiscard]] std::vector<SourceSettings> read_sources(const YamlNode& node, Report& report);

}  // namespace noci
