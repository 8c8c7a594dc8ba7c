#pragma once
// Which values were seen last when: seeded fingerprint -> time, in one small block of memory.
// Open addressing without tombstones: nothing is taken out but by rebuilding, when it is full.
// The fingerprints are uniform (SipHash under a secret seed), so the low bits are the hash.

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace noci::detect {

class SeenTable {
 public:
  struct Seen {
    std::uint64_t print = 0;  ///< 0: free
    TimePoint last;
  };

  /// The entry of `print`, made with `fresh` true when there was none. What was seen before
  /// `oldest` may be forgotten. The reference is good until the next call.
  Seen& find_or_add(std::uint64_t print, TimePoint at, TimePoint oldest, bool& fresh);

  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] std::int64_t bytes() const;
  void clear();

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Seen& seen : slots_) {
      if (seen.print != 0) {
        visit(seen);
      }
    }
  }

  /// The capacity is saved too, so that a restored table is rebuilt when the saved one would be.
  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);

 private:
  [[nodiscard]] std::size_t place_of(std::uint64_t print) const;
  void rebuild(std::size_t capacity, TimePoint oldest);

  std::vector<Seen> slots_;  ///< a power of two, at most three quarters full
  std::size_t size_ = 0;
};

}  // namespace noci::detect
