#include "settings/schedule.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "settings/file.hpp"
#include "settings/holidays.hpp"
#include "settings/suggest.hpp"

namespace noci {
namespace {

constexpr int minutes_per_day = 24 * 60;
constexpr int minutes_per_week = 7 * minutes_per_day;
constexpr std::array day_names{std::string_view("Mon"), std::string_view("Tue"),
                               std::string_view("Wed"), std::string_view("Thu"),
                               std::string_view("Fri"), std::string_view("Sat"),
                               std::string_view("Sun")};

/// Cuts `text` at the first `separator`, and leaves the rest.
std::string_view cut(std::string_view& text, char separator) {
  const auto at = std::min(text.find(separator), text.size());
  const std::string_view piece = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return trim(piece);
}

std::optional<int> parse_day(std::string_view text) {
  for (std::size_t i = 0; i < day_names.size(); ++i) {
    if (equals_ignoring_case(text, day_names[i])) {
      return static_cast<int>(i);
    }
  }
  return std::nullopt;
}

/// `07:00`, `24:00`: minutes since midnight.
std::optional<int> parse_clock(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) {
    return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour > 24 || (hour == 24 && minute != 0)) {
    return std::nullopt;
  }
  return hour * 60 + minute;
}

void add_span(int from, int to, std::vector<WeekSpan>& spans) {
  if (to <= minutes_per_week) {
    spans.push_back({from, to});
    return;
  }
  if (from < minutes_per_week) {
    spans.push_back({from, minutes_per_week});
  }
  spans.push_back({std::max(0, from - minutes_per_week), to - minutes_per_week});
}

/// `Mon-Fri 07:00-20:00`, `Sat`: one piece between commas.
bool parse_piece(std::string_view piece, std::vector<WeekSpan>& spans, std::string& problem) {
  std::string_view clock = piece;
  std::string_view days = cut(clock, ' ');
  const std::string shown = cite(piece);
  const bool several = days.find('-') != std::string_view::npos;
  const auto first = parse_day(cut(days, '-'));
  const auto last = several ? parse_day(days) : first;
  if (!first || !last) {
    problem = shown + " does not begin with days such as Mon or Mon-Fri";
    return false;
  }
  clock = trim(clock);
  int from = 0;
  int to = minutes_per_day;
  if (!clock.empty()) {
    const auto begins = parse_clock(cut(clock, '-'));
    const auto ends = parse_clock(trim(clock));
    if (!begins || !ends || *begins == *ends || *begins == minutes_per_day) {
      problem = shown + " does not end with times such as 07:00-20:00";
      return false;
    }
    from = *begins;
    // 22:00-06:00 goes on into the next day.
    to = *ends > from ? *ends : *ends + minutes_per_day;
  }
  for (int day = *first;; day = (day + 1) % 7) {
    add_span(day * minutes_per_day + from, day * minutes_per_day + to, spans);
    if (day == *last) {
      return true;
    }
  }
}

struct PeriodPlace {
  Place place;
  bool is_default = false;
};

class ScheduleReader {
 public:
  ScheduleReader(std::string& bytes, Report& report) : bytes_(bytes), report_(report) {}

  Schedule read(const YamlNode& node) {
    MapReader map(node, "schedule", report_);
    if (const YamlNode* zone = map.need("timezone", "use an IANA name such as Europe/Paris")) {
      read_zone(*zone);
    }
    if (const YamlNode* periods = map.need("periods", "list them, one with `default: true`")) {
      for (const YamlNode* item : items_of(*periods)) {
        read_period(*item);
      }
      check_periods(periods->place);
    }
    if (const YamlNode* holidays = map.find("holidays", true)) {
      schedule_.holidays = read_holidays(*holidays, bytes_, report_);
    }
    if (const YamlNode* apply = map.find("apply")) {
      schedule_.weighted =
          as_choice(*apply, "apply", {"weighted", "instant"}, report_).value_or(0) == 0;
    }
    map.finish();
    return std::move(schedule_);
  }

 private:
  void read_zone(const YamlNode& node) {
    const auto name = as_text(node, "timezone", report_);
    if (!name) {
      return;
    }
    if (auto zone = Zone::find(*name)) {
      schedule_.zone = *zone;
    } else {
      report_.fault(node.place, "unknown-timezone", "unknown time zone " + cite(*name),
                    "use an IANA name such as Europe/Paris or UTC");
    }
  }

  void read_period(const YamlNode& node) {
    MapReader map(node, "period", report_);
    Period period;
    if (const YamlNode* name = map.need("name", "alerts say which period was in force")) {
      period.name = as_text(*name, "name", report_).value_or("");
      if (!names_.insert(period.name).second) {
        report_.fault(name->place, "duplicate-name", "two periods are called " + cite(period.name),
                      "name them differently");
      }
    }
    const bool is_default = map.boolean("default", false);
    read_when(map, is_default, period);
    if (const YamlNode* factor = map.need("factor", "1 leaves the limits as they are")) {
      // Zero would make every single event an alert, and a negative one has no meaning.
      period.factor = as_number(*factor, "factor", 0.01, 1000, report_).value_or(1);
    }
    map.finish();
    places_.push_back({map.place(), is_default});
    schedule_.periods.push_back(std::move(period));
  }

  void read_when(MapReader& map, bool is_default, Period& period) {
    const YamlNode* when = map.find("when");
    if (is_default == map.has("when")) {
      report_.fault(map.place(), is_default ? "conflict" : "missing-key",
                    is_default ? "the default period has a 'when'" : "the period has no 'when'",
                    "a period has either `when: 'Mon-Fri 07:00-20:00'` or `default: true`");
    }
    if (when == nullptr) {
      return;
    }
    const auto text = as_text(*when, "when", report_);
    std::string problem;
    if (text) {
      period.when = parse_week(*text, problem);
    }
    if (!problem.empty()) {
      report_.fault(when->place, "bad-period", problem,
                    "as in 'Mon-Fri 07:00-20:00, Sat 22:00-06:00, Sun'");
    }
  }

  void check_periods(Place place) {
    const auto is_default = [](const PeriodPlace& each) { return each.is_default; };
    const auto defaults = std::count_if(places_.begin(), places_.end(), is_default);
    if (defaults != 1) {
      report_.fault(place, "bad-period",
                    "there are " + std::to_string(defaults) + " default periods",
                    "exactly one period has `default: true`");
    }
    const auto found = std::find_if(places_.begin(), places_.end(), is_default);
    schedule_.default_period =
        found == places_.end() ? 0 : static_cast<std::size_t>(found - places_.begin());
    std::vector<std::pair<WeekSpan, std::size_t>> spans;
    for (std::size_t i = 0; i < schedule_.periods.size(); ++i) {
      for (const WeekSpan& span : schedule_.periods[i].when) {
        spans.emplace_back(span, i);
      }
    }
    std::sort(spans.begin(), spans.end(),
              [](const auto& a, const auto& b) { return a.first.from < b.first.from; });
    for (std::size_t i = 1; i < spans.size(); ++i) {
      const auto [earlier, later] = std::pair(spans[i - 1], spans[i]);
      if (later.first.from < earlier.first.to && earlier.second != later.second) {
        report_.fault(places_[later.second].place, "bad-period",
                      "period " + cite(schedule_.periods[later.second].name) + " overlaps " +
                          cite(schedule_.periods[earlier.second].name),
                      "each moment belongs to one period");
        return;
      }
    }
  }

  std::string& bytes_;
  Report& report_;
  Schedule schedule_;
  std::vector<PeriodPlace> places_;
  std::set<std::string> names_;
};

}  // namespace

std::vector<WeekSpan> parse_week(std::string_view text, std::string& problem) {
  std::vector<WeekSpan> spans;
  // `Sat,Sun 08:00-12:00` reads as two pieces: all Saturday, and Sunday morning.
  constexpr std::size_t most_pieces = 64;
  while (problem.empty() && !trim(text).empty()) {
    if (spans.size() > most_pieces) {
      problem = "too many pieces";
    } else if (!parse_piece(cut(text, ','), spans, problem)) {
      return {};
    }
  }
  if (spans.empty() && problem.empty()) {
    problem = "the text is empty";
  }
  return problem.empty() ? spans : std::vector<WeekSpan>{};
}

std::optional<Schedule> read_schedule(const YamlNode& node, std::string& bytes, Report& report) {
  const std::size_t before = report.fault_count();
  Schedule schedule = ScheduleReader(bytes, report).read(node);
  return report.fault_count() == before ? std::optional(std::move(schedule)) : std::nullopt;
}

}  // namespace noci
