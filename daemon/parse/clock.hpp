#pragma once
// Local time stamps of one source → UTC. Synapse prints local time without a zone; lines of one
// minute share their date, so the zone is asked once per minute and the rest is an addition. A
// stamp without a date, or without a year, is that of the moment nearest to the line before.

#include <array>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "base/zones.hpp"
#include "parse/stamp.hpp"

namespace noci {

class MinuteClock {
 public:
  explicit MinuteClock(Zone zone) : zone_(zone) {}

  /// The hour that autumn repeats is read towards `near`, the time of the line before. Empty when
  /// there is no such date, or none is printed and `near` is unset.
  [[nodiscard]] std::optional<TimePoint> read(const Stamp& stamp, TimePoint near);

 private:
  [[nodiscard]] std::optional<TimePoint> start_of(std::string_view minute, TimePoint near) const;

  Zone zone_;
  std::array<char, 16> cached_{};
  TimePoint start_;  ///< of the cached minute
};

/// A saved time; what no line can have said (a damaged blob) is the epoch.
[[nodiscard]] TimePoint restore_time(ByteReader& in);

}  // namespace noci
