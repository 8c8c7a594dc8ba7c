#pragma once
// Query parameters as Twisted reads them (twisted/web/http.py parse_qs): `&` and `;` both separate,
// an item without `=` is none, names and values are percent- and plus-decoded, and of several with
// one name Synapse takes the first (synapse/http/servlet.py).

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.hpp"

namespace noci {

/// The value of the first parameter of that name as it stands; unset when there is none.
[[nodiscard]] std::optional<std::string_view> raw_query_parameter(std::string_view query,
                                                                  std::string_view name);

/// The same, decoded.
[[nodiscard]] std::optional<std::string_view> query_parameter(std::string_view query,
                                                              std::string_view name, Arena& arena);

/// A count as Python's int() reads it: blanks around, a sign, `_` between digits. Unset when it is
/// no number or negative (Synapse answers 400); too large a number is the largest there is.
[[nodiscard]] std::optional<std::int64_t> parse_count(std::string_view text);

}  // namespace noci
