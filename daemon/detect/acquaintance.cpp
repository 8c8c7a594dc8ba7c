#include "detect/acquaintance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace noci::detect {
namespace {

using std::chrono::hours;

constexpr std::uint32_t hours_of(Duration duration) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<hours>(duration).count());
}

constexpr std::uint32_t remembered_hours = hours_of(Acquaintance::remembered);
constexpr std::uint32_t new_hours = hours_of(Acquaintance::stays_new);
constexpr std::uint32_t settled_hours = KnownDays::most_days * 24;

// A phone changes its address many times a day; the other kinds are what people and their clients
// keep to. With all of them an account has 2.5 kB, usually a quarter of that.
constexpr std::array<std::size_t, item_kinds> caps{64, 48, 12, 24, 16, 96, 48};

constexpr std::size_t index_of(Trait trait) {
  return static_cast<std::size_t>(trait) - static_cast<std::size_t>(Trait::address);
}

/// From `past` to `hour`, both cut to 16 bits; 0 when that lies ahead, as late lines may have it.
std::uint32_t elapsed(std::uint32_t hour, std::uint16_t past) {
  const auto difference = static_cast<std::uint16_t>(hour - past);
  return difference < 0x8000 ? difference : 0;
}

/// The bit of an hour of the day, and of the hours beside it: who begins at eight once may begin
/// at seven.
std::uint64_t bit_of(int hour_of_day) {
  return std::uint64_t{1} << hour_of_day;
}

std::uint64_t bits_around(int hour_of_day) {
  const int day = hour_of_day / 24 * 24;
  const int hour = hour_of_day % 24;
  return bit_of(day + hour) | bit_of(day + (hour + 1) % 24) | bit_of(day + (hour + 23) % 24);
}

std::int8_t days_of(std::uint32_t age) {
  return static_cast<std::int8_t>(std::min<std::int64_t>(age / 24, KnownDays::most_days));
}

/// The fingerprints in it are seeded and as good as random, so what mixes them may be simple.
std::uint64_t print_of(const Meeting& meeting) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
  std::uint64_t print = (std::uint64_t{meeting.hour} << 8) +
                        static_cast<std::uint64_t>(meeting.hour_of_day.value_or(-1) + 1);
  for (const std::uint32_t item : meeting.prints) {
    print = (print ^ item) * odd;
    print ^= print >> 29;
  }
  return print == 0 ? 1 : print;
}

/// Less is no journey: databases err, and phones answer through distant gateways.
constexpr double journey_km = 100;
constexpr Duration place_unit = std::chrono::minutes{10};
constexpr double degree_parts = 1e4;

}  // namespace

bool Acquaintance::is_warm() const {
  return days_ >= warm_days && last_ - first_ >= hours_of(warm_after);
}

bool Acquaintance::meet(const Meeting& meeting, Novelty& novelty, KnownDays& days) {
  const std::uint64_t shape = print_of(meeting);
  if (told_.meeting == shape) {
    novelty = told_.novelty;
    days = told_.days;
    return false;
  }
  const bool changed = take_in(meeting, novelty, days);
  told_ = {shape, novelty, days};
  return changed;
}

bool Acquaintance::take_in(const Meeting& meeting, Novelty& novelty, KnownDays& days) {
  bool changed = false;
  if (days_ == 0 || meeting.hour > last_ + remembered_hours) {
    first_ = meeting.hour;
    last_ = meeting.hour;
    days_ = 1;
    counts_ = {};
    items_.clear();
    hours_ = {};
    hours_since_ = meeting.hour;
    changed = true;
  }
  if (meeting.hour > last_) {
    const bool next_day = meeting.hour / 24 != last_ / 24;
    last_ = meeting.hour;
    changed = true;
    if (next_day) {
      days_ = static_cast<std::uint8_t>(std::min<int>(days_ + 1, warm_days));
      forget_old();
    }
  }
  days.account = days_of(last_ - first_);
  std::array<std::optional<std::int8_t>, item_kinds> known{};
  for (std::size_t kind = 0; kind < item_kinds; ++kind) {
    if (meeting.prints[kind] == 0) {
      continue;
    }
    const std::uint32_t age = use(kind, meeting.prints[kind], meeting.hour, changed);
    if (is_warm()) {
      novelty.set(static_cast<Trait>(kind + static_cast<std::size_t>(Trait::address)),
                  age < new_hours);
      known[kind] = days_of(age);
    }
  }
  days.address = known[index_of(Trait::address)];
  days.network = known[index_of(Trait::network)];
  days.agent = known[index_of(Trait::agent)];
  if (meeting.hour_of_day) {
    const bool is_new = is_new_hour(meeting, changed);
    if (is_warm() && last_ - first_ >= hours_of(hours_warm_after)) {
      novelty.set(Trait::hour, is_new);
    }
  }
  return changed;
}

std::uint32_t Acquaintance::use(std::size_t kind, std::uint32_t item, std::uint32_t hour,
                                bool& changed) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < kind; ++i) {
    begin += counts_[i];
  }
  const auto first = items_.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto last = first + counts_[kind];
  const auto found =
      std::find_if(first, last, [&](const Item& known) { return known.print == item; });
  if (found != last) {
    if (elapsed(hour, found->last) > 0) {
      found->last = static_cast<std::uint16_t>(hour);
      changed = true;
    }
    const std::uint32_t age = elapsed(hour, found->first);
    if (age > 2 * settled_hours) {
      // Lest it wraps in years; twice, for late requests must find it settled too.
      found->first = static_cast<std::uint16_t>(hour - 2 * settled_hours);
    }
    return age;
  }
  changed = true;
  const std::uint32_t since = is_warm() ? hour : hour - settled_hours;
  const Item fresh{item, static_cast<std::uint16_t>(since), static_cast<std::uint16_t>(hour)};
  if (counts_[kind] == caps[kind]) {
    *std::max_element(first, last, [&](const Item& a, const Item& b) {
      return elapsed(last_, a.last) < elapsed(last_, b.last);
    }) = fresh;
  } else {
    ++counts_[kind];
    items_.insert(last, fresh);
  }
  return hour - since;
}

void Acquaintance::forget_old() {
  std::size_t begin = 0;
  for (std::uint8_t& count : counts_) {
    const auto first = items_.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto end = first + count;
    const auto kept = std::remove_if(
        first, end, [&](const Item& item) { return elapsed(last_, item.last) > remembered_hours; });
    count = static_cast<std::uint8_t>(kept - first);
    items_.erase(kept, end);
    begin += count;
  }
  if (last_ - hours_since_ >= remembered_hours / 2) {
    hours_ = {0, last_ - hours_since_ < remembered_hours ? hours_[0] : 0};
    hours_since_ = last_;
  }
}

bool Acquaintance::is_new_hour(const Meeting& meeting, bool& changed) {
  const std::uint64_t used = hours_[0] | hours_[1];
  if ((hours_[0] & bit_of(*meeting.hour_of_day)) == 0) {
    hours_[0] |= bit_of(*meeting.hour_of_day);
    changed = true;
  }
  if ((used & bits_around(*meeting.hour_of_day)) == 0) {
    new_hour_ = meeting.hour;
    changed = true;
  }
  return new_hour_ == meeting.hour;
}

std::optional<std::int64_t> Acquaintance::travel(const Coordinates& here, TimePoint at,
                                                 bool& changed) {
  constexpr double most_kmh = 1e6;
  const std::int64_t unit = std::chrono::floor<Duration>(at.time_since_epoch()) / place_unit;
  if (unit <= 0 || unit > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  std::optional<std::int64_t> kmh;
  if (located_ != 0) {
    const double km = distance_km({latitude_ / degree_parts, longitude_ / degree_parts}, here);
    if (km < journey_km) {
      kmh = 0;
      if (unit <= located_) {
        return kmh;
      }
    } else {
      const Duration took = at - TimePoint(place_unit * located_);
      const double passed = std::max<double>(std::abs(static_cast<double>(took.count())), 60'000);
      kmh = std::llround(std::min(km / passed * 3'600'000, most_kmh));
    }
  }
  latitude_ = static_cast<std::int32_t>(std::lround(here.latitude * degree_parts));
  longitude_ = static_cast<std::int32_t>(std::lround(here.longitude * degree_parts));
  located_ = static_cast<std::uint32_t>(unit);
  changed = true;
  return kmh;
}

std::int64_t Acquaintance::bytes() const {
  // Of what is saved only, so that a restored table is as full as the saved one was; vectors have
  // room for about half as much again.
  return static_cast<std::int64_t>(sizeof(Acquaintance) + name_.size() +
                                   items_.size() * sizeof(Item) * 3 / 2);
}

void Acquaintance::save(ByteWriter& out) const {
  out.text(name_);
  out.number(days_);
  out.number(last_);
  out.number(last_ - first_);
  out.fixed64(hours_[0]);
  out.fixed64(hours_[1]);
  out.number(hours_since_);
  out.number(new_hour_);
  out.number(located_);
  if (located_ != 0) {
    out.integer(latitude_);
    out.integer(longitude_);
  }
  for (const std::uint8_t count : counts_) {
    out.number(count);
  }
  for (const Item& item : items_) {
    out.number(item.print);
    out.number(static_cast<std::uint16_t>(last_ - item.last));
    out.number(static_cast<std::uint16_t>(item.last - item.first));
  }
}

bool Acquaintance::load(ByteReader& in) {
  name_ = in.text();
  days_ = static_cast<std::uint8_t>(std::min<std::uint64_t>(in.number(), warm_days));
  last_ = static_cast<std::uint32_t>(in.number());
  first_ = last_ - static_cast<std::uint32_t>(in.number());
  hours_ = {in.fixed64(), in.fixed64()};
  hours_since_ = static_cast<std::uint32_t>(in.number());
  new_hour_ = static_cast<std::uint32_t>(in.number());
  located_ = static_cast<std::uint32_t>(in.number());
  if (located_ != 0) {
    latitude_ = static_cast<std::int32_t>(in.integer());
    longitude_ = static_cast<std::int32_t>(in.integer());
  }
  std::size_t sum = 0;
  for (std::size_t kind = 0; kind < item_kinds; ++kind) {
    const std::uint64_t count = in.count();
    if (count > caps[kind]) {
      return false;
    }
    counts_[kind] = static_cast<std::uint8_t>(count);
    sum += count;
  }
  items_.reserve(sum);
  for (std::size_t i = 0; i < sum && in.ok(); ++i) {
    Item item{};
    item.print = static_cast<std::uint32_t>(in.number());
    item.last = static_cast<std::uint16_t>(last_ - in.number());
    item.first = static_cast<std::uint16_t>(item.last - in.number());
    items_.push_back(item);
  }
  return in.ok();
}

}  // namespace noci::detect
