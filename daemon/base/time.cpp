#include "base/time.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>

namespace noci {
namespace {

using namespace std::chrono;

struct Unit {
  std::string_view suffix;
  Duration length;
};

constexpr std::array units{Unit{"d", days{1}}, Unit{"h", hours{1}}, Unit{"m", minutes{1}},
                           Unit{"s", seconds{1}}, Unit{"ms", milliseconds{1}}};

bool read_digits(std::string_view& text, std::size_t count, int& value) {
  if (text.size() < count) {
    return false;
  }
  value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') {
      return false;
    }
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool read_char(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

bool read_fraction(std::string_view& text, int& milliseconds_out) {
  int scale = 100;
  bool any = false;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    milliseconds_out += (text.front() - '0') * scale;
    scale /= 10;
    text.remove_prefix(1);
    any = true;
  }
  return any;
}

/// Reads `Z`, `+hh:mm`, `-hhmm` or nothing; the offset is what must be subtracted.
bool read_offset(std::string_view& text, minutes& offset) {
  if (text.empty() || read_char(text, "zZ")) {
    return true;
  }
  const bool negative = text.front() == '-';
  int hour = 0;
  int minute = 0;
  if (!read_char(text, "+-") || !read_digits(text, 2, hour)) {
    return false;
  }
  read_char(text, ":");
  if (!read_digits(text, 2, minute) || hour > 23 || minute > 59) {
    return false;
  }
  offset = (hours{hour} + minutes{minute}) * (negative ? -1 : 1);
  return true;
}

}  // namespace

std::string format_rfc3339(TimePoint time) {
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  std::array<char, 40> buffer{};
  const int length = std::snprintf(
      buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return {buffer.data(), static_cast<std::size_t>(length)};
}

std::optional<TimePoint> parse_rfc3339(std::string_view text) {
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, ms = 0;
  minutes offset{0};
  if (!read_digits(text, 4, y) || !read_char(text, "-") || !read_digits(text, 2, mo) ||
      !read_char(text, "-") || !read_digits(text, 2, d)) {
    return std::nullopt;
  }
  if (!text.empty()) {
    if (!read_char(text, "Tt ") || !read_digits(text, 2, h) || !read_char(text, ":") ||
        !read_digits(text, 2, mi)) {
      return std::nullopt;
    }
    if (read_char(text, ":") && !read_digits(text, 2, s)) {
      return std::nullopt;
    }
    if (read_char(text, ".,") && !read_fraction(text, ms)) {
      return std::nullopt;
    }
    if (!read_offset(text, offset)) {
      return std::nullopt;
    }
  }
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!text.empty() || !date.ok() || h > 23 || mi > 59 || s > 60) {
    return std::nullopt;
  }
  return TimePoint{sys_days{date}} + hours{h} + minutes{mi} + seconds{s} + milliseconds{ms} -
         offset;
}

std::optional<Duration> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count <= 0) {
    return std::nullopt;
  }
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : units) {
    if (unit.suffix == suffix) {
      // A century is more than any window or timeout; beyond it the product could overflow.
      constexpr Duration longest = days{36500};
      if (count > longest / unit.length) {
        return std::nullopt;
      }
      return unit.length * count;
    }
  }
  return std::nullopt;
}

std::string format_duration(Duration duration) {
  for (const Unit& unit : units) {
    // 24h rather than 1d: operators think of windows up to two days in hours.
    const bool large_enough =
        unit.length == Duration{days{1}} ? duration > days{2} : duration >= unit.length;
    if (large_enough && duration % unit.length == Duration::zero()) {
      return std::to_string(duration / unit.length) + std::string(unit.suffix);
    }
  }
  return std::to_string(duration.count()) + "ms";
}

std::string describe_duration(Duration duration) {
  const auto whole = [](std::int64_t count, const char* unit) {
    return std::to_string(count) + " " + unit;
  };
  if (duration >= days{2}) {
    return whole(duration / days{1}, "days");
  }
  if (duration >= hours{1}) {
    const auto h = duration / hours{1};
    const auto m = (duration % hours{1}) / minutes{1};
    return whole(h, "h") + (m == 0 ? "" : " " + whole(m, "min"));
  }
  if (duration >= minutes{1}) {
    const auto m = duration / minutes{1};
    const auto s = (duration % minutes{1}) / seconds{1};
    return whole(m, "min") + (s == 0 ? "" : " " + whole(s, "s"));
  }
  if (duration >= seconds{1} || duration == Duration::zero()) {
    return whole(duration / seconds{1}, "s");
  }
  return whole(duration.count(), "ms");
}

}  // namespace noci
