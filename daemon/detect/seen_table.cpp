#include "detect/seen_table.hpp"

#include <algorithm>
#include <bit>

#include "detect/window.hpp"

namespace noci::detect {
namespace {

constexpr std::size_t smallest = 4;
constexpr int largest_capacity_bits = 40;

}  // namespace

SeenTable::Seen& SeenTable::find_or_add(std::uint64_t print, TimePoint at, TimePoint oldest,
                                        bool& fresh) {
  print = print == 0 ? 1 : print;
  if (!slots_.empty()) {
    Seen& seen = slots_[place_of(print)];
    if (seen.print == print) {
      fresh = false;
      return seen;
    }
  }
  if ((size_ + 1) * 4 > slots_.size() * 3) {
    std::size_t living = 0;
    for_each([&](const Seen& seen) { living += seen.last >= oldest ? 1 : 0; });
    rebuild(std::max(smallest, std::bit_ceil((living + 1) * 2)), oldest);
  }
  fresh = true;
  ++size_;
  return slots_[place_of(print)] = {print, at};
}

std::int64_t SeenTable::bytes() const {
  return static_cast<std::int64_t>(slots_.size() * sizeof(Seen));
}

void SeenTable::clear() {
  slots_ = {};
  size_ = 0;
}

std::size_t SeenTable::place_of(std::uint64_t print) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t place = print & mask;
  while (slots_[place].print != 0 && slots_[place].print != print) {
    place = (place + 1) & mask;
  }
  return place;
}

void SeenTable::rebuild(std::size_t capacity, TimePoint oldest) {
  std::vector<Seen> old(capacity);
  old.swap(slots_);
  size_ = 0;
  for (const Seen& seen : old) {
    if (seen.print != 0 && seen.last >= oldest) {
      slots_[place_of(seen.print)] = seen;
      ++size_;
    }
  }
}

void SeenTable::save(ByteWriter& out) const {
  std::vector<Seen> sorted;
  sorted.reserve(size_);
  for_each([&](const Seen& seen) { sorted.push_back(seen); });
  std::ranges::sort(sorted, {}, &Seen::print);
  out.number(size_);
  out.number(slots_.empty() ? 0 : static_cast<std::uint64_t>(std::bit_width(slots_.size())));
  std::int64_t previous = 0;
  for (const Seen& seen : sorted) {
    out.fixed64(seen.print);
    out.integer(seen.last.time_since_epoch().count() - previous);
    previous = seen.last.time_since_epoch().count();
  }
}

bool SeenTable::load(ByteReader& in) {
  clear();
  const std::uint64_t count = in.count();
  const std::uint64_t width = in.number();
  if (width == 0) {
    return in.ok() && count == 0;
  }
  // Never larger than what the entries explain: a hostile blob must not ask for memory.
  if (width > largest_capacity_bits || (std::size_t{1} << (width - 1)) < smallest ||
      (std::size_t{1} << (width - 1)) > std::max(smallest, 8 * (count + 1)) ||
      count * 4 > (std::size_t{1} << (width - 1)) * 3) {
    return false;
  }
  slots_.resize(std::size_t{1} << (width - 1));
  std::int64_t previous = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t print = in.fixed64();
    if (__builtin_add_overflow(previous, in.integer(), &previous) || print == 0 ||
        previous < -furthest_time || previous > furthest_time) {
      return false;
    }
    Seen& seen = slots_[place_of(print)];
    size_ += seen.print == 0 ? 1 : 0;
    seen = {print, TimePoint(Duration(previous))};
  }
  return in.ok();
}

}  // namespace noci::detect
