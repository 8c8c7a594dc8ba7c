#include "detect/checkpoint.hpp"

#include <algorithm>

namespace noci::detect {

Taken& Checkpoint::begin(bool whole, std::size_t segments) {
  Taken taken;
  taken.follows = whole ? 0 : newest();
  taken.number = ++number_;
  taken.whole = whole;
  if (whole) {
    needs_.clear();
    turn_ = 0;
    credit_ = 0;
  }
  resize(segments);
  return unsettled_.emplace_back(std::move(taken));
}

std::optional<std::size_t> Checkpoint::next() const {
  const Taken& taken = unsettled_.back();
  const bool is_due = taken.whole || credit_ > 0;
  if (!is_due || taken.segments.size() >= needs_.size()) {
    return std::nullopt;
  }
  return turn_ < needs_.size() ? turn_ : 0;
}

void Checkpoint::rewritten(std::size_t segment, std::size_t bytes) {
  Taken& taken = unsettled_.back();
  credit_ -= taken.whole ? 0 : static_cast<std::int64_t>(bytes);
  needs_[segment] = number_;
  turn_ = segment + 1;
  taken.segments.push_back(segment);
}

std::uint64_t Checkpoint::oldest_needed() const {
  return needs_.empty() ? number_ : *std::ranges::min_element(needs_);
}

std::optional<Taken> Checkpoint::settle(bool kept) {
  if (unsettled_.empty()) {
    return std::nullopt;
  }
  Taken taken = std::move(unsettled_.front());
  unsettled_.pop_front();
  if (kept) {
    kept_ = taken.number;
    return taken;
  }
  for (const std::size_t segment : taken.segments) {
    if (segment < needs_.size() && needs_[segment] == taken.number) {
      needs_[segment] = 0;  // what it replaces was not let go of
    }
  }
  return taken;
}

void Checkpoint::found(std::uint64_t number, bool whole, std::size_t segments) {
  number_ = number;
  kept_ = number;
  if (whole) {
    needs_.clear();
  }
  resize(segments);
}

void Checkpoint::found_segment(std::size_t segment) {
  if (segment < needs_.size()) {
    needs_[segment] = number_;
    turn_ = segment + 1;
  }
}

/// Kept, or on its way to be.
std::uint64_t Checkpoint::newest() const {
  return unsettled_.empty() ? kept_ : unsettled_.back().number;
}

/// A new segment stands in this commit's delta and those after it.
void Checkpoint::resize(std::size_t segments) {
  needs_.resize(segments, number_);
}

}  // namespace noci::detect
