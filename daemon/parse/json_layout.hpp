#pragma once
// A record of Synapse's TerseJsonFormatter byte for byte as it is printed nearly always: the keys
// in their order without blanks between them, plain ASCII, no escapes but the quotes of an access
// line (synapse/logging/_terse_json.py). False at the first byte that differs: then the line is for
// a reader of all JSON (json_line.hpp), and where this one says true both give the same.

#include <string_view>

#include "base/arena.hpp"
#include "parse/json_line.hpp"

namespace noci {

/// The views are into `line`, but for a message with quotes in it, which goes into the arena.
[[nodiscard]] bool read_json_layout(std::string_view line, Arena& arena, JsonLine& out);

}  // namespace noci
