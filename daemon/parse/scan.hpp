#pragma once
// A cursor over one line: fixed texts and numbers from left to right, each of which either matches
// and is consumed or leaves the scanner failed. No allocation, no locale, no NUL-terminated
// strings.

#include <cstdint>
#include <cstring>
#include <string_view>

#include "parse/find_byte.hpp"

namespace noci {

[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool literal(std::string_view wanted) {
    if (!text_.starts_with(wanted)) {
      return false;
    }
    text_.remove_prefix(wanted.size());
    return true;
  }

  /// 1 to 18 digits: what always fits a signed 64-bit number.
  bool number(std::int64_t& value) {
    std::int64_t sum = 0;
    std::size_t digits = 0;
    while (digits < text_.size() && is_digit(text_[digits])) {
      if (digits == 18) {
        return false;
      }
      sum = sum * 10 + (text_[digits] - '0');
      ++digits;
    }
    text_.remove_prefix(digits);
    value = sum;
    return digits > 0;
  }

  /// Up to the next `end`, which is consumed too.
  bool until(char end, std::string_view& part) {
    const std::size_t at = find_byte(text_, end);
    if (at == std::string_view::npos) {
      return false;
    }
    part = text_.substr(0, at);
    text_.remove_prefix(at + 1);
    return true;
  }

  [[nodiscard]] std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

/// Digits only, at most 18 of them.
[[nodiscard]] inline bool all_digits(std::string_view text, std::int64_t& value) {
  Scanner scanner(text);
  return scanner.number(value) && scanner.rest().empty();
}

/// Nothing below 0x20 and no DEL: what an id printed by Synapse can be.
[[nodiscard]] inline bool has_control(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t highs = ones * 0x80;
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data(), sizeof bytes);
    const std::uint64_t del = bytes ^ (ones * 0x7f);
    // Eight at once: a byte below n borrows from its highest bit.
    if ((((bytes - ones * 0x20) & ~bytes) | ((del - ones) & ~del)) & highs) {
      return true;
    }
    text.remove_prefix(sizeof bytes);
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      return true;
    }
  }
  return false;
}

}  // namespace noci
