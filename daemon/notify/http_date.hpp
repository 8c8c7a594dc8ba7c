#pragma once
// The three date formats an HTTP header may use (RFC 9110, section 5.6.7). Whoever reads one must
// know them all.

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace noci {

/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
/// The name of the day is not checked; a two-digit year is read as the nearest one to `now`.
[[nodiscard]] std::optional<TimePoint> parse_http_date(std::string_view text, TimePoint now);

}  // namespace noci
