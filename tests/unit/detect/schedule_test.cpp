#include "detect/schedule.hpp"

#include "support/catch.hpp"

using namespace noci;
using detect::ScheduleClock;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

constexpr int day_minutes = 1440;

TimePoint utc(const char* text) {
  return *parse_rfc3339(text);
}

/// Mon-Fri 07:00-20:00 factor 1, else 0.25, as in the documentation.
Schedule office_hours(const char* zone) {
  Schedule schedule;
  schedule.zone = *Zone::find(zone);
  Period work{"work", {}, 1};
  for (int weekday = 0; weekday < 5; ++weekday) {
    work.when.push_back({weekday * day_minutes + 7 * 60, weekday * day_minutes + 20 * 60});
  }
  schedule.periods = {work, {"rest", {}, 0.25}};
  schedule.default_period = 1;
  return schedule;
}

/// Paris by the rule of the directive 2000/84/EC, written down by hand for 2026: summer time from
/// 29 March 01:00 UTC to 25 October 01:00 UTC.
Duration paris_offset(TimePoint time) {
  const bool summer = time >= utc("2026-03-29T01:00:00Z") && time < utc("2026-10-25T01:00:00Z");
  return hours{summer ? 2 : 1};
}

double factor_of_minute(TimePoint time) {
  const auto local = time + paris_offset(time);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const unsigned weekday = std::chrono::weekday(day).iso_encoding();
  const auto minute = std::chrono::floor<minutes>(local - day).count();
  return weekday <= 5 && minute >= 7 * 60 && minute < 20 * 60 ? 1 : 0.25;
}

/// Minute by minute; both ends on full minutes.
double integrated(TimePoint from, TimePoint to) {
  double sum = 0;
  int count = 0;
  for (TimePoint at = from; at < to; at += minutes{1}) {
    sum += factor_of_minute(at);
    ++count;
  }
  return sum / count;
}

}  // namespace

TEST_CASE("an instant schedule says the factor of the moment") {
  Schedule schedule = office_hours("Europe/Paris");
  schedule.weighted = false;
  ScheduleClock clock(schedule);
  CHECK(clock.factor(utc("2026-06-08T04:59:59.999Z"), hours{24}) == 0.25);
  CHECK(clock.factor(utc("2026-06-08T05:00:00Z"), hours{24}) == 1);
  CHECK(clock.period(utc("2026-06-08T05:00:00Z")) == "work");
  CHECK(clock.factor(utc("2026-06-08T17:59:59.999Z"), hours{24}) == 1);
  CHECK(clock.factor(utc("2026-06-08T18:00:00Z"), hours{24}) == 0.25);
  CHECK(clock.period(utc("2026-06-07T10:00:00Z")) == "rest");
  CHECK(clock.factor(utc("2026-01-12T06:00:00Z"), hours{24}) == 1);
  CHECK(clock.factor(utc("2026-01-12T05:59:00Z"), hours{24}) == 0.25);
  CHECK(clock.least_factor() == 0.25);
}

TEST_CASE("a weighted schedule is the mean over the window, also over clock changes") {
  ScheduleClock clock(office_hours("Europe/Paris"));
  for (const char* around : {"2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2026-06-08T18:00:00Z",
                             "2026-12-31T23:00:00Z"}) {
    for (int step = -30; step <= 30; ++step) {
      const TimePoint now = utc(around) + step * minutes{97};
      for (const minutes timespan : {minutes{1}, minutes{10}, minutes{90}, minutes{1440},
                                     minutes{3 * 1440}, minutes{30 * 1440}}) {
        // Integrating a month minute by minute takes its time.
        const bool too_much = timespan > minutes{1440} && step % 15 != 0;
        if (too_much || now - timespan < utc("2026-01-01T00:00:00Z")) {
          continue;
        }
        CAPTURE(around, step, timespan.count());
        REQUIRE(clock.factor(now, timespan) == Approx(integrated(now - timespan, now)));
      }
    }
  }
}

TEST_CASE("a weighted schedule is exact within the minute") {
  ScheduleClock clock(office_hours("Europe/Paris"));
  // 18:00:30 UTC is half a minute into the rest; the window is one minute.
  CHECK(clock.factor(utc("2026-06-08T18:00:30Z"), minutes{1}) == Approx(0.625));
  CHECK(clock.factor(utc("2026-06-08T18:00:15Z"), Duration{30'000}) == Approx(0.625));
  CHECK(clock.factor(utc("2026-06-08T18:00:00Z"), Duration{250}) == 1);
}

TEST_CASE("a window within one period has exactly its factor") {
  Schedule schedule = office_hours("Europe/Paris");
  schedule.periods[1].factor = 0.3;
  ScheduleClock clock(schedule);
  CHECK(clock.factor(utc("2026-06-07T12:00:00Z"), Duration{600'000}) == 0.3);
}

TEST_CASE("on a holiday the default period rules all day") {
  Schedule schedule = office_hours("Europe/Paris");
  schedule.weighted = false;
  schedule.holidays = {std::chrono::local_days{std::chrono::year{2026} / 7 / 14}};
  ScheduleClock clock(schedule);
  CHECK(clock.factor(utc("2026-07-13T21:59:59Z"), hours{1}) == 0.25);
  CHECK(clock.factor(utc("2026-07-14T10:00:00Z"), hours{1}) == 0.25);
  CHECK(clock.factor(utc("2026-07-15T10:00:00Z"), hours{1}) == 1);
}

TEST_CASE("a schedule before 1970 and without periods does not break") {
  ScheduleClock clock(Schedule{});
  CHECK(clock.factor(TimePoint{Duration{-123'456'789}}, hours{24}) == 1);
}
