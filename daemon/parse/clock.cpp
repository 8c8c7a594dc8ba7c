#include "parse/clock.hpp"

#include <algorithm>
#include <initializer_list>

namespace noci {
namespace {

int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

/// Of `YYYY-MM-DD HH:MM`.
std::optional<LocalTime> local_minute(std::string_view minute) {
  const std::chrono::year_month_day date{
      std::chrono::year{number_at(minute, 0, 4)},
      std::chrono::month{static_cast<unsigned>(number_at(minute, 5, 2))},
      std::chrono::day{static_cast<unsigned>(number_at(minute, 8, 2))}};
  const int hour = number_at(minute, 11, 2);
  const int minutes = number_at(minute, 14, 2);
  // The epoch's first day is left out: no zone may take a stamp before it.
  if (!date.ok() || date.year() < std::chrono::year{1971} || hour > 23 || minutes > 59) {
    return std::nullopt;
  }
  return std::chrono::local_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minutes};
}

LocalTime nearest(std::initializer_list<LocalTime> candidates, LocalTime to) {
  return std::min(candidates, [&](LocalTime a, LocalTime b) {
    return std::chrono::abs(a - to) < std::chrono::abs(b - to);
  });
}

/// Of `HH:MM`, on the day that brings it nearest.
std::optional<LocalTime> time_of_day(std::string_view minute, LocalTime near) {
  const int hour = number_at(minute, 0, 2);
  const int minutes = number_at(minute, 3, 2);
  if (hour > 23 || minutes > 59) {
    return std::nullopt;
  }
  constexpr std::chrono::days day{1};
  const LocalTime time = std::chrono::floor<std::chrono::days>(near) + std::chrono::hours{hour} +
                         std::chrono::minutes{minutes};
  return nearest({time - day, time, time + day}, near);
}

/// Of `Nov 22 20:55`, in the year that brings it nearest.
std::optional<LocalTime> bsd_minute(std::string_view minute, LocalTime near) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::chrono::month month{static_cast<unsigned>(months.find(minute.substr(0, 3)) / 3 + 1)};
  const int tens = minute[4] == ' ' ? 0 : minute[4] - '0';
  const std::chrono::day day{static_cast<unsigned>(tens * 10 + minute[5] - '0')};
  const int hour = number_at(minute, 7, 2);
  const int minutes = number_at(minute, 10, 2);
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(near)};
  std::optional<LocalTime> best;
  for (const int years : {0, -1, 1}) {
    const std::chrono::year_month_day date{today.year() + std::chrono::years{years}, month, day};
    if (!date.ok() || hour > 23 || minutes > 59) {
      continue;
    }
    const LocalTime time =
        std::chrono::local_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minutes};
    best = best ? nearest({*best, time}, near) : time;
  }
  return best;
}

}  // namespace

std::optional<TimePoint> MinuteClock::read(const Stamp& stamp, TimePoint near) {
  if (stamp.offset) {
    // Its own zone: nothing to ask.
    const auto local =
        stamp.minute.size() == Stamp::dated ? local_minute(stamp.minute) : std::nullopt;
    return local
               ? std::optional(TimePoint(local->time_since_epoch() - *stamp.offset) + stamp.within)
               : std::nullopt;
  }
  if (stamp.minute.size() != Stamp::dated) {
    const auto start = start_of(stamp.minute, near);
    return start ? std::optional(*start + stamp.within) : std::nullopt;
  }
  if (stamp.minute != std::string_view(cached_.data(), cached_.size())) {
    const auto local = local_minute(stamp.minute);
    if (!local) {
      return std::nullopt;
    }
    start_ = zone_.to_utc(*local, near);
    std::copy(stamp.minute.begin(), stamp.minute.end(), cached_.begin());
  }
  return start_ + stamp.within;
}

std::optional<TimePoint> MinuteClock::start_of(std::string_view minute, TimePoint near) const {
  if (near == TimePoint{}) {
    return std::nullopt;
  }
  std::optional<LocalTime> local;
  if (minute.size() == Stamp::time_only) {
    local = time_of_day(minute, zone_.to_local(near));
  } else if (minute.size() == Stamp::bsd) {
    local = bsd_minute(minute, zone_.to_local(near));
  }
  return local ? std::optional(zone_.to_utc(*local, near)) : std::nullopt;
}

TimePoint restore_time(ByteReader& in) {
  // Beyond any stamp of four-digit years, and far from where sums overflow.
  constexpr Duration furthest = std::chrono::hours{24} * 366 * 10'000;
  const Duration saved(in.integer());
  return saved > furthest || saved < -furthest ? TimePoint{} : TimePoint(saved);
}

}  // namespace noci
