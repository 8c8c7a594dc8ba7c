#include "vigil_watch.hpp"

using namespace noci;
using namespace noci::testing;

TEST_CASE("a log that speaks and is read raises nothing") {
  Watch watch;
  watch.speak(3h);
  REQUIRE(watch.news().empty());
}

TEST_CASE("a busy log that stops is blind once, and recovers once") {
  Watch watch;
  watch.speak(1h);
  watch.wait(3min);
  REQUIRE(watch.news().empty());
  watch.wait(1s);
  REQUIRE(watch.changes.size() == 1);
  const BlindChange blind = watch.changes[0];
  CHECK(blind.subject == BlindSubject{BlindSubject::Kind::source, "hs"});
  CHECK(blind.since == noon + 1h);
  CHECK(blind.at == noon + 1h + 3min + 1s);
  CHECK(blind.value == 181);
  CHECK(blind.limit == 180);
  REQUIRE(watch.news() == News{"+silent"});
  watch.wait(5h);
  REQUIRE(watch.news().empty());
  watch.speak(59s);
  REQUIRE(watch.news().empty());
  watch.speak(2s);
  REQUIRE(watch.changes.size() == 1);
  CHECK(watch.changes[0].since == blind.since);
  CHECK(watch.changes[0].reason == "recovered");
  CHECK(watch.changes[0].number == 1);
  REQUIRE(watch.news() == News{"-silent"});
}

TEST_CASE("an episode survives a restart: not raised twice, ended once") {
  Watch watch;
  watch.speak(1h);
  watch.wait(4min);
  REQUIRE(watch.news() == News{"+silent"});
  watch.restart();
  watch.wait(10min);
  REQUIRE(watch.news().empty());
  watch.restart();
  watch.speak(2min);
  REQUIRE(watch.news() == News{"-silent"});
  watch.restart();
  watch.speak(2min);
  REQUIRE(watch.news().empty());
}

TEST_CASE("a silence goes on over a restart") {
  Watch watch;
  watch.speak(1h);
  watch.wait(2min);
  watch.restart();
  watch.sight.now += 10h;  // noci was not there: nothing is known of this time
  watch.wait(59s);
  REQUIRE(watch.news().empty());
  watch.wait(3s);
  REQUIRE(watch.news() == News{"+silent"});
}

TEST_CASE("a suspended machine is no silence") {
  Watch watch;
  watch.speak(1h);
  watch.sight.now += 8h;
  watch.wait(10s);
  REQUIRE(watch.news().empty());
}

TEST_CASE("access lines that stop while others go on are missed") {
  Watch watch;
  watch.speak(1h);
  watch.each_second(4min, [&] { watch.other_lines(1); });
  REQUIRE(watch.news() == News{"+no_requests"});
  watch.speak(2min);
  REQUIRE(watch.news() == News{"-no_requests"});
}

TEST_CASE("a log that never had access lines is not missed for having none") {
  Watch watch;
  watch.step = 5s;
  watch.each_second(5h, [&] { watch.other_lines(1); });
  REQUIRE(watch.news().empty());
}

TEST_CASE("a log that falls silent is missed for that alone") {
  Watch watch;
  watch.speak(1h);
  watch.other_lines(30);
  watch.wait(10min);
  REQUIRE(watch.news() == News{"+silent"});
}

TEST_CASE("a file that cannot be read is told after its limit, and not as silence too") {
  Watch watch;
  watch.speak(1h);
  watch.source().fault = "/log does not exist yet; waiting for it";
  watch.wait(1min);
  REQUIRE(watch.news().empty());
  watch.wait(1s);
  REQUIRE(watch.changes.size() == 1);
  CHECK(watch.changes[0].detail == watch.source().fault);
  CHECK(watch.changes[0].since == noon + 1h);
  REQUIRE(watch.news() == News{"+unreadable"});
  watch.wait(1h);
  REQUIRE(watch.news().empty());
  watch.source().fault.clear();
  watch.wait(1min);
  REQUIRE(watch.news() == News{"-unreadable"});
}

TEST_CASE("a fault that comes and goes is one episode") {
  Watch watch;
  watch.source().fault = "denied";
  watch.wait(2min);
  for (int i = 0; i < 10; ++i) {
    watch.source().fault = i % 2 == 0 ? "" : "denied";
    watch.wait(30s);
  }
  REQUIRE(watch.news() == News{"+unreadable"});
}

TEST_CASE(
    "a format that changed is told within a minute or two, on a quiet log after some records") {
  Watch watch;
  SECTION("busy") {
    watch.speak(1h);
    watch.each_second(2min, [&] {
      watch.other_lines(3);
      watch.source().errors += 3;
      ++watch.source().requests;
    });
    REQUIRE(watch.news() == News{"+not_understood"});
    watch.speak(15min);
    REQUIRE(watch.news() == News{"-not_understood"});
  }
  SECTION("quiet") {
    for (int i = 0; i < 19; ++i) {
      watch.other_lines(1);
      ++watch.source().errors;
      watch.wait(2min);
    }
    REQUIRE(watch.news().empty());
    watch.other_lines(1);
    ++watch.source().errors;
    watch.wait(1s);
    REQUIRE(watch.news() == News{"+not_understood"});
  }
  SECTION("a few strange records are nothing") {
    watch.speak(1h);
    watch.other_lines(9);
    watch.source().errors += 9;
    watch.speak(1h);
    REQUIRE(watch.news().empty());
  }
}

TEST_CASE("clock skew is told when all lines agree on it") {
  Watch watch;
  const auto with_delays = [&](Duration span, Duration least, Duration most) {
    watch.each_second(span, [&] {
      ++watch.source().requests;
      watch.other_lines(1);
      watch.source().least_delay = least;
      watch.source().most_delay = most;
    });
    watch.source().least_delay.reset();
    watch.source().most_delay.reset();
  };
  with_delays(1h, 0s, 6s);
  REQUIRE(watch.news().empty());
  SECTION("a wrong zone: everything comes two hours late") {
    with_delays(10s, 2h, 2h + 5s);
    REQUIRE(watch.changes.size() == 1);
    CHECK(watch.changes[0].value == 7200);
    REQUIRE(watch.news() == News{"+clock_skew"});
    with_delays(70s, 0s, 5s);
    REQUIRE(watch.news() == News{"-clock_skew"});
  }
  SECTION("lines from the future") {
    with_delays(10s, -2h, -1h - 59min);
    REQUIRE(watch.news() == News{"+clock_skew"});
  }
  SECTION("one forged line from the future among genuine ones, over and over") {
    with_delays(10min, -100h, 3s);
    REQUIRE(watch.news().empty());
  }
  SECTION("lines held back, but never all of them") {
    with_delays(10min, 1s, 10min);
    REQUIRE(watch.news().empty());
  }
  SECTION("what is read while catching up is late by our own fault") {
    for (int i = 0; i < 100; ++i) {
      watch.sight.now += 1s;
      watch.source().at_end = i % 2 == 0;
      watch.source().least_delay = watch.source().most_delay = 3h;
      watch.vigil.look(watch.sight, watch.changes);
    }
    REQUIRE(watch.news().empty());
  }
}

TEST_CASE("reading behind is told when it lasts") {
  Watch watch;
  watch.speak(1h);
  const auto read_behind = [&](Duration span, Duration lag) {
    for (const TimePoint end = watch.sight.now + span; watch.sight.now < end;) {
      watch.sight.now += 1s;
      watch.other_lines(1000);
      watch.source().at_end = false;
      watch.source().requests += 1000;
      watch.source().newest = watch.sight.now - lag;
      watch.vigil.look(watch.sight, watch.changes);
    }
  };
  read_behind(100s, 8h);  // a night's log, read at start
  watch.speak(1min);
  read_behind(1h, 1s);  // so busy that the end is never met, but up to date
  REQUIRE(watch.news().empty());
  read_behind(3min, 3min);
  REQUIRE(watch.news() == News{"+behind"});
  watch.speak(1min);
  REQUIRE(watch.news() == News{"-behind"});
}

TEST_CASE("a file cut short is told at once and for as long as the span") {
  Watch watch;
  watch.speak(1h);
  ++watch.source().losses;
  watch.speak(1s);
  REQUIRE(watch.news() == News{"+cut_short"});
  watch.speak(5min);
  ++watch.source().losses;
  watch.speak(10min);
  REQUIRE(watch.news().empty());
  watch.speak(2min);
  REQUIRE(watch.news() == News{"-cut_short"});
}

TEST_CASE("keys forgotten in numbers are told") {
  Watch watch;
  watch.sight.keys = 1000;
  watch.speak(1h);
  watch.sight.evicted_keys += 100;
  watch.speak(1h);
  REQUIRE(watch.news().empty());
  watch.sight.evicted_keys += 101;
  watch.speak(2s);
  REQUIRE(watch.news() == News{"+memory"});
  watch.speak(15min);
  REQUIRE(watch.news() == News{"-memory"});
}

TEST_CASE("a worker that loses lines is told by its name, and forgotten when it is gone") {
  Watch watch;
  watch.sight.workers = {{"main", 0, 0}, {"media", 0, 0}};
  const auto work = [&](Duration span, std::uint64_t missing) {
    watch.each_second(span, [&] {
      for (WorkerSight& worker : watch.sight.workers) {
        worker.passed += 100;
        worker.missing += 2;
      }
      watch.sight.workers.back().missing += missing;
      watch.other_lines(1);
    });
  };
  work(1h, 0);
  REQUIRE(watch.news().empty());
  work(10min, 10);
  REQUIRE(watch.changes.size() == 1);
  CHECK(watch.changes[0].subject == BlindSubject{BlindSubject::Kind::worker, "media"});
  REQUIRE(watch.news() == News{"+lines_lost"});
  watch.restart();
  work(1h, 10);
  REQUIRE(watch.news().empty());
  SECTION("it recovers") {
    work(15min, 0);
    REQUIRE(watch.news() == News{"-lines_lost"});
  }
  SECTION("it goes on for a day") {
    watch.step = 5s;
    work(24h, 10);
    REQUIRE(watch.changes.size() == 1);
    CHECK(watch.changes[0].reason == "taken_as_usual");
    REQUIRE(watch.news() == News{"-lines_lost"});
  }
  SECTION("it is not heard of any more") {
    watch.step = 5s;
    watch.sight.workers.pop_back();
    watch.each_second(25h, [&] { watch.other_lines(1); });
    REQUIRE(watch.changes.size() == 1);
    CHECK(watch.changes[0].reason == "not_watched");
    CHECK(watch.vigil.report().workers.size() == 1);
  }
}

TEST_CASE("forged worker names are bounded") {
  Watch watch;
  for (int i = 0; i < 10'000; ++i) {
    watch.sight.workers.push_back({"worker" + std::to_string(i), 1, 0});
  }
  watch.wait(1s);
  REQUIRE(watch.vigil.report().workers.size() == 256);
}

TEST_CASE("a source that is not watched any more ends its episodes") {
  Watch watch;
  watch.speak(1h);
  watch.wait(4min);
  watch.changes.clear();
  watch.restart({"other"});
  watch.wait(1s);
  REQUIRE(watch.changes.size() == 1);
  CHECK(watch.changes[0].subject.name == "hs");
  CHECK(watch.changes[0].reason == "not_watched");
  watch.wait(1h);
  REQUIRE(watch.changes.size() == 1);
}

TEST_CASE("a saved vigil that is damaged anywhere is refused or read, and never crashes") {
  Watch watch;
  watch.sight.workers = {{"main", 5, 1}};
  watch.speak(1h);
  watch.wait(4min);
  ByteWriter out;
  watch.vigil.save(out);
  const std::string good = out.take();
  for (std::size_t i = 0; i < good.size(); ++i) {
    REQUIRE_FALSE(Vigil(HealthSettings{}, {"hs"}).restore(good.substr(0, i)));
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x55);
    Vigil vigil(HealthSettings{}, {"hs"});
    static_cast<void>(vigil.restore(bad));
    std::vector<BlindChange> changes;
    vigil.look(watch.sight, changes);
    static_cast<void>(vigil.report());
  }
}
