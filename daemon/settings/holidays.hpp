#pragma once
// Holidays: dates in the rule, or a file beside it. `NAME.txt` has one date a line and `#`
// comments; `NAME.ics` is a calendar (RFC 5545) whose VEVENTs' days count: DTSTART up to, and not
// including, DTEND. Recurrences are not expanded: published holiday calendars list each year.

#include <chrono>
#include <string>
#include <vector>

#include "settings/reader.hpp"

namespace noci {

using Days = std::vector<std::chrono::local_days>;

/// Sorted, each once. The bytes of files read are appended to `bytes`.
[[nodiscard]] Days read_holidays(const YamlNode& node, std::string& bytes, Report& report);

[[nodiscard]] Days parse_calendar(const std::string& text, Report& report);

}  // namespace noci
