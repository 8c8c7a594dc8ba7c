#include "base/text.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace noci {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

/// Writes at most text.size() bytes to `out` and says how many.
std::size_t decode_to(char* out, std::string_view text, bool plus_is_space) {
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      out[written++] = static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out[written++] = plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return written;
}

std::string decode(std::string_view text, bool plus_is_space) {
  std::string out(text.size(), '\0');
  out.resize(decode_to(out.data(), text, plus_is_space));
  return out;
}

std::string_view decode(std::string_view text, bool plus_is_space, Arena& arena) {
  if (text.find_first_of(plus_is_space ? "%+" : "%") == std::string_view::npos) {
    return text;
  }
  char* place = arena.allocate(text.size());
  return {place, decode_to(place, text, plus_is_space)};
}

/// Length of the valid UTF-8 sequence at the front of `text` (no overlongs, no surrogates), or 0.
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i) { return i < text.size() && (at(i) & 0xc0) == 0x80; };
  const unsigned char first = at(0);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xc2 && first <= 0xdf) {
    return follows(1) ? 2 : 0;
  }
  if (first >= 0xe0 && first <= 0xef) {
    if (!follows(1) || !follows(2) || (first == 0xe0 && at(1) < 0xa0) ||
        (first == 0xed && at(1) > 0x9f)) {
      return 0;
    }
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!follows(1) || !follows(2) || !follows(3) || (first == 0xf0 && at(1) < 0x90) ||
        (first == 0xf4 && at(1) > 0x8f)) {
      return 0;
    }
    return 4;
  }
  return 0;
}

constexpr std::string_view replacement = "\xef\xbf\xbd";
constexpr std::string_view ellipsis = "\xe2\x80\xa6";

struct SizeUnit {
  std::string_view suffix;
  std::int64_t factor;
};

constexpr std::array size_units{SizeUnit{"", 1},
                                SizeUnit{"B", 1},
                                SizeUnit{"kB", 1000},
                                SizeUnit{"KB", 1000},
                                SizeUnit{"MB", 1000'000},
                                SizeUnit{"GB", 1000'000'000},
                                SizeUnit{"KiB", 1 << 10},
                                SizeUnit{"MiB", 1 << 20},
                                SizeUnit{"GiB", 1 << 30},
                                SizeUnit{"TB", 1000'000'000'000},
                                SizeUnit{"TiB", std::int64_t{1} << 40}};

}  // namespace

std::string percent_decode(std::string_view text) {
  return decode(text, false);
}

std::string query_decode(std::string_view text) {
  return decode(text, true);
}

std::string_view percent_decode(std::string_view text, Arena& arena) {
  return decode(text, false, arena);
}

std::string_view query_decode(std::string_view text, Arena& arena) {
  return decode(text, true, arena);
}

std::string_view query_decode_to(char* place, std::string_view text) {
  return {place, decode_to(place, text, true)};
}

bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) {
      return false;
    }
  }
  return true;
}

std::string printable(std::string_view text, std::size_t longest) {
  std::string out;
  out.reserve(text.size() < longest ? text.size() : longest);
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    std::string_view piece = length == 0 ? replacement : text.substr(0, length);
    const auto first = static_cast<unsigned char>(piece[0]);
    // C0, DEL and C1 (U+0080 to U+009F) would drive a terminal; U+202E and friends reorder text.
    if (first < 0x20 || first == 0x7f ||
        (first == 0xc2 && static_cast<unsigned char>(piece[1]) < 0xa0) ||
        (piece >= "\xe2\x80\xa8" && piece <= "\xe2\x80\xae") ||
        (piece >= "\xe2\x81\xa6" && piece <= "\xe2\x81\xa9")) {
      piece = replacement;
    }
    if (out.size() + piece.size() > longest) {
      while (!out.empty() && out.size() + ellipsis.size() > longest) {
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) {
          out.pop_back();
        }
        if (!out.empty()) {
          out.pop_back();
        }
      }
      return out.append(ellipsis);
    }
    out.append(piece);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    out.append(length == 0 ? replacement : text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0) {
    return std::nullopt;
  }
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const SizeUnit& unit : size_units) {
    if (unit.suffix == suffix) {
      std::int64_t product = 0;
      if (__builtin_mul_overflow(count, unit.factor, &product)) {
        return std::nullopt;
      }
      return product;
    }
  }
  return std::nullopt;
}

std::string describe_bytes(std::int64_t bytes) {
  constexpr std::array<const char*, 5> names{"kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) {
    return std::to_string(bytes) + " B";
  }
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (value /= 1000; value >= 999.95 && unit + 1 < names.size(); ++unit) {
    value /= 1000;
  }
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f %s", value, names[unit]);
  return buffer.data();
}

std::string describe_count(std::int64_t count) {
  std::string digits = std::to_string(count);
  const std::size_t first = digits[0] == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3; at -= 3) {
    digits.insert(at - 3, 1, ',');
  }
  return digits;
}

}  // namespace noci
