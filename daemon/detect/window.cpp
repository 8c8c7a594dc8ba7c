#include "detect/window.hpp"

#include <algorithm>

namespace noci::detect {
namespace {

constexpr Duration longest_fine_window = std::chrono::hours{24};

}  // namespace

WindowSpan WindowSpan::of(Duration timespan, Duration lateness) {
  const int parts = timespan > longest_fine_window ? 16 : 64;
  return {timespan, std::max(timespan / parts, Duration{1}), lateness};
}

bool SlidingSum::add(const WindowSpan& span, TimePoint now, TimePoint at, std::int64_t amount) {
  const std::int64_t oldest = span.first_pane(now);
  expire(oldest);
  const std::int64_t number = span.pane_of(at);
  if (number < oldest) {
    return false;
  }
  if (panes_.empty() || panes_.back().number < number) {
    panes_.push_back({number, amount});
  } else if (panes_.back().number == number) {
    panes_.back().sum = saturating_add(panes_.back().sum, amount);
  } else {
    const auto begin = panes_.begin() + static_cast<std::ptrdiff_t>(first_);
    const auto place = std::lower_bound(
        begin, panes_.end(), number,
        [](const Pane& pane, std::int64_t wanted) { return pane.number < wanted; });
    if (place != panes_.end() && place->number == number) {
      place->sum = saturating_add(place->sum, amount);
    } else {
      panes_.insert(place, {number, amount});
    }
  }
  total_ = saturating_add(total_, amount);
  return true;
}

void SlidingSum::remove(const WindowSpan& span, TimePoint now, TimePoint at, std::int64_t amount) {
  const std::int64_t oldest = span.first_pane(now);
  expire(oldest);
  const std::int64_t number = span.pane_of(at);
  const auto begin = panes_.begin() + static_cast<std::ptrdiff_t>(first_);
  const auto place =
      std::lower_bound(begin, panes_.end(), number,
                       [](const Pane& pane, std::int64_t wanted) { return pane.number < wanted; });
  if (place != panes_.end() && place->number == number) {
    const std::int64_t taken = std::min(place->sum, amount);
    place->sum -= taken;
    total_ -= taken;
  }
}

std::int64_t SlidingSum::value(const WindowSpan& span, TimePoint now) const {
  const std::int64_t oldest = span.first_pane(now);
  if (panes() == 0 || panes_[first_].number >= oldest) {
    return total_;
  }
  std::int64_t sum = 0;
  for (std::size_t i = panes_.size(); i > first_ && panes_[i - 1].number >= oldest; --i) {
    sum = saturating_add(sum, panes_[i - 1].sum);
  }
  return sum;
}

TimePoint SlidingSum::falls_to(std::int64_t most, const WindowSpan& span, TimePoint now) const {
  if (most < 0) {
    return TimePoint(Duration(furthest_time));
  }
  std::int64_t sum = 0;
  for (std::size_t i = panes_.size(); i > first_; --i) {
    sum = saturating_add(sum, panes_[i - 1].sum);
    if (sum > most) {
      return std::max(now, span.end_of(panes_[i - 1].number));
    }
  }
  return now;
}

void SlidingSum::clear() {
  panes_ = {};
  first_ = 0;
  total_ = 0;
}

std::int64_t SlidingSum::bytes() const {
  return static_cast<std::int64_t>(sizeof(SlidingSum) + panes() * sizeof(Pane));
}

void SlidingSum::pour(const SlidingSum& other, const WindowSpan& from, const WindowSpan& to,
                      TimePoint now) {
  for (std::size_t i = other.first_; i < other.panes_.size(); ++i) {
    // A pane counts at its last instant: late rather than early, so nothing is forgotten too soon.
    const TimePoint last(from.width * (other.panes_[i].number + 1) - Duration{1});
    add(to, now, std::min(last, now), other.panes_[i].sum);
  }
}

void SlidingSum::save(ByteWriter& out) const {
  out.number(panes());
  std::int64_t previous = 0;
  for (std::size_t i = first_; i < panes_.size(); ++i) {
    out.integer(panes_[i].number - previous);
    out.integer(panes_[i].sum);
    previous = panes_[i].number;
  }
}

bool SlidingSum::load(ByteReader& in) {
  clear();
  const std::uint64_t count = in.count();
  std::int64_t previous = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::int64_t step = in.integer();
    const std::int64_t sum = in.integer();
    if ((i > 0 && step <= 0) || sum < 0 || __builtin_add_overflow(previous, step, &previous) ||
        previous < -furthest_time || previous > furthest_time) {
      return false;
    }
    panes_.push_back({previous, sum});
  }
  sum_up();
  return in.ok();
}

void SlidingSum::expire(std::int64_t first_pane) {
  const bool was_full = total_ == INT64_MAX;
  std::size_t first = first_;
  while (first < panes_.size() && panes_[first].number < first_pane) {
    total_ -= panes_[first].sum;
    ++first;
  }
  if (first == first_) {
    return;
  }
  first_ = first;
  // Half dead: move the living to the front, so that each pane is moved once on average.
  if (first_ * 2 >= panes_.size()) {
    panes_.erase(panes_.begin(), panes_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  if (was_full) {
    sum_up();
  }
}

void SlidingSum::sum_up() {
  total_ = 0;
  for (std::size_t i = first_; i < panes_.size(); ++i) {
    total_ = saturating_add(total_, panes_[i].sum);
  }
}

}  // namespace noci::detect
