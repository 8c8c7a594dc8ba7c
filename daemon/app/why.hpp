#pragma once
// The answer to `noci why KEY`, as one JSON object: every rule's view of the key.

#include <string>
#include <vector>

#include "detect/engine.hpp"

namespace noci {

[[nodiscard]] std::string why_json(const std::string& key, const std::vector<KeyStatus>& views);

}  // namespace noci
