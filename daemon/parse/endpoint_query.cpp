#include "parse/endpoint_query.hpp"

#include <limits>

#include "base/text.hpp"

namespace noci {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// An escaped name is decoded only to compare it: most names are plain.
bool is_named(std::string_view raw, std::string_view name, Arena& arena) {
  return raw == name || (raw.size() > name.size() && query_decode(raw, arena) == name);
}

}  // namespace

std::optional<std::string_view> query_parameter(std::string_view query, std::string_view name,
                                                Arena& arena) {
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find_first_of("&;"));
    query.remove_prefix(item.size() == query.size() ? item.size() : item.size() + 1);
    const auto equals = item.find('=');
    if (equals != std::string_view::npos && is_named(item.substr(0, equals), name, arena)) {
      return query_decode(item.substr(equals + 1), arena);
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  text = trim(text);
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !is_digit(text.back())) {
    return std::nullopt;
  }
  std::int64_t count = 0;
  bool after_digit = false;
  for (const char c : text) {
    if (c == '_' && after_digit) {
      after_digit = false;
      continue;
    }
    if (!is_digit(c)) {
      return std::nullopt;
    }
    after_digit = true;
    if (__builtin_mul_overflow(count, std::int64_t{10}, &count) ||
        __builtin_add_overflow(count, std::int64_t{c - '0'}, &count)) {
      count = std::numeric_limits<std::int64_t>::max();
    }
  }
  return negative && count > 0 ? std::nullopt : std::optional(count);
}

}  // namespace noci
