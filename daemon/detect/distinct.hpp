#pragma once
// How many different values fell into each of several sliding windows, from one set of values.
// Exact (with the window's promise, see window.hpp) while a window holds at most `cap` values;
// beyond that this window is answered by a sliding HyperLogLog until it has been silent for its
// whole length. Shorter windows of the same counter stay exact.
// A value moves to the pane of its newest sighting, so each window is a sum of ones.

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "detect/seen_table.hpp"
#include "detect/sliding_hll.hpp"
#include "detect/window.hpp"

namespace noci::detect {

class DistinctCounter {
 public:
  explicit DistinctCounter(std::size_t spans) : windows_(spans), exact_spans_(spans) {}

  /// `spans` ascending, always the same. False when `at` is too old for all of them.
  bool add(const std::vector<WindowSpan>& spans, std::int64_t cap, TimePoint now, TimePoint at,
           std::uint64_t print);

  struct Answer {
    std::int64_t value = 0;
    bool exact = true;
  };

  [[nodiscard]] Answer value(const std::vector<WindowSpan>& spans, std::size_t span,
                             TimePoint now) const;
  /// See SlidingSum::falls_to; `now` where it is not known.
  [[nodiscard]] TimePoint falls_to(std::int64_t most, const std::vector<WindowSpan>& spans,
                                   std::size_t span, TimePoint now) const;
  /// Never less than any window's value; cheap.
  [[nodiscard]] std::int64_t upper_bound() const;
  [[nodiscard]] std::int64_t bytes() const;
  /// The same values under other windows, after a reload; it had the windows `from`.
  [[nodiscard]] DistinctCounter rebuilt(const std::vector<WindowSpan>& from,
                                        const std::vector<WindowSpan>& spans, std::int64_t cap,
                                        TimePoint now) const;

  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);

 private:
  void count_exactly(const std::vector<WindowSpan>& spans, TimePoint now, TimePoint at,
                     std::uint64_t print);
  void estimate_when_full(const std::vector<WindowSpan>& spans, std::int64_t cap, TimePoint now);

  SeenTable seen_;
  std::vector<SlidingSum> windows_;  ///< by span; those from `exact_spans_` on are empty
  std::size_t exact_spans_;
  std::unique_ptr<SlidingHll> hll_;  ///< of the spans that are not exact
};

}  // namespace noci::detect
