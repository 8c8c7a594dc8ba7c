#include "pipeline/rhythm.hpp"

#include "support/catch.hpp"

using namespace noci;
using namespace std::chrono_literals;

namespace {

const TimePoint monday = *parse_rfc3339("2026-06-01T00:00:00Z");
const Rhythm::Bounds bounds{30min, 3min, 12h};

/// A log and its watcher, who looks every second.
struct Watched {
  Rhythm rhythm;
  TimePoint now = monday;
  Rhythm::Bounds limits = bounds;

  void look(bool heard, Duration step = 1s) {
    now += step;
    rhythm.look(now, step, heard, limits);
  }

  /// Speaks once in each `gap`.
  void speak(Duration span, Duration gap) {
    for (const TimePoint end = now + span; now < end;) {
      look(true, gap);
    }
  }

  void be_silent(Duration span) {
    for (const TimePoint end = now + span; now < end;) {
      look(false);
    }
  }

  [[nodiscard]] Duration limit() const { return rhythm.limit(now, limits); }

  [[nodiscard]] bool is_overdue() const { return rhythm.is_overdue(now, limits); }
};

}  // namespace

TEST_CASE("a busy log is missed after the least silence that counts") {
  Watched log;
  log.speak(2h, 2s);
  REQUIRE(log.limit() == 3min);
  log.be_silent(3min);
  REQUIRE_FALSE(log.is_overdue());
  log.be_silent(1s);
  REQUIRE(log.is_overdue());
  log.look(true);
  REQUIRE_FALSE(log.is_overdue());
}

TEST_CASE("a log that never spoke, or not for long, is missed at the upper bound only") {
  Watched log;
  log.be_silent(1h);
  REQUIRE(log.limit() == 12h);
  log.speak(29min, 1s);
  REQUIRE(log.limit() == 12h);
  log.be_silent(2h);
  REQUIRE_FALSE(log.is_overdue());
  REQUIRE(log.limit() == 12h);  // the silence itself is no acquaintance
  log.look(true);
  REQUIRE(log.rhythm.is_warm(bounds));
}

TEST_CASE("on the first day only the last half hours are known, and more is allowed") {
  Watched log;
  log.speak(2h, 1min);
  REQUIRE(log.limit() == 30min);
}

TEST_CASE("from the second day on an hour is judged by the same hours of the days before") {
  Watched log;
  for (int day = 0; day < 3; ++day) {
    log.speak(18h, 5s);    // 00:00 to 18:00
    log.speak(6h, 20min);  // the night
  }
  log.speak(12h, 5s);
  REQUIRE(log.now == monday + 84h);
  REQUIRE(log.limit() == 3min);  // noon
  log.speak(5h + 30min, 5s);
  REQUIRE(log.limit() == 80min);  // shortly before the night begins
  log.be_silent(1h);
  REQUIRE_FALSE(log.is_overdue());
}

TEST_CASE("what is older than a week is forgotten") {
  Watched log;
  log.speak(1h, 10s);
  log.speak(1h, 15min);
  log.speak(2h, 10s);
  for (int day = 0; day < 8; ++day) {
    REQUIRE(log.now == monday + 4h + day * 24h);
    log.speak(21h + 30min, 10s);
    CAPTURE(day);
    REQUIRE(log.limit() == (day < 7 ? Duration(1h) : Duration(3min)));
    log.speak(2h + 30min, 10s);
  }
}

TEST_CASE("a silence that was too long is learnt as what was allowed, and so step by step") {
  Watched log;
  log.speak(24h, 2s);
  log.speak(12h, 2s);
  REQUIRE(log.limit() == 3min);
  log.be_silent(2h);
  log.look(true);
  REQUIRE(log.limit() == 12min);  // four times three minutes, not four times two hours
}

TEST_CASE("suspended watchers and clocks that are set make no silence") {
  Watched log;
  log.speak(2h, 2s);
  log.now += 48h;  // but nothing of it was watched
  log.rhythm.look(log.now, 5s, false, bounds);
  REQUIRE(log.rhythm.silence() == 5s);
  log.now -= 96h;
  log.rhythm.look(log.now, 0s, false, bounds);
  REQUIRE_FALSE(log.is_overdue());
}

TEST_CASE("a rhythm survives a restart") {
  Watched log;
  log.speak(30h, 90s);
  log.be_silent(7min);
  ByteWriter out;
  log.rhythm.save(out);
  Watched again;
  again.now = log.now;
  ByteReader in(out.bytes());
  again.rhythm.restore(in);
  REQUIRE(in.ok());
  REQUIRE(in.at_end());
  REQUIRE(again.rhythm.silence() == 7min);
  REQUIRE(again.limit() == log.limit());
  REQUIRE(again.limit() == 6min);
  REQUIRE(again.is_overdue());
}
