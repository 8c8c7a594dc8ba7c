#include "detect/sliding_hll.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace noci::detect {
namespace {

/// 2 to the power of minus each rank.
constexpr auto inverse_powers = [] {
  std::array<double, 65> powers{1.0};
  for (std::size_t rank = 1; rank < powers.size(); ++rank) {
    powers[rank] = powers[rank - 1] / 2;
  }
  return powers;
}();

}  // namespace

double SlidingHll::standard_error_pct() {
  return 104.0 / std::sqrt(static_cast<double>(registers));
}

SlidingHll::SlidingHll() : marks_(registers) {}

void SlidingHll::add(std::uint64_t print, TimePoint at, TimePoint oldest) {
  newest_ = std::max(newest_, at);
  auto& marks = marks_[print >> (64 - register_bits)];
  const std::uint64_t rest = (print << register_bits) | (std::uint64_t{1} << (register_bits - 1));
  const auto rank = static_cast<std::uint8_t>(std::countl_zero(rest) + 1);
  const std::size_t before = marks.size();
  while (!marks.empty() && marks.back().at < oldest) {
    marks.pop_back();
  }
  // The first mark that is older than this one; those in front are as new or newer.
  const auto place =
      std::find_if(marks.begin(), marks.end(), [&](const Mark& mark) { return mark.at < at; });
  if (at >= oldest && (place == marks.begin() || std::prev(place)->rank < rank)) {
    const auto higher =
        std::find_if(place, marks.end(), [&](const Mark& mark) { return mark.rank > rank; });
    marks.insert(marks.erase(place, higher), {at, rank});
    // A mark of the same instant and lower rank can no longer be a maximum.
    const auto mine =
        std::find_if(marks.begin(), marks.end(), [&](const Mark& mark) { return mark.at <= at; });
    if (mine->rank < rank) {
      marks.erase(mine);
    }
  }
  mark_count_ += marks.size();
  mark_count_ -= before;
}

std::int64_t SlidingHll::estimate(const WindowSpan& span, TimePoint now) const {
  const TimePoint border = span.border(now);
  double inverse_sum = 0;
  std::size_t empty = 0;
  for (const auto& marks : marks_) {
    int rank = 0;
    for (const Mark& mark : marks) {
      if (mark.at < border) {
        break;
      }
      rank = mark.rank;
    }
    empty += rank == 0 ? 1 : 0;
    inverse_sum += inverse_powers[static_cast<std::size_t>(rank)];
  }
  constexpr auto m = static_cast<double>(registers);
  const double raw = 0.7213 / (1 + 1.079 / m) * m * m / inverse_sum;
  if (raw <= 2.5 * m && empty > 0) {
    return std::llround(m * std::log(m / static_cast<double>(empty)));
  }
  return std::llround(raw);
}

std::int64_t SlidingHll::bytes() const {
  return static_cast<std::int64_t>(sizeof(SlidingHll) + registers * sizeof(std::vector<Mark>) +
                                   mark_count_ * sizeof(Mark));
}

void SlidingHll::save(ByteWriter& out) const {
  out.integer(newest_.time_since_epoch().count());
  for (const auto& marks : marks_) {
    out.number(marks.size());
    for (const Mark& mark : marks) {
      out.integer((newest_ - mark.at).count());
      out.number(mark.rank);
    }
  }
}

bool SlidingHll::load(ByteReader& in) {
  const std::int64_t newest = in.integer();
  if (newest < -furthest_time || newest > furthest_time) {
    return false;
  }
  newest_ = TimePoint(Duration(newest));
  mark_count_ = 0;
  for (auto& marks : marks_) {
    marks.clear();
    const std::uint64_t count = in.count();
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
      const std::int64_t age = in.integer();
      const std::uint64_t rank = in.number();
      if (age < 0 || age > 2 * furthest_time || rank == 0 || rank > 64) {
        return false;
      }
      const Mark mark{newest_ - Duration(age), static_cast<std::uint8_t>(rank)};
      if (!marks.empty() && (marks.back().at <= mark.at || marks.back().rank >= mark.rank)) {
        return false;
      }
      marks.push_back(mark);
    }
    mark_count_ += marks.size();
  }
  return in.ok();
}

}  // namespace noci::detect
