#include "detect/dirty_slots.hpp"

#include <algorithm>

namespace noci::detect {

std::vector<std::uint32_t> DirtySlots::take(std::size_t size) {
  std::vector<std::uint32_t> taken = std::exchange(slots_, {});
  for (const std::uint32_t slot : taken) {
    is_dirty_[slot] = false;
  }
  std::erase_if(taken, [&](std::uint32_t slot) { return slot >= size; });
  std::ranges::sort(taken);
  return taken;
}

}  // namespace noci::detect
