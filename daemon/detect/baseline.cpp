#include "detect/baseline.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "detect/window.hpp"

namespace noci::detect {
namespace {

constexpr std::int64_t day_length = Duration(std::chrono::days{1}).count();
constexpr std::int64_t hour_length = Duration(std::chrono::hours{1}).count();
constexpr std::int64_t hours_of_day = 24;
constexpr std::int64_t week_hours = 168;
/// The epoch was a Thursday.
constexpr std::int64_t hours_before_epoch = 3 * hours_of_day;

constexpr int exact_bits = 4;  // sixteen buckets for each doubling
constexpr std::uint16_t last_bucket = 959;
constexpr std::size_t most_open_days = 2;
/// The scale of the shape: a week counts for a quarter, so a month is remembered.
constexpr std::uint32_t week_weight = 4;

/// What normal noise stays under, as a multiple of the median's own deviation.
constexpr double hampel_bound = 3 * 1.4826;
/// An account that does the same every day is allowed a little more.
constexpr std::int64_t least_deviation = 4;

std::int64_t hour_of(TimePoint time) {
  return floor_div(time.time_since_epoch().count(), hour_length);
}

/// Of the values in the middle the higher.
std::int64_t median_of(std::vector<std::int64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

bool load_day(ByteReader& in, std::int64_t& day) {
  day = in.integer();
  return in.ok() && day > -furthest_time / day_length && day < furthest_time / day_length;
}

}  // namespace

std::int64_t day_of(TimePoint time) {
  return floor_div(time.time_since_epoch().count(), day_length);
}

TimePoint start_of_day(std::int64_t day) {
  return TimePoint(Duration(day * day_length));
}

std::uint16_t bucket_of(std::int64_t amount) {
  if (amount <= 0) {
    return 0;
  }
  const auto value = static_cast<std::uint64_t>(amount);
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - 1 - exact_bits);
  return static_cast<std::uint16_t>((shift << exact_bits) + static_cast<int>(value >> shift));
}

std::int64_t amount_of(std::uint16_t bucket) {
  if (bucket < (2 << exact_bits)) {
    return bucket;
  }
  const int shift = (bucket >> exact_bits) - 1;
  const std::int64_t low = static_cast<std::int64_t>((1 << exact_bits) + (bucket & 15)) << shift;
  return low + ((std::int64_t{1} << shift) - 1);
}

void OwnDays::begin_day(std::int64_t day) {
  if (has_begun() && day <= day_) {
    return;
  }
  const auto slot = [&](std::int64_t at) -> std::uint16_t& {
    return days_[static_cast<std::size_t>(at - floor_div(at, learned_days) * learned_days)];
  };
  if (!has_begun()) {
    first_day_ = day;
  } else {
    slot(day_) = frozen_ ? 0 : bucket_of(total_);
    for (std::int64_t at = std::max(day_ + 1, day - learned_days); at < day; ++at) {
      slot(at) = 0;
    }
    slot(day) = day - day_ >= learned_days ? 0 : slot(day);
  }
  day_ = day;
  total_ = 0;
  frozen_ = false;
}

bool OwnDays::enter_hour(TimePoint at) {
  const std::int64_t hour = hour_of(at);
  if (hour <= hour_) {
    return false;
  }
  hour_ = hour;
  return true;
}

OwnDays::Usual OwnDays::usual() const {
  Usual usual;
  std::vector<std::int64_t> totals;
  for (const std::uint16_t bucket : days_) {
    if (bucket != 0) {
      totals.push_back(amount_of(bucket));
    }
  }
  usual.days = static_cast<int>(totals.size());
  usual.age = has_begun() ? day_ - first_day_ : 0;
  if (totals.empty()) {
    return usual;
  }
  usual.busiest = *std::ranges::max_element(totals);
  const std::int64_t median = median_of(totals);
  std::vector<std::int64_t> deviations;
  deviations.reserve(totals.size());
  for (const std::int64_t total : totals) {
    deviations.push_back(std::abs(total - median));
  }
  const std::int64_t deviation = std::max(median_of(deviations), median / least_deviation);
  const double ordinary =
      static_cast<double>(median) + hampel_bound * static_cast<double>(deviation);
  usual.busy_day =
      static_cast<std::int64_t>(std::min(static_cast<double>(usual.busiest), std::floor(ordinary)));
  return usual;
}

void OwnDays::save(ByteWriter& out) const {
  out.number(has_begun() ? 1 : 0);
  if (!has_begun()) {
    return;
  }
  out.integer(day_);
  out.integer(day_ - first_day_);
  out.integer(total_);
  out.integer(hour_ == INT64_MIN ? -1 : day_ * hours_of_day - hour_ + hours_of_day);
  out.number(frozen_ ? 1 : 0);
  for (const std::uint16_t bucket : days_) {
    out.number(bucket);
  }
}

bool OwnDays::load(ByteReader& in) {
  *this = {};
  if (in.number() == 0) {
    return in.ok();
  }
  if (!load_day(in, day_)) {
    return false;
  }
  const std::int64_t age = in.integer();
  total_ = in.integer();
  const std::int64_t hours = in.integer();
  frozen_ = in.number() != 0;
  if (age < 0 || age > furthest_time / day_length || total_ < 0 || hours < -1 ||
      hours > furthest_time / hour_length) {
    return false;
  }
  first_day_ = day_ - age;
  hour_ = hours == -1 ? INT64_MIN : day_ * hours_of_day - hours + hours_of_day;
  for (std::uint16_t& bucket : days_) {
    const std::uint64_t saved = in.number();
    if (saved > last_bucket) {
      return false;
    }
    bucket = static_cast<std::uint16_t>(saved);
  }
  return in.ok();
}

void PeerDays::move(std::int64_t day, std::int64_t from, std::int64_t to, double quantile) {
  const std::uint16_t before = bucket_of(from);
  const std::uint16_t after = bucket_of(to);
  OpenDay* open = before == after ? nullptr : open_day(day, quantile);
  if (open == nullptr) {
    return;
  }
  const auto change = [&](std::uint16_t bucket, std::int64_t by) {
    if (bucket == 0) {
      return;
    }
    const auto place = std::ranges::lower_bound(open->buckets, bucket, {},
                                                &std::pair<std::uint16_t, std::int64_t>::first);
    if (place != open->buckets.end() && place->first == bucket) {
      place->second = std::max<std::int64_t>(0, place->second + by);
    } else if (by > 0) {
      open->buckets.insert(place, {bucket, by});
    } else {
      return;
    }
    open->keys = std::max<std::int64_t>(0, open->keys + by);
  };
  change(before, -1);
  change(after, 1);
}

PeerDays::OpenDay* PeerDays::open_day(std::int64_t day, double quantile) {
  for (OpenDay& open : open_) {
    if (open.day == day) {
      return &open;
    }
  }
  if (!open_.empty() && day < open_.back().day) {
    return nullptr;  // over
  }
  open_.push_back({day, 0, {}});
  while (open_.size() > most_open_days) {
    const OpenDay& oldest = open_.front();
    closed_.push_back({oldest.day, oldest.keys, quantile_of(oldest, quantile)});
    open_.pop_front();
  }
  // A key that was silent lately still asks about the days before its own last one.
  while (!closed_.empty() && closed_.front().day < day - 2 * learned_days) {
    closed_.pop_front();
  }
  return &open_.back();
}

std::int64_t PeerDays::quantile_of(const OpenDay& day, double quantile) {
  const auto rank = static_cast<std::int64_t>(std::ceil(quantile * static_cast<double>(day.keys)));
  std::int64_t seen = 0;
  for (const auto& [bucket, count] : day.buckets) {
    seen += count;
    if (count > 0 && seen >= rank) {
      return amount_of(bucket);
    }
  }
  return 0;
}

void PeerDays::enter_hour(TimePoint at) {
  const std::int64_t hour = hour_of(at) + hours_before_epoch;
  const std::int64_t week = floor_div(hour, week_hours);
  if (week_number_ == INT64_MIN) {
    week_number_ = week;
  }
  for (int faded = 0; week_number_ < week && faded < learned_days; ++faded, ++week_number_) {
    for (std::size_t i = 0; i < hours_of_week; ++i) {
      // Each week takes the place of a quarter of what was known.
      shape_[i] = shape_[i] - shape_[i] / week_weight + week_[i] * week_weight;
      week_[i] = 0;
    }
  }
  week_number_ = std::max(week_number_, week);
  if (week == week_number_) {
    std::uint32_t& count = week_[static_cast<std::size_t>(hour - week * week_hours)];
    count += count < (UINT32_MAX >> 6) ? 1 : 0;
  }
}

PeerDays::Usual PeerDays::usual(std::int64_t day, double quantile) const {
  std::vector<std::int64_t> totals;
  std::vector<std::int64_t> keys;
  const auto take = [&](std::int64_t on, std::int64_t count, std::int64_t total) {
    if (on < day && on >= day - learned_days && count > 0) {
      totals.push_back(total);
      keys.push_back(count);
    }
  };
  for (const ClosedDay& closed : closed_) {
    take(closed.day, closed.keys, closed.total);
  }
  for (const OpenDay& open : open_) {
    take(open.day, open.keys, quantile_of(open, quantile));
  }
  if (totals.empty()) {
    return {};
  }
  return {static_cast<int>(totals.size()), median_of(std::move(keys)),
          median_of(std::move(totals))};
}

double PeerDays::season(std::int64_t day, TimePoint now) const {
  std::array<std::uint64_t, 7> days{};
  for (std::size_t i = 0; i < hours_of_week; ++i) {
    days[i / hours_of_day] += shape_[i];
  }
  const std::uint64_t most = *std::ranges::max_element(days);
  if (most == 0) {
    return 1;
  }
  const std::int64_t first = day * hours_of_day + hours_before_epoch;
  const auto at = static_cast<std::size_t>(first - floor_div(first, week_hours) * week_hours);
  const std::int64_t since = (now - start_of_day(day)).count();
  const std::int64_t whole = std::clamp<std::int64_t>(since / hour_length, 0, hours_of_day);
  double mass = static_cast<double>(
      std::accumulate(shape_.begin() + static_cast<std::ptrdiff_t>(at),
                      shape_.begin() + static_cast<std::ptrdiff_t>(at) + whole, std::uint64_t{0}));
  if (whole < hours_of_day) {
    mass += static_cast<double>(shape_[at + static_cast<std::size_t>(whole)]) *
            static_cast<double>(since - whole * hour_length) / static_cast<double>(hour_length);
  }
  return std::clamp(mass / static_cast<double>(most), least_season, 1.0);
}

void PeerDays::save(ByteWriter& out) const {
  out.number(closed_.size());
  for (const ClosedDay& closed : closed_) {
    out.integer(closed.day);
    out.integer(closed.keys);
    out.integer(closed.total);
  }
  out.number(open_.size());
  for (const OpenDay& open : open_) {
    out.integer(open.day);
    out.integer(open.keys);
    out.number(open.buckets.size());
    for (const auto& [bucket, count] : open.buckets) {
      out.number(bucket);
      out.integer(count);
    }
  }
  out.number(week_number_ == INT64_MIN ? 0 : 1);
  if (week_number_ != INT64_MIN) {
    out.integer(week_number_);
    for (std::size_t i = 0; i < hours_of_week; ++i) {
      out.number(shape_[i]);
      out.number(week_[i]);
    }
  }
}

bool PeerDays::load(ByteReader& in) {
  *this = {};
  const std::uint64_t closed = in.count();
  for (std::uint64_t i = 0; i < closed && in.ok(); ++i) {
    ClosedDay& day = closed_.emplace_back();
    if (!load_day(in, day.day)) {
      return false;
    }
    day.keys = in.integer();
    day.total = in.integer();
    if (day.keys < 0 || day.total < 0) {
      return false;
    }
  }
  const std::uint64_t open = in.count();
  for (std::uint64_t i = 0; i < open && in.ok(); ++i) {
    OpenDay& day = open_.emplace_back();
    if (!load_day(in, day.day) || (i > 0 && day.day <= open_[i - 1].day)) {
      return false;
    }
    day.keys = in.integer();
    if (day.keys < 0 || day.keys > furthest_time) {
      return false;
    }
    const std::uint64_t buckets = in.count();
    for (std::uint64_t b = 0; b < buckets && in.ok(); ++b) {
      const std::uint64_t bucket = in.number();
      const std::int64_t count = in.integer();
      if (bucket == 0 || bucket > last_bucket || count < 0 || count > furthest_time ||
          (b > 0 && bucket <= day.buckets.back().first)) {
        return false;
      }
      day.buckets.emplace_back(static_cast<std::uint16_t>(bucket), count);
    }
  }
  if (in.number() != 0) {
    week_number_ = in.integer();
    if (week_number_ < -furthest_time / day_length || week_number_ > furthest_time / day_length) {
      return false;
    }
    for (std::size_t i = 0; i < hours_of_week; ++i) {
      shape_[i] = static_cast<std::uint32_t>(in.number());
      week_[i] = static_cast<std::uint32_t>(in.number());
    }
  }
  return in.ok();
}

}  // namespace noci::detect
