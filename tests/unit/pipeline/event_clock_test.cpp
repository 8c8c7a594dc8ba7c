#include "pipeline/event_clock.hpp"

#include "support/catch.hpp"

using namespace noci;
using namespace std::chrono_literals;

namespace {

const TimePoint start = *parse_rfc3339("2026-06-07T00:00:00Z");

Event request(TimePoint time, std::string_view id) {
  Event event;
  event.kind = Kind::request;
  event.timestamp = time;
  event.request_id = id;
  return event;
}

/// For its effect on the clock only.
void see(EventClock& clock, TimePoint time, std::string_view id) {
  static_cast<void>(clock.believe(request(time, id), {}));
}

}  // namespace

TEST_CASE("ordinary times are believed, late ones too, and only forward ones move the clock") {
  EventClock clock;
  REQUIRE(clock.believe(request(start, "GET-1"), {}) == start);
  REQUIRE(clock.believe(request(start + 10s, "GET-2"), {}) == start + 10s);
  REQUIRE(clock.believe(request(start + 3s, "GET-3"), {}) == start + 3s);
  REQUIRE(clock.newest() == start + 10s);
  REQUIRE(clock.clamped() == 0);
}

TEST_CASE("one line stamped years ahead is clamped and moves nothing") {
  EventClock clock;
  see(clock, start, "GET-1");
  REQUIRE(clock.believe(request(start + 43800h, "GET-2"), {}) == start);
  REQUIRE(clock.believe(request(start + 1s, "GET-3"), {}) == start + 1s);
  REQUIRE(clock.newest() == start + 1s);
  REQUIRE(clock.clamped() == 1);
}

TEST_CASE("a quiet night is believed once three neighbouring requests agree") {
  EventClock clock;
  see(clock, start, "GET-1");
  const TimePoint morning = start + 7h;
  REQUIRE(clock.believe(request(morning, "GET-2"), {}) == start);
  REQUIRE(clock.believe(request(morning + 1s, "PUT-3"), {}) == start);
  REQUIRE(clock.believe(request(morning + 2s, "GET-4"), {}) == morning + 2s);
  REQUIRE(clock.newest() == morning + 2s);
}

TEST_CASE("scattered absurd stamps never add up to a jump") {
  EventClock clock;
  see(clock, start, "GET-100");
  for (int i = 0; i < 10; ++i) {
    // The same forged line again and again, then ids far apart, then with genuine lines between.
    see(clock, start + 9000h, "GET-7");
    see(clock, start + 9000h + i * 1s, "GET-" + std::to_string(100000 * i));
    see(clock, start + i * 1s, "GET-" + std::to_string(100 + i));
  }
  REQUIRE(clock.newest() == start + 9s);
}

TEST_CASE("live time never runs ahead of the arrival") {
  EventClock clock;
  REQUIRE(clock.believe(request(start + 20min, "GET-1"), start + 5min) == start + 5min);
  REQUIRE(clock.newest() == start + 5min);
  REQUIRE(clock.clamped() == 1);
}

TEST_CASE("the clock goes on where it was after a restart, also in the middle of a jump") {
  EventClock clock;
  see(clock, start, "GET-1");
  see(clock, start + 7h, "GET-2");
  see(clock, start + 7h, "GET-3");
  ByteWriter out;
  clock.save(out);
  EventClock restored;
  ByteReader in(out.bytes());
  restored.restore(in);
  REQUIRE(in.ok());
  REQUIRE(in.at_end());
  REQUIRE(restored.newest() == start);
  REQUIRE(restored.believe(request(start + 7h, "GET-4"), {}) == start + 7h);
}

TEST_CASE("request numbers are read from ids of the counter form only") {
  REQUIRE(request_number("GET-1234") == 1234);
  for (const char* id : {"", "GET", "GET-", "GET-12x", "GET--1 ", "-"}) {
    CAPTURE(id);
    REQUIRE_FALSE(request_number(id).has_value());
  }
}
