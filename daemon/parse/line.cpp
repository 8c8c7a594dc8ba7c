#include "parse/line.hpp"

#include <algorithm>
#include <array>

#include "parse/scan.hpp"

namespace noci {
namespace {

constexpr std::string_view separator = " - ";
constexpr std::size_t minute_length = 16;  // 2026-11-22 20:55
/// A listener's tag is free text and part of the logger's name; this bounds the search behind it.
constexpr std::size_t longest_logger = 512;

bool shaped_like(std::string_view text, std::string_view shape) {
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i]) {
      return false;
    }
  }
  return true;
}

/// `2026-11-22 20:55:51` and an optional fraction.
bool take_time(std::string_view& text, LogLine& out) {
  constexpr std::string_view shape = "0000-00-00 00:00:00";
  if (text.size() < shape.size() || !shaped_like(text, shape)) {
    return false;
  }
  out.minute = text.substr(0, minute_length);
  const int seconds = (text[17] - '0') * 10 + (text[18] - '0');
  text.remove_prefix(shape.size());
  int milliseconds = 0;
  if (text.size() > 1 && (text[0] == ',' || text[0] == '.') && is_digit(text[1])) {
    text.remove_prefix(1);
    int weight = 100;
    while (!text.empty() && is_digit(text.front())) {
      milliseconds += weight * (text.front() - '0');
      weight /= 10;
      text.remove_prefix(1);
    }
  }
  out.within = std::chrono::seconds{seconds} + std::chrono::milliseconds{milliseconds};
  return seconds <= 60;
}

bool take_level(std::string_view& text, std::string_view& level) {
  constexpr std::array<std::string_view, 5> levels{"INFO", "WARNING", "ERROR", "DEBUG", "CRITICAL"};
  for (const std::string_view name : levels) {
    if (text.size() >= name.size() + separator.size() && text.starts_with(name) &&
        text.substr(name.size(), separator.size()) == separator) {
      level = name;
      text.remove_prefix(name.size() + separator.size());
      return true;
    }
  }
  return false;
}

/// `logger - lineno - LEVEL - `. A tag with a dash in it makes the logger longer, so every dash is
/// tried until the number and the level follow.
bool take_logger(std::string_view& text, LogLine& out) {
  for (std::size_t from = 0; from < longest_logger;) {
    const std::size_t end = text.find(separator, from);
    if (end == std::string_view::npos || end > longest_logger) {
      return false;
    }
    Scanner scanner(text.substr(end + separator.size()));
    std::int64_t line_number = 0;
    if (scanner.number(line_number) && scanner.literal(separator)) {
      std::string_view rest = scanner.rest();
      if (take_level(rest, out.level)) {
        out.logger = text.substr(0, end);
        text = rest;
        return !out.logger.empty();
      }
    }
    from = end + 1;
  }
  return false;
}

/// `request - message`, or `request- message` of the old sample configuration.
bool take_request(std::string_view text, LogLine& out) {
  const std::string_view token = text.substr(0, text.find(' '));
  if (token.size() < text.size() && token.ends_with('-') &&
      !text.substr(token.size() + 1).starts_with("- ")) {
    out.request = token.substr(0, token.size() - 1);
    out.message = text.substr(token.size() + 1);
    return true;
  }
  const std::size_t end = text.find(separator);
  if (end == std::string_view::npos) {
    return false;
  }
  out.request = text.substr(0, end);
  out.message = text.substr(end + separator.size());
  return true;
}

}  // namespace

bool parse_log_line(std::string_view line, LogLine& out) {
  out = {};
  if (!take_time(line, out) || !line.starts_with(separator)) {
    return false;
  }
  line.remove_prefix(separator.size());
  constexpr std::string_view worker = "worker:";
  if (line.starts_with(worker)) {
    const std::size_t end = line.find(separator);
    if (end == std::string_view::npos) {
      return false;
    }
    out.worker = line.substr(worker.size(), end - worker.size());
    line.remove_prefix(end + separator.size());
  }
  return take_logger(line, out) && take_request(line, out);
}

}  // namespace noci
