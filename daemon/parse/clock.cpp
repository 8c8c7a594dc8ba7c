#include "parse/clock.hpp"

#include <algorithm>

namespace noci {
namespace {

int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

std::optional<TimePoint> MinuteClock::read(std::string_view minute, Duration within,
                                           TimePoint near) {
  if (minute.size() != cached_.size()) {
    return std::nullopt;
  }
  if (minute != std::string_view(cached_.data(), cached_.size())) {
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
    const LocalTime local =
        std::chrono::local_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minutes};
    start_ = zone_.to_utc(local, near);
    std::copy(minute.begin(), minute.end(), cached_.begin());
  }
  return start_ + within;
}

TimePoint restore_time(ByteReader& in) {
  // Beyond any stamp of four-digit years, and far from where sums overflow.
  constexpr Duration furthest = std::chrono::hours{24} * 366 * 10'000;
  const Duration saved(in.integer());
  return saved > furthest || saved < -furthest ? TimePoint{} : TimePoint(saved);
}

}  // namespace noci
