#include "detect/schedule.hpp"

#include <algorithm>

#include "detect/window.hpp"

namespace noci::detect {
namespace {

using std::chrono::days;
using std::chrono::minutes;

constexpr std::int64_t day_length = Duration(days{1}).count();
constexpr std::int64_t minute_length = Duration(minutes{1}).count();
constexpr std::size_t minutes_of_day = 1440;
/// Days kept at once: two windows of 30 days; a day is about 3 kB per period.
constexpr std::size_t most_days = 64;

}  // namespace

ScheduleClock::ScheduleClock(const Schedule& schedule) : schedule_(schedule) {
  if (schedule_.periods.empty()) {
    schedule_.periods.emplace_back();
  }
  schedule_.default_period = std::min(schedule_.default_period, schedule_.periods.size() - 1);
}

double ScheduleClock::factor(TimePoint now, Duration timespan) {
  if (!schedule_.weighted) {
    return schedule_.periods[period_at(now)].factor;
  }
  const std::size_t periods = schedule_.periods.size();
  std::vector<std::int64_t> share(periods, 0);
  const TimePoint from = now - timespan;
  const std::int64_t first = floor_div(from.time_since_epoch().count(), day_length);
  const std::int64_t last = floor_div(now.time_since_epoch().count(), day_length);
  for (std::int64_t number = first; number < last; ++number) {
    const Day& whole = day(number);
    for (std::size_t p = 0; p < periods; ++p) {
      share[p] += whole.before[minutes_of_day * periods + p] * minute_length;
    }
  }
  add_part(now, 1, share);
  add_part(from, -1, share);
  double sum = 0;
  for (std::size_t p = 0; p < periods; ++p) {
    if (share[p] == timespan.count()) {
      return schedule_.periods[p].factor;  // exactly, not up to rounding
    }
    sum += static_cast<double>(share[p]) * schedule_.periods[p].factor;
  }
  return sum / static_cast<double>(timespan.count());
}

const std::string& ScheduleClock::period(TimePoint now) {
  return schedule_.periods[period_at(now)].name;
}

double ScheduleClock::least_factor() const {
  return std::ranges::min_element(schedule_.periods, {}, &Period::factor)->factor;
}

const ScheduleClock::Day& ScheduleClock::day(std::int64_t number) {
  const auto known = days_.find(number);
  if (known != days_.end()) {
    return known->second;
  }
  if (days_.size() >= most_days) {
    days_.clear();  // time moves on: once in two months
  }
  const std::size_t periods = schedule_.periods.size();
  Day made;
  made.before.assign((minutes_of_day + 1) * periods, 0);
  for (std::size_t minute = 0; minute < minutes_of_day; ++minute) {
    const TimePoint time{
        Duration(number * day_length + static_cast<std::int64_t>(minute) * minute_length)};
    const std::size_t period = period_of(schedule_.zone.to_local(time));
    made.period.push_back(static_cast<std::uint16_t>(period));
    for (std::size_t p = 0; p < periods; ++p) {
      made.before[(minute + 1) * periods + p] =
          static_cast<std::uint16_t>(made.before[minute * periods + p] + (p == period ? 1 : 0));
    }
  }
  return days_.emplace(number, std::move(made)).first->second;
}

std::size_t ScheduleClock::period_of(LocalTime local) const {
  const auto date = std::chrono::floor<days>(local);
  if (std::ranges::binary_search(schedule_.holidays, date)) {
    return schedule_.default_period;
  }
  // ISO weekdays count from Monday = 1.
  const unsigned weekday = std::chrono::weekday(date).iso_encoding() - 1;
  const auto minute = static_cast<int>(weekday * minutes_of_day) +
                      static_cast<int>(std::chrono::floor<minutes>(local - date).count());
  for (std::size_t p = 0; p < schedule_.periods.size(); ++p) {
    for (const WeekSpan& span : schedule_.periods[p].when) {
      if (p != schedule_.default_period && minute >= span.from && minute < span.to) {
        return p;
      }
    }
  }
  return schedule_.default_period;
}

std::size_t ScheduleClock::period_at(TimePoint time) {
  const std::int64_t count = time.time_since_epoch().count();
  const std::int64_t number = floor_div(count, day_length);
  const auto minute = static_cast<std::size_t>((count - number * day_length) / minute_length);
  return day(number).period[minute];
}

void ScheduleClock::add_part(TimePoint time, std::int64_t sign, std::vector<std::int64_t>& share) {
  const std::int64_t count = time.time_since_epoch().count();
  const std::int64_t number = floor_div(count, day_length);
  const std::int64_t within = count - number * day_length;
  const auto minute = static_cast<std::size_t>(within / minute_length);
  const Day& part = day(number);
  for (std::size_t p = 0; p < share.size(); ++p) {
    share[p] += sign * part.before[minute * share.size() + p] * minute_length;
  }
  share[part.period[minute]] += sign * (within % minute_length);
}

}  // namespace noci::detect
