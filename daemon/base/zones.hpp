#pragma once
// IANA time zones (g++ 12 has none; Howard Hinnant's date/tz over the system's tzdata).
// Synapse's text log prints local time without a zone, so each source names its zone.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace date {
class time_zone;
}

namespace noci {

/// Wall-clock time without a zone, counted from the epoch as if it were UTC.
using LocalTime = std::chrono::local_time<Duration>;

/// Cheap to copy; refers to the process-wide tz database, which lives until exit.
class Zone {
 public:
  static Zone utc();
  /// `Europe/Paris`; an unknown name is an error that says where names come from.
  static Result<Zone> find(std::string_view name);
  /// The zone of this machine (/etc/localtime), UTC where it is not set.
  static Zone current();

  [[nodiscard]] std::string name() const;
  [[nodiscard]] LocalTime to_local(TimePoint time) const;
  /// The hour that repeats in autumn is resolved towards the reading that is nearest to `near`;
  /// a time that spring skips is read as if the clock had not been moved.
  [[nodiscard]] TimePoint to_utc(LocalTime local, TimePoint near) const;

 private:
  explicit Zone(const date::time_zone* zone) : zone_(zone) {}

  const date::time_zone* zone_;
};

}  // namespace noci
