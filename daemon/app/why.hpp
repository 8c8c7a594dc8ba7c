#pragma once
// The answer to `noci why KEY`: every rule's view of the key, as one JSON object whose limits are
// those of alerts with a `timespan` in words, and as text.

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "detect/engine.hpp"

namespace noci {

[[nodiscard]] std::string why_json(const std::string& key, const std::vector<KeyStatus>& views);

/// Of an object that why_json() wrote.
[[nodiscard]] std::string why_text(const boost::json::object& answer);

}  // namespace noci
