#pragma once
// Local time stamps of one source → UTC. Synapse prints local time without a zone; lines of one
// minute share their date, so the zone is asked once per minute and the rest is an addition.

#include <array>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "base/zones.hpp"

namespace noci {

class MinuteClock {
 public:
  explicit MinuteClock(Zone zone) : zone_(zone) {}

  /// `minute` is `YYYY-MM-DD HH:MM` with its digits checked. The hour that autumn repeats is read
  /// towards `near`, the time of the line before. Empty when there is no such date.
  [[nodiscard]] std::optional<TimePoint> read(std::string_view minute, Duration within,
                                              TimePoint near);

 private:
  Zone zone_;
  std::array<char, 16> cached_{};
  TimePoint start_;  ///< of the cached minute
};

/// A saved time; what no line can have said (a damaged blob) is the epoch.
[[nodiscard]] TimePoint restore_time(ByteReader& in);

}  // namespace noci
