#pragma once
// How many different values fell into each window of a ladder, from one set of values.
// Exact (with the windows' promise, see window.hpp) while a window holds at most `cap` values;
// beyond that this window is answered by a sliding HyperLogLog until it has been silent for its
// whole length. Shorter windows of the same counter stay exact.
// A value moves to the pane of its newest sighting, so each window is a sum of ones.

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "detect/seen_table.hpp"
#include "detect/sliding_hll.hpp"
#include "detect/window.hpp"

namespace noci::detect {

class DistinctCounter {
 public:
  explicit DistinctCounter(std::size_t spans)
      : spans_(static_cast<std::uint32_t>(spans)), exact_spans_(spans_) {}

  struct Added {
    bool counted = false;             ///< false when `at` is too old for all windows
    std::optional<TimePoint> before;  ///< when the value was last seen, if that is remembered
  };

  /// Whether the value before was the same, in the same pane: no window would change. Notes it.
  [[nodiscard]] bool is_repeat(Spans spans, TimePoint at, std::uint64_t print);
  /// `spans` always the same.
  Added add(Spans spans, std::int64_t cap, TimePoint now, TimePoint at, std::uint64_t print);

  struct Answer {
    std::int64_t value = 0;
    bool exact = true;
  };

  [[nodiscard]] Answer value(Spans spans, std::size_t span, TimePoint now) const;
  /// See LadderSum::falls_to; `now` where it is not known.
  [[nodiscard]] TimePoint falls_to(std::int64_t most, Spans spans, std::size_t span,
                                   TimePoint now) const;

  [[nodiscard]] std::int64_t bytes() const;
  /// The same values under other windows, after a reload; it had the windows `from`.
  [[nodiscard]] DistinctCounter rebuilt(Spans from, Spans spans, std::int64_t cap,
                                        TimePoint now) const;

  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);

 private:
  std::optional<TimePoint> count_exactly(Spans spans, TimePoint now, TimePoint at,
                                         std::uint64_t print);
  void estimate_when_full(Spans spans, std::int64_t cap, TimePoint now);

  std::uint64_t newest_ = 0;  ///< value and pane of the last look; only spares the next
  SeenTable seen_;
  LadderSum ladder_;  ///< of the first `exact_spans_` windows
  std::uint32_t spans_;
  std::uint32_t exact_spans_;
  std::unique_ptr<SlidingHll> hll_;  ///< of the others
};

}  // namespace noci::detect
