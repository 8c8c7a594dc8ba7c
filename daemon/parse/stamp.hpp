#pragma once
// The time at the beginning of a text record, as Python's `asctime` prints it with or without a
// `datefmt`, and as syslog does: `2026-11-22 20:55:51,598`, with `T`, with a dot or without
// milliseconds, with `Z` or an offset; `20:55:51`; `Nov 22 20:55:51`. Which instant that is, is
// left to clock.hpp.

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace noci {

struct Stamp {
  /// `2026-11-22 20:55` (or with `T`), `Nov 22 20:55` or `20:55`, digits checked, not yet a valid
  /// date; empty: no time.
  std::string_view minute;
  Duration within{};               ///< seconds and milliseconds of that minute
  std::optional<Duration> offset;  ///< from UTC, where it is printed

  [[nodiscard]] bool is_set() const { return !minute.empty(); }

  static constexpr std::size_t dated = 16;  ///< length of `minute` with a date
  static constexpr std::size_t bsd = 12;
  static constexpr std::size_t time_only = 5;
};

/// Takes the stamp off the front; `text` is untouched where there is none.
[[nodiscard]] bool take_stamp(std::string_view& text, Stamp& out);
/// `Nov 22 20:55:51`
[[nodiscard]] bool take_bsd_stamp(std::string_view& text, Stamp& out);

}  // namespace noci
