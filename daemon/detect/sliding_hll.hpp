#pragma once
// An estimate of how many different values were seen in any window of event time, from bounded
// memory: Sliding HyperLogLog (Chabchoub, Hébrail: "Sliding HyperLogLog: Estimating Cardinality
// in a Data Stream over a Sliding Window", 2010) over HyperLogLog (Flajolet, Fusy, Gandouet,
// Meunier, 2007) with linear counting for small counts. Each register keeps the ranks that may
// still become its maximum when newer ones expire. Values are 64-bit seeded fingerprints.

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "detect/window.hpp"

namespace noci::detect {

class SlidingHll {
 public:
  /// 2048 registers: 2.3 % standard error, and about as large as the exact set that it replaces.
  static constexpr int register_bits = 11;
  static constexpr std::size_t registers = std::size_t{1} << register_bits;
  [[nodiscard]] static double standard_error_pct();

  SlidingHll();
  /// Marks older than `oldest` are forgotten.
  void add(std::uint64_t print, TimePoint at, TimePoint oldest);
  [[nodiscard]] std::int64_t estimate(const WindowSpan& span, TimePoint now) const;

  [[nodiscard]] TimePoint newest() const { return newest_; }

  [[nodiscard]] std::int64_t bytes() const;

  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);

 private:
  struct Mark {
    TimePoint at;
    std::uint8_t rank;
  };

  /// Per register newest first, ranks strictly rising: an older mark only matters if it is higher.
  std::vector<std::vector<Mark>> marks_;
  std::size_t mark_count_ = 0;
  TimePoint newest_{Duration{-furthest_time}};
};

}  // namespace noci::detect
