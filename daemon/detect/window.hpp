#pragma once
// A sum over a sliding window of event time, in sparse panes aligned to the epoch: pane number and
// what fell into it. The window is widened by the lateness and by at most one pane, never narrowed:
//   exact(T) <= value(now) <= exact(T + T/64 + lateness), T/16 instead of T/64 above 24 hours,
// whatever the order of arrival within the lateness. Sums saturate instead of overflowing.
// Cost: amortised O(1) for events in order; a quiet window holds one pane or none.

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace noci::detect {

[[nodiscard]] constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

[[nodiscard]] constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) {
    return b > 0 ? INT64_MAX : INT64_MIN;
  }
  return sum;
}

/// Times beyond these (about 35,000 years) are refused everywhere: sums of times cannot overflow.
inline constexpr std::int64_t furthest_time = std::int64_t{1} << 50;

/// One length of window and the panes it is made of.
struct WindowSpan {
  Duration timespan{};
  Duration width{};
  Duration lateness{};

  static WindowSpan of(Duration timespan, Duration lateness);

  [[nodiscard]] std::int64_t pane_of(TimePoint time) const {
    return floor_div(time.time_since_epoch().count(), width.count());
  }

  /// The oldest pane that counts at `now`: the first that ends after now - T - L.
  [[nodiscard]] std::int64_t first_pane(TimePoint now) const {
    return pane_of(now - timespan - lateness);
  }

  /// When a pane stops counting.
  [[nodiscard]] TimePoint end_of(std::int64_t pane) const {
    return TimePoint(width * (pane + 1)) + timespan + lateness;
  }

  /// After this long without an event nothing counts any more.
  [[nodiscard]] Duration horizon() const { return timespan + width + lateness; }
};

class SlidingSum {
 public:
  /// Counts `amount` at time `at`; false when `at` is older than the window at `now`. Both calls
  /// expect that `now` never goes back and is not before `at`.
  bool add(const WindowSpan& span, TimePoint now, TimePoint at, std::int64_t amount);
  /// Takes back what was added at `at`, if it still counts.
  void remove(const WindowSpan& span, TimePoint now, TimePoint at, std::int64_t amount);
  [[nodiscard]] std::int64_t value(const WindowSpan& span, TimePoint now) const;

  /// When the value will be at most `most` if nothing is added: `now` or later.
  [[nodiscard]] TimePoint falls_to(std::int64_t most, const WindowSpan& span, TimePoint now) const;

  /// Never less than value(); costs nothing.
  [[nodiscard]] std::int64_t upper_bound() const { return total_; }

  void clear();

  [[nodiscard]] std::size_t panes() const { return panes_.size() - first_; }

  [[nodiscard]] std::int64_t bytes() const;
  /// Takes what another window of the same thing knows; never under-counts, keeps late panes late.
  void pour(const SlidingSum& other, const WindowSpan& from, const WindowSpan& to, TimePoint now);

  void save(ByteWriter& out) const;
  /// False when the bytes are not a window.
  [[nodiscard]] bool load(ByteReader& in);

 private:
  struct Pane {
    std::int64_t number;
    std::int64_t sum;
  };

  void expire(std::int64_t first_pane);
  void sum_up();

  std::vector<Pane> panes_;  ///< ascending; those before `first_` are expired
  std::size_t first_ = 0;
  std::int64_t total_ = 0;  ///< of the panes from `first_` on
};

}  // namespace noci::detect
