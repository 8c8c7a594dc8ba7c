#pragma once
// YAML as plain values with their places. The only file that knows yaml-cpp: its exceptions end
// here, as faults. Promises bounded time and memory for any input: depth, number of nodes and the
// text that aliases repeat are capped while the parser runs, before any tree of it exists.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/report.hpp"

namespace noci {

struct YamlNode {
  enum class Shape : std::uint8_t { null, scalar, list, map };

  Shape shape = Shape::null;
  bool quoted = false;  ///< written in quotes or as a block: text, never a number or a word
  std::string text;     ///< of a scalar
  Place place;
  std::vector<YamlNode> keys;   ///< of a map: scalars, each once
  std::vector<YamlNode> items;  ///< of a list, or the values of `keys`

  [[nodiscard]] bool is(Shape wanted) const { return shape == wanted; }
};

/// The one document of `text`; null for an empty one. Duplicate keys and keys that are not
/// scalars are reported and left out. Empty when the text cannot be read at all.
[[nodiscard]] std::optional<YamlNode> parse_yaml(const std::string& text, Report& report);

}  // namespace noci
