#pragma once
// Sums over a ladder of sliding windows of event time, from a second to a month, in one sparse
// list of panes aligned to the epoch: fine where the shortest window still looks, coarser the
// further back. Each window is widened by the lateness and by at most one pane, never narrowed:
//   exact(T) <= value(now) <= exact(T + T/64 + lateness), T/16 instead of T/64 above 24 hours,
// whatever the order of arrival within the lateness. Sums saturate instead of overflowing.
// Widths are powers of two, so that the panes of a long window are made of whole panes of every
// shorter one. Cost: amortised O(1) for events in order; 16 bytes per pane, of which a busy key
// has some 90 for each window and a quiet one as many as it had busy times.

#include <cstdint>
#include <span>
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
  Duration width{};  ///< a power of two of milliseconds
  Duration lateness{};

  static WindowSpan of(Duration timespan, Duration lateness);

  [[nodiscard]] std::int64_t pane_of(TimePoint time) const {
    return floor_div(time.time_since_epoch().count(), width.count());
  }

  /// Where the pane of `time` begins: a power of two clears its lower bits, also before the epoch.
  [[nodiscard]] TimePoint start_of(TimePoint time) const {
    return TimePoint(Duration(time.time_since_epoch().count() & -width.count()));
  }

  /// The oldest pane that counts at `now`: the first that ends after now - T - L.
  [[nodiscard]] std::int64_t first_pane(TimePoint now) const {
    return pane_of(now - timespan - lateness);
  }

  /// Where that pane begins.
  [[nodiscard]] TimePoint border(TimePoint now) const {
    return start_of(now - timespan - lateness);
  }

  /// When a pane stops counting.
  [[nodiscard]] TimePoint end_of(std::int64_t pane) const {
    return TimePoint(width * (pane + 1)) + timespan + lateness;
  }

  /// After this long without an event nothing counts any more.
  [[nodiscard]] Duration horizon() const { return timespan + width + lateness; }
};

/// The windows of a ladder, shortest first; not empty, and for one ladder always the same.
using Spans = std::span<const WindowSpan>;

class LadderSum {
 public:
  /// Counts `amount` at time `at`; false when `at` is older than every window at `now`. All calls
  /// expect that `now` never goes back and is not before `at`.
  bool add(Spans spans, TimePoint now, TimePoint at, std::int64_t amount);
  /// Takes back what was added at `at`, if it still counts.
  void remove(Spans spans, TimePoint now, TimePoint at, std::int64_t amount);
  /// Of one window of the ladder.
  [[nodiscard]] std::int64_t value(const WindowSpan& span, TimePoint now) const;

  /// When the value will be at most `most` if nothing is added: `now` or later.
  [[nodiscard]] TimePoint falls_to(std::int64_t most, const WindowSpan& span, TimePoint now) const;

  /// The same amounts under another ladder, after a reload. Windows that both have keep their
  /// values; others never count less than is known.
  [[nodiscard]] LadderSum rebuilt(Spans from, Spans to, TimePoint now) const;

  [[nodiscard]] std::size_t panes() const { return panes_.size(); }

  [[nodiscard]] std::int64_t bytes() const {
    return static_cast<std::int64_t>(sizeof(LadderSum) + panes_.size() * sizeof(Pane));
  }

  void save(ByteWriter& out) const;
  /// False when the bytes are not a ladder's.
  [[nodiscard]] bool load(ByteReader& in);

 private:
  struct Pane {
    TimePoint start;
    std::int64_t sum;
  };

  void compact(Spans spans, TimePoint now);

  std::vector<Pane> panes_;       ///< ascending
  std::uint32_t compact_at_ = 8;  ///< so many panes are looked through, and what has aged merged
};

}  // namespace noci::detect
