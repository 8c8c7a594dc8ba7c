#pragma once
// The `schedule` section: factors on limits by local time of week, and holidays from dates or
// from a calendar file (RFC 5545, its VEVENTs' whole days).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/rule.hpp"
#include "settings/reader.hpp"

namespace noci {

/// `Mon-Fri 07:00-20:00`, `Sat,Sun`, `Sat 22:00-06:00`; several separated by commas. Empty when
/// it cannot be read; `problem` then says why.
[[nodiscard]] std::vector<WeekSpan> parse_week(std::string_view text, std::string& problem);

/// `bytes` of the calendar files read are appended, for the rule's hash.
[[nodiscard]] std::optional<Schedule> read_schedule(const YamlNode& node, std::string& bytes,
                                                    Report& report);

}  // namespace noci
