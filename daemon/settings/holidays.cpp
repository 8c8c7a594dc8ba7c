#include "settings/holidays.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "settings/file.hpp"

namespace noci {
namespace {

using std::chrono::days;
using std::chrono::local_days;

constexpr std::size_t most_days = 20'000;  // half a century
constexpr days longest_event{400};         // an event longer than a year is a mistake

std::optional<local_days> parse_date(std::string_view text) {
  constexpr std::size_t length = 10;
  const auto time = text.size() == length ? parse_rfc3339(text) : std::nullopt;
  if (!time) {
    return std::nullopt;
  }
  return local_days(std::chrono::floor<days>(*time).time_since_epoch());
}

/// `20260714`, or the date of `20260714T080000Z`.
std::optional<local_days> parse_calendar_date(std::string_view text) {
  constexpr std::size_t length = 8;
  if (text.size() < length) {
    return std::nullopt;
  }
  const std::string year(text.substr(0, 4));
  return parse_date(year + "-" + std::string(text.substr(4, 2)) + "-" +
                    std::string(text.substr(6, 2)));
}

Days parse_dates(std::string_view text, Report& report) {
  Days found;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view date = trim(line.substr(0, line.find('#')));
    if (date.empty()) {
      continue;
    }
    if (const auto day = parse_date(date)) {
      found.push_back(*day);
    } else {
      report.fault({number, 1}, "bad-date", cite(date) + " is not a date",
                   "write one date a line, such as 2026-07-14");
    }
  }
  return found;
}

/// One VEVENT while it is read.
struct CalendarEvent {
  std::optional<local_days> first;
  std::optional<local_days> end;  ///< not included
  int line = 0;
};

void add_days(const CalendarEvent& event, Days& found, Report& report) {
  if (!event.first) {
    report.fault({event.line, 1}, "bad-date", "an event has no readable DTSTART",
                 "it must be a date such as DTSTART;VALUE=DATE:20260714");
    return;
  }
  // RFC 5545: without DTEND an event of whole days lasts one.
  const local_days end = std::max(event.end.value_or(*event.first), *event.first + days{1});
  if (end - *event.first > longest_event) {
    report.fault({event.line, 1}, "bad-date", "an event lasts longer than a year");
    return;
  }
  for (local_days day = *event.first; day < end && found.size() < most_days; day += days{1}) {
    found.push_back(day);
  }
}

/// The first day that does not belong to an event whose DTEND is `text`.
std::optional<local_days> parse_calendar_end(std::string_view text) {
  const auto day = parse_calendar_date(text);
  const bool within_day = text.size() > 8 && text.substr(8, 7) != "T000000";
  return day && within_day ? std::optional(*day + days{1}) : day;
}

Days read_file(const std::string& name, const YamlNode& node, std::string& bytes, Report& report) {
  const std::string path = beside(report.file(), name);
  Report inner = report.about(path);
  const bool is_calendar = path.size() > 4 && path.substr(path.size() - 4) == ".ics";
  if (!is_calendar && (path.size() <= 4 || path.substr(path.size() - 4) != ".txt")) {
    report.fault(node.place, "bad-value", "cannot tell what " + cite(name) + " is",
                 "holidays are file:NAME.ics or file:NAME.txt");
    return {};
  }
  const auto text = read_text_file(path, inner);
  if (!text) {
    report.fault(node.place, "cannot-read", "the holidays cannot be read",
                 "see the fault of " + path);
    return {};
  }
  bytes += *text;
  return is_calendar ? parse_calendar(*text, inner) : parse_dates(*text, inner);
}

}  // namespace

Days parse_calendar(const std::string& text, Report& report) {
  Days found;
  std::optional<CalendarEvent> event;
  std::string_view rest = text;
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto colon = std::min(line.find(':'), line.size());
    const std::string_view property = line.substr(0, std::min(line.find(';'), colon));
    const std::string_view value = line.substr(std::min(colon + 1, line.size()));
    if (equals_ignoring_case(line, "BEGIN:VEVENT")) {
      event = CalendarEvent{{}, {}, number};
    } else if (equals_ignoring_case(line, "END:VEVENT") && event) {
      add_days(*event, found, report);
      event.reset();
    } else if (event && equals_ignoring_case(property, "DTSTART")) {
      event->first = parse_calendar_date(value);
    } else if (event && equals_ignoring_case(property, "DTEND")) {
      event->end = parse_calendar_end(value);
    } else if (event && equals_ignoring_case(property, "RRULE")) {
      report.warn({number, 1}, "not-expanded", "the recurrence is not expanded",
                  "only the first occurrence counts: list each year's days");
    }
  }
  if (found.empty()) {
    report.fault({}, "bad-date", "the calendar has no VEVENT with a date",
                 "use a calendar of holidays");
  }
  return found;
}

Days read_holidays(const YamlNode& node, std::string& bytes, Report& report) {
  Days found;
  constexpr std::string_view prefix = "file:";
  for (const YamlNode* item : items_of(node)) {
    const auto text = as_text(*item, "holidays", report);
    if (!text) {
      continue;
    }
    if (std::string_view(*text).substr(0, prefix.size()) == prefix) {
      const Days more = read_file(text->substr(prefix.size()), *item, bytes, report);
      found.insert(found.end(), more.begin(), more.end());
    } else if (const auto day = parse_date(*text)) {
      found.push_back(*day);
    } else {
      report.fault(item->place, "bad-date", cite(*text) + " is not a date",
                   "write dates such as 2026-07-14, or file:NAME.ics");
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace noci
