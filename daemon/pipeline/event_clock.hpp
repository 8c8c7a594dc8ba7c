#pragma once
// Which event times are believed. Lines are written by attackers and clocks are set by people, so
// one absurd stamp must not move the clock that windows are judged by: a jump forward of more than
// an hour is believed only when three requests in a row, with ids close together, agree on it, and
// live never beyond the arrival of the line plus five minutes. Times before that are clamped.
// Late lines are not absurd: the windows take them as they are.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "model/event.hpp"

namespace noci {

class EventClock {
 public:
  /// The time to count `event` at: its own, or the newest believed one when its own is absurd.
  /// `latest` is the arrival plus tolerance in `run`, nothing in replay.
  [[nodiscard]] TimePoint believe(const Event& event, std::optional<TimePoint> latest);

  /// The newest believed time; unset before the first event.
  [[nodiscard]] std::optional<TimePoint> newest() const { return newest_; }

  [[nodiscard]] std::uint64_t clamped() const { return clamped_; }

  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

  static constexpr Duration live_tolerance = std::chrono::minutes{5};

 private:
  [[nodiscard]] bool jump_confirmed(const Event& event);

  /// A jump that is waiting for more requests to agree.
  struct Jump {
    TimePoint time;
    std::uint64_t request = 0;
    int agreed = 0;
  };

  std::optional<TimePoint> newest_;
  Jump jump_;
  std::uint64_t clamped_ = 0;
};

/// The counter of a request id such as `GET-1234`; nothing for ids of another form.
[[nodiscard]] std::optional<std::uint64_t> request_number(std::string_view request_id);

}  // namespace noci
