#pragma once
// Python's percent formats as `logging.Formatter` takes them, `%(asctime)s - %(levelname)-8s`, cut
// into what is literal and what is filled in. What a word means is left to the reader.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace noci {

struct FormatPiece {
  std::string text;  ///< the literal, or the word in parentheses
  bool is_word = false;
  bool left = false;      ///< padded on the right
  std::size_t width = 0;  ///< to at least this many characters
};

/// Literals never stand side by side. An error says which part is no format and why.
[[nodiscard]] Result<std::vector<FormatPiece>> parse_percent_format(std::string_view format);

/// The same for the prefix of log lines: `%(name)s` is in it, `%(message)s` at the end or nowhere,
/// and words of no fixed shape are parted by literals.
[[nodiscard]] Result<std::vector<FormatPiece>> parse_log_prefix(std::string_view format);

}  // namespace noci
