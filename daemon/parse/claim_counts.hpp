#pragma once
// How often each of a few thousand keys is there. Linear probing, and what is taken out leaves no
// trace, so that a table of the usual size is never made anew: adding and taking out by turns
// allocates nothing. Keys are mixed already (custody.cpp, claim_of).

#include <cstdint>
#include <vector>

namespace noci {

class ClaimCounts {
 public:
  void add(std::uint64_t key) {
    if (2 * (size_ + 1) > slots_.size()) {
      grow();
    }
    Slot& slot = slots_[place_of(key)];
    size_ += slot.count == 0 ? 1 : 0;
    slot.key = key;
    ++slot.count;
  }

  [[nodiscard]] std::uint32_t count(std::uint64_t key) const {
    return slots_.empty() ? 0 : slots_[place_of(key)].count;
  }

  /// One of a key that is there.
  void remove(std::uint64_t key) {
    std::size_t hole = place_of(key);
    if (--slots_[hole].count > 0) {
      return;
    }
    --size_;
    // Who stands behind the hole and belongs before it moves up.
    for (std::size_t at = after(hole); slots_[at].count > 0; at = after(at)) {
      const std::size_t home = home_of(slots_[at].key);
      const bool reaches = hole <= at ? home <= hole || home > at : home <= hole && home > at;
      if (reaches) {
        slots_[hole] = slots_[at];
        slots_[at].count = 0;
        hole = at;
      }
    }
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t count = 0;  ///< 0: free
  };

  [[nodiscard]] std::size_t home_of(std::uint64_t key) const {
    return (key ^ key >> 32) & (slots_.size() - 1);
  }

  [[nodiscard]] std::size_t after(std::size_t place) const {
    return (place + 1) & (slots_.size() - 1);
  }

  [[nodiscard]] std::size_t place_of(std::uint64_t key) const {
    std::size_t place = home_of(key);
    while (slots_[place].count > 0 && slots_[place].key != key) {
      place = after(place);
    }
    return place;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 256 : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.count > 0) {
        slots_[place_of(slot.key)] = slot;
      }
    }
  }

  std::vector<Slot> slots_;  ///< a power of two, at most half full
  std::size_t size_ = 0;
};

}  // namespace noci
