#pragma once
// A queue in one block of memory. Places are used again as they are, so that what an element has
// allocated serves the next one, and the steady state allocates nothing.

#include <cstddef>
#include <utility>
#include <vector>

namespace noci {

template <typename T>
class Ring {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }

  [[nodiscard]] std::size_t size() const { return size_; }

  /// Counted from the oldest. References stay good until the next call of spare().
  [[nodiscard]] T& operator[](std::size_t index) { return places_[place_of(index)]; }

  [[nodiscard]] const T& operator[](std::size_t index) const { return places_[place_of(index)]; }

  [[nodiscard]] T& front() { return (*this)[0]; }

  [[nodiscard]] const T& front() const { return (*this)[0]; }

  [[nodiscard]] T& back() { return (*this)[size_ - 1]; }

  [[nodiscard]] const T& back() const { return (*this)[size_ - 1]; }

  /// The place behind the newest, with whatever it held last; push() makes it the newest.
  [[nodiscard]] T& spare() {
    if (size_ == places_.size()) {
      grow();
    }
    return places_[place_of(size_)];
  }

  T& push() {
    T& place = spare();
    ++size_;
    return place;
  }

  void pop_front() {
    first_ = place_of(1);
    --size_;
  }

 private:
  [[nodiscard]] std::size_t place_of(std::size_t index) const {
    return (first_ + index) & (places_.size() - 1);
  }

  void grow() {
    std::vector<T> more(places_.empty() ? 16 : 2 * places_.size());
    for (std::size_t i = 0; i < size_; ++i) {
      more[i] = std::move((*this)[i]);
    }
    places_ = std::move(more);
    first_ = 0;
  }

  std::vector<T> places_;  ///< a power of two
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace noci
