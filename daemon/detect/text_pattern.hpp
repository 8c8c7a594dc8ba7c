#pragma once
// A Sigma text pattern, compiled: `*` and `?` are wildcards unless a `\` stands before them, and
// `\\` is one backslash; any other backslash is itself. Case counts for ids (user, room, media,
// server, request), not for other text. Matching is linear in practice: it backtracks to the last
// `*` only, so hostile text cannot make it slow.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/rule.hpp"

namespace noci::detect {

[[nodiscard]] bool is_case_sensitive(Field field);
[[nodiscard]] std::string folded(std::string_view text);

class TextPattern {
 public:
  /// `match` is equals, contains, startswith or endswith.
  TextPattern(std::string_view pattern, Match match, bool case_sensitive);
  [[nodiscard]] bool matches(std::string_view text) const;

 private:
  static constexpr std::uint16_t any_run = 256;
  static constexpr std::uint16_t any_one = 257;

  [[nodiscard]] bool equal(std::uint16_t unit, char c) const;

  std::vector<std::uint16_t> units_;  ///< a byte, any_run or any_one
  bool case_sensitive_;
};

}  // namespace noci::detect
