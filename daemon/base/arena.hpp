#pragma once
// Storage for the few strings a line needs beyond its own bytes (decoded ids, unescaped JSON).
// Views stay valid until clear(); blocks are kept and reused, so the steady state allocates
// nothing.

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace noci {

class Arena {
 public:
  /// Room for `size` bytes, uninitialised.
  [[nodiscard]] char* allocate(std::size_t size) {
    while (block_ < blocks_.size() && used_ + size > blocks_[block_].size) {
      ++block_;
      used_ = 0;
    }
    if (block_ == blocks_.size()) {
      const std::size_t capacity = std::max(size, block_size);
      blocks_.push_back({std::make_unique<char[]>(capacity), capacity});
      used_ = 0;
    }
    char* place = blocks_[block_].bytes.get() + used_;
    used_ += size;
    return place;
  }

  [[nodiscard]] std::string_view store(std::string_view text) {
    if (text.empty()) {
      return {};
    }
    char* place = allocate(text.size());
    std::memcpy(place, text.data(), text.size());
    return {place, text.size()};
  }

  void clear() {
    block_ = 0;
    used_ = 0;
  }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  static constexpr std::size_t block_size = 64 * 1024;

  std::vector<Block> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
};

}  // namespace noci
