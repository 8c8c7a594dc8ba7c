#include "base/time.hpp"

#include "base/zones.hpp"
#include "support/catch.hpp"

using namespace noci;
using namespace std::chrono_literals;

TEST_CASE("RFC 3339 is written in UTC with milliseconds and read back") {
  const TimePoint time{1780791271512ms};
  REQUIRE(format_rfc3339(time) == "2026-06-07T00:14:31.512Z");
  REQUIRE(parse_rfc3339("2026-06-07T00:14:31.512Z") == time);
  REQUIRE(parse_rfc3339("2026-06-07T02:14:31.512+02:00") == time);
  REQUIRE(parse_rfc3339("2026-06-07") == TimePoint{1780790400000ms});
  REQUIRE(parse_rfc3339("1969-12-31T23:59:59.999Z") == TimePoint{-1ms});
}

TEST_CASE("what is not a time is refused") {
  for (const char* text : {"", "2026-13-01", "2026-02-30", "2026-06-07T25:00:00Z", "yesterday",
                           "2026-06-07T00:14:31.512Zjunk", "2026-06-07T00:14:31.Z"}) {
    CAPTURE(text);
    REQUIRE_FALSE(parse_rfc3339(text).has_value());
  }
}

TEST_CASE("durations have one number and one unit") {
  REQUIRE(parse_duration("10m") == Duration{10min});
  REQUIRE(parse_duration("250ms") == Duration{250ms});
  REQUIRE(parse_duration("30d") == Duration{720h});
  for (const char* text : {"", "10", "m", "1h30m", "-5m", "0s", "99999999999d", "10 m"}) {
    CAPTURE(text);
    REQUIRE_FALSE(parse_duration(text).has_value());
  }
  REQUIRE(format_duration(24h) == "24h");
  REQUIRE(format_duration(720h) == "30d");
  REQUIRE(format_duration(90s) == "90s");
  REQUIRE(describe_duration(125min) == "2 h 5 min");
}

TEST_CASE("the autumn hour that repeats is read towards the neighbouring lines") {
  const Zone paris = Zone::find("Europe/Paris").value();
  const LocalTime half_past_two{parse_rfc3339("2026-10-25T02:30:00Z")->time_since_epoch()};
  REQUIRE(paris.to_utc(half_past_two, *parse_rfc3339("2026-10-25T00:29:00Z")) ==
          *parse_rfc3339("2026-10-25T00:30:00Z"));
  REQUIRE(paris.to_utc(half_past_two, *parse_rfc3339("2026-10-25T01:29:00Z")) ==
          *parse_rfc3339("2026-10-25T01:30:00Z"));
}

TEST_CASE("an unknown zone is an error that names it") {
  const auto zone = Zone::find("Mars/Olympus");
  REQUIRE_FALSE(zone.has_value());
  REQUIRE(zone.error().what.find("Mars/Olympus") != std::string::npos);
}
