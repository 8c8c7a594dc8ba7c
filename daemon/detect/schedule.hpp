#pragma once
// What a schedule multiplies a threshold by: the factor at an instant, or the exact time-weighted
// mean over a window, in the zone's local time with daylight saving and holidays. Local minutes
// are looked up once per day and kept for the days in use, so asking again costs nothing.

#include <cstdint>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/time.hpp"
#include "model/rule.hpp"

namespace noci::detect {

class ScheduleClock {
 public:
  explicit ScheduleClock(const Schedule& schedule);
  /// For a window that ends at `now`: (now - timespan, now].
  [[nodiscard]] double factor(TimePoint now, Duration timespan);
  /// The period's name at `now`.
  [[nodiscard]] const std::string& period(TimePoint now);
  /// Nothing the schedule says is below this.
  [[nodiscard]] double least_factor() const;

 private:
  /// One UTC day: the period of each minute, and the minutes of each period before it.
  struct Day {
    std::vector<std::uint16_t> period;
    std::vector<std::uint16_t> before;  ///< (minute, period) for minutes 0 … 1440
  };

  const Day& day(std::int64_t number);
  [[nodiscard]] std::size_t period_of(LocalTime local) const;
  [[nodiscard]] std::size_t period_at(TimePoint time);
  /// Adds sign × the milliseconds of each period between the beginning of its day and `time`.
  void add_part(TimePoint time, std::int64_t sign, std::vector<std::int64_t>& share);

  Schedule schedule_;
  boost::unordered_flat_map<std::int64_t, Day> days_;
};

}  // namespace noci::detect
