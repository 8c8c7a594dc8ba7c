#pragma once
// The request numbers of a process from one start to the next: how far the counter came, when, and
// which of the latest numbers have had their access line. Bounded: 16,384 numbers one by one, and
// the times of the last four million in coarse steps.

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace noci {

struct Epoch {
  /// Ids whose lines are remembered one by one.
  static constexpr std::uint64_t window = 16'384;

  std::uint64_t lowest = 0;  ///< where following began
  std::uint64_t highest = 0;
  TimePoint begin;
  TimePoint newest;
  bool has_ids = false;  ///< a counter was seen
  std::array<std::uint64_t, window / 64> seen{};
  std::array<TimePoint, 256> passed{};  ///< when the counter passed multiples of `window`

  /// The id's access line has come; only for ids within the window.
  [[nodiscard]] bool holds(std::uint64_t id) const;
  void mark(std::uint64_t id);
  /// Nobody waits for so long for an answer as this id would have been in the making at `time`.
  [[nodiscard]] bool is_long_gone(std::uint64_t id, TimePoint time) const;
  /// The counter comes by the next number.
  void step();
  /// The counter has come to `id` without anything in between having been seen.
  void leap(std::uint64_t id);

  void save(ByteWriter& out) const;
  void restore(ByteReader& in);
};

}  // namespace noci
