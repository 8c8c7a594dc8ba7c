#include "notify/verdict.hpp"

#include "alerts.hpp"
#include "notify/http_date.hpp"
#include "support/catch.hpp"

using namespace noci;
using namespace std::chrono_literals;
using noci::testing::at;

namespace {

const TimePoint now = at("1994-11-06T08:49:00Z");

Judgement answer(int status, Headers headers = {}) {
  return judge({status, headers, ""}, now);
}

}  // namespace

TEST_CASE("2xx alone is success, what may pass is tried again, the rest is dead") {
  for (const int status : {200, 201, 202, 204, 299}) {
    REQUIRE(answer(status).verdict == Verdict::delivered);
  }
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 599, 0, 100}) {
    INFO(status);
    REQUIRE(answer(status).verdict == Verdict::retry);
  }
  for (const int status : {300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422}) {
    INFO(status);
    REQUIRE(answer(status).verdict == Verdict::dead);
  }
  REQUIRE(judge_failure("connection refused").verdict == Verdict::retry);
}

TEST_CASE("Retry-After is honoured in seconds and as a date, within an hour") {
  const auto wait = [](const char* value) {
    return answer(503, {{"retry-after", value}}).retry_after;
  };
  REQUIRE(wait("120") == Duration{2min});
  REQUIRE(wait(" 0 ") == Duration{0});
  REQUIRE(wait("86400") == Duration{1h});
  REQUIRE(wait("99999999999999999999999") == Duration{1h});
  REQUIRE(wait("Sun, 06 Nov 1994 08:49:37 GMT") == Duration{37s});
  REQUIRE(wait("Sun, 06 Nov 1994 08:00:00 GMT") == Duration{0});
  REQUIRE(wait("Mon, 07 Nov 1994 08:00:00 GMT") == Duration{1h});
  REQUIRE_FALSE(wait("soon"));
  REQUIRE_FALSE(wait("-5"));
  REQUIRE_FALSE(wait(""));
  REQUIRE_FALSE(answer(503).retry_after);
  REQUIRE_FALSE(answer(404, {{"Retry-After", "5"}}).retry_after);
}

// The three spellings of one instant that RFC 9110 gives as its example.
TEST_CASE("all three date formats of HTTP are read") {
  const TimePoint expected = at("1994-11-06T08:49:37Z");
  REQUIRE(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", now) == expected);
  REQUIRE(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now) == expected);
  REQUIRE(parse_http_date("Sun Nov  6 08:49:37 1994", now) == expected);
  const TimePoint later = at("2026-01-01T00:00:00Z");
  REQUIRE(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", later) == expected);
  REQUIRE(parse_http_date("Friday, 06-Nov-26 08:49:37 GMT", later) == at("2026-11-06T08:49:37Z"));
  for (const char* bad :
       {"", "GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 99999999999 08:49:37 GMT"}) {
    INFO(bad);
    REQUIRE_FALSE(parse_http_date(bad, now));
  }
}

TEST_CASE("the reason names the status and what the server said, made printable") {
  REQUIRE(judge({400, {}, " no_text\x1b \n"}, now).why == "HTTP 400: no_text\xef\xbf\xbd");
  REQUIRE(judge({302, {{"Location", "https://h/secret"}}, ""}, now).why ==
          "HTTP 302 (redirects are not followed)");
  REQUIRE(judge({500, {}, std::string(10000, 'x')}, now).why.size() < 200);
  REQUIRE(answer(200).why.empty());
}

TEST_CASE("waits grow to five minutes and never pass them") {
  const std::vector<Duration> expected{1s, 5s, 15s, 30s, 60s, 120s, 300s, 300s};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    REQUIRE(backoff(static_cast<int>(i) + 1, 0) == expected[i]);
    REQUIRE(backoff(static_cast<int>(i) + 1, 1) == expected[i] * 8 / 10);
  }
  REQUIRE(backoff(0, 0) == Duration{1s});
  REQUIRE(backoff(1'000'000, 0) == Duration{5min});
  REQUIRE(backoff(7, 0.5) == Duration{270s});
}
