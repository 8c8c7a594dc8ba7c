#pragma once
// How long a log is usually silent, learnt from the log itself: the longest silence of the last
// half hours in which it spoke, and of the same hours on the past seven days. A silence is too long
// when it exceeds that by a factor, within bounds from the settings: a busy log is missed after
// minutes, a quiet one at night is not. Fed with time that was really watched, so that neither a
// suspended machine nor a clock that was set makes a silence. No clock, no files.

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace noci {

class Rhythm {
 public:
  struct Bounds {
    Duration warm_up{};  ///< the log must have spoken for this long before anything is usual
    Duration least{};    ///< no shorter silence is too long
    Duration most{};     ///< any longer one is; also while nothing is known
  };

  /// One look: `watched` is the time since the last one, `heard` whether something came meanwhile.
  void look(TimePoint now, Duration watched, bool heard, const Bounds& bounds);

  [[nodiscard]] Duration silence() const { return silence_; }

  /// From here on a silence is too long.
  [[nodiscard]] Duration limit(TimePoint now, const Bounds& bounds) const;

  [[nodiscard]] bool is_overdue(TimePoint now, const Bounds& bounds) const {
    return silence_ > limit(now, bounds);
  }

  /// It has spoken for long enough to know what is usual.
  [[nodiscard]] bool is_warm(const Bounds& bounds) const {
    return heard_ && known_ >= bounds.warm_up;
  }

  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

 private:
  static constexpr std::size_t hours_kept = 7 * 24;

  /// The longest silence that reached into one hour.
  struct Hour {
    std::int64_t number = -1;  ///< hours since the epoch; -1: never watched
    Duration longest{};
  };

  void learn(TimePoint now, Duration gap);
  void note(std::int64_t hour, Duration gap);

  bool heard_ = false;
  Duration known_{};                  ///< watched between the first and the last sign of life
  Duration silence_{};                ///< since the last one
  Duration half_hour_{};              ///< how much of the current half hour of speaking is over
  std::array<Duration, 2> recent_{};  ///< longest silence of this and the last such half hour
  std::array<Hour, hours_kept> hours_{};
};

}  // namespace noci
