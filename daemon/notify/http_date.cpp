#include "notify/http_date.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/text.hpp"

namespace noci {
namespace {

using namespace std::chrono;

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view separators = " ,-:";
  std::vector<std::string_view> words;
  for (std::size_t at = text.find_first_not_of(separators); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(separators, end);
  }
  return words;
}

std::optional<int> number(std::string_view word) {
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || value < 0) {
    return std::nullopt;
  }
  return value;
}

std::optional<unsigned> month_number(std::string_view word) {
  constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end()) {
    return std::nullopt;
  }
  return static_cast<unsigned>(found - names.begin()) + 1;
}

int full_year(int two_digits, TimePoint now) {
  const int current = static_cast<int>(year_month_day{floor<days>(now)}.year());
  const int year = current - current % 100 + two_digits;
  return year > current + 50 ? year - 100 : year < current - 49 ? year + 100 : year;
}

}  // namespace

std::optional<TimePoint> parse_http_date(std::string_view text, TimePoint now) {
  const std::vector<std::string_view> words = words_of(trim(text));
  // After the day's name: day month year h m s GMT, or (asctime) month day h m s year.
  if (words.size() != 8 && words.size() != 7) {
    return std::nullopt;
  }
  const bool asctime = words.size() == 7;
  if (!asctime && words[7] != "GMT") {
    return std::nullopt;
  }
  const auto month = month_number(words[asctime ? 1 : 2]);
  const auto day = number(words[asctime ? 2 : 1]);
  const std::string_view year_word = words[asctime ? 6 : 3];
  const auto year_read = number(year_word);
  const std::size_t clock = asctime ? 3 : 4;
  const auto h = number(words[clock]);
  const auto m = number(words[clock + 1]);
  const auto s = number(words[clock + 2]);
  if (!month || !day || !year_read || !h || !m || !s || *h > 23 || *m > 59 || *s > 60) {
    return std::nullopt;
  }
  const int y = year_word.size() == 2 ? full_year(*year_read, now) : *year_read;
  const year_month_day date{year{y}, std::chrono::month{*month},
                            std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || y < 1970 || y > 9999) {
    return std::nullopt;
  }
  return TimePoint{sys_days{date}} + hours{*h} + minutes{*m} + seconds{*s};
}

}  // namespace noci
