#pragma once
// Which numbers of an array changed since they were last asked for: each once, however often it
// changes hands. So a replay, which never asks, holds no more of them than the array had places.

#include <cstdint>
#include <utility>
#include <vector>

namespace noci::detect {

class DirtySlots {
 public:
  void mark(std::size_t slot) {
    if (slot >= is_dirty_.size()) {
      is_dirty_.resize(slot + 1);
    }
    if (!is_dirty_[slot]) {
      is_dirty_[slot] = true;
      slots_.push_back(static_cast<std::uint32_t>(slot));
    }
  }

  /// Those marked since the last call, ascending, of an array that has `size` places now.
  [[nodiscard]] std::vector<std::uint32_t> take(std::size_t size);

  void clear() {
    slots_.clear();
    is_dirty_.clear();
  }

 private:
  std::vector<std::uint32_t> slots_;
  std::vector<bool> is_dirty_;
};

}  // namespace noci::detect
