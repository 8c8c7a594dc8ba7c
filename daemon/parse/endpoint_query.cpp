#include "parse/endpoint_query.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.hpp"
#include "parse/find_byte.hpp"

namespace noci {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view first_item(std::string_view query) {
  return query.substr(0, find_either(query, '&', ';'));
}

/// Every character of a name can be escaped as three.
constexpr std::size_t longest_name = 96;

bool is_named(std::string_view raw, std::string_view name) {
  if (raw.size() <= name.size() || raw.size() > longest_name) {
    return raw == name;
  }
  if (find_either(raw, '%', '+') == std::string_view::npos) {
    return false;  // as it stands it is longer
  }
  std::array<char, longest_name> place;
  return query_decode_to(place.data(), raw) == name;
}

}  // namespace

std::optional<std::string_view> raw_query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view item = first_item(query);
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    const auto equals = find_byte(item, '=');
    if (equals != std::string_view::npos && is_named(item.substr(0, equals), name)) {
      return item.substr(equals + 1);
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> query_parameter(std::string_view query, std::string_view name,
                                                Arena& arena) {
  const auto raw = raw_query_parameter(query, name);
  return raw ? std::optional(query_decode(*raw, arena)) : std::nullopt;
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
