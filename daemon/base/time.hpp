#pragma once
// Time as the whole house uses it: milliseconds since the epoch, UTC. Event time comes from log
// lines; nothing at or below pipeline/ reads a clock.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace noci {

using Duration = std::chrono::milliseconds;
using TimePoint = std::chrono::sys_time<Duration>;

/// `2026-06-07T00:14:31.512Z`: RFC 3339, UTC, always three decimals.
[[nodiscard]] std::string format_rfc3339(TimePoint time);
/// RFC 3339 with `Z` or an offset, any number of decimals; also a bare date or a date and time
/// without zone, which are then UTC.
[[nodiscard]] std::optional<TimePoint> parse_rfc3339(std::string_view text);

/// `90s`, `10m`, `24h`, `30d`, `250ms`; a positive integer and exactly one unit.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
/// The shortest exact spelling that parse_duration reads back: `10m`, `24h`, `30d`, `90s`.
[[nodiscard]] std::string format_duration(Duration duration);
/// For people: `2 h 5 min`, `38 s`, `10 min`, `30 days`.
[[nodiscard]] std::string describe_duration(Duration duration);

}  // namespace noci
