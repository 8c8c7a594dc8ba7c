#pragma once
// Small text tools used everywhere: decoding, globs, sizes, and making hostile text printable.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.hpp"

namespace noci {

/// Percent-decodes once, as Synapse does with captured path groups; a broken escape stays as is.
[[nodiscard]] std::string percent_decode(std::string_view text);
/// Query-string decoding: percent escapes and `+` as a space.
[[nodiscard]] std::string query_decode(std::string_view text);
/// The same, as a view: `text` itself when there is nothing to decode, otherwise into `arena`.
[[nodiscard]] std::string_view percent_decode(std::string_view text, Arena& arena);
[[nodiscard]] std::string_view query_decode(std::string_view text, Arena& arena);
/// The same into a place of at least text.size() bytes.
std::string_view query_decode_to(char* place, std::string_view text);

/// `*` matches any run of characters, `?` one; everything else is literal. Linear in practice:
/// it backtracks to the last `*` only.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Valid UTF-8 without control characters, at most `longest` bytes (cut on a character border and
/// ended with `…`). Everything an attacker wrote passes through here before a person reads it.
[[nodiscard]] std::string printable(std::string_view text, std::size_t longest = 256);
/// Valid UTF-8: each byte that cannot be becomes U+FFFD. Control characters stay.
[[nodiscard]] std::string to_utf8(std::string_view text);

/// `500MiB`, `2GiB`, `10kB`, `1500`: bytes or a plain count.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);
/// For people: `13.5 GB`, `512 B`. Decimal units.
[[nodiscard]] std::string describe_bytes(std::int64_t bytes);
/// For people: `643,459`.
[[nodiscard]] std::string describe_count(std::int64_t count);

}  // namespace noci
