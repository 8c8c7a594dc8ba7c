#include "parse/sequence.hpp"

#include "support/catch.hpp"
#include "unit/parse/reading.hpp"

namespace noci {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint start = test::at("2026-11-22T20:00:00Z");

Claim claim(std::optional<std::uint64_t> id, bool ends_request, TimePoint time, TimePoint arrival,
            std::uint64_t fingerprint = 0) {
  return {id, ends_request, time, arrival, fingerprint};
}

/// Feeds access lines `from` … `to`, one per second, and expects every one to fit.
TimePoint run(Sequence& sequence, std::uint64_t from, std::uint64_t to, TimePoint time) {
  for (std::uint64_t id = from; id <= to; ++id) {
    time += seconds{1};
    INFO(id);
    REQUIRE(sequence.judge(claim(id, true, time, {})) == Fit::fine);
  }
  return time;
}

}  // namespace

TEST_CASE("ids may come in any order, with gaps, each once") {
  Sequence sequence;
  for (const std::uint64_t id : {100U, 103U, 101U, 90U, 2000U, 102U, 11'999U}) {
    CHECK(sequence.judge(claim(id, true, start, {})) == Fit::fine);
  }
  CHECK(sequence.judge(claim(103, true, start + seconds{1}, {})) == Fit::reused);
  CHECK(sequence.judge(claim(11'999, true, start + seconds{1}, {})) == Fit::reused);
}

TEST_CASE("the same line again is a copy, another line with its id is not") {
  Sequence sequence;
  CHECK(sequence.judge(claim(100, true, start, {})) == Fit::fine);
  CHECK(sequence.judge(claim(101, true, start, {})) == Fit::fine);
  CHECK(sequence.judge(claim(100, true, start, {})) == Fit::copy);
  CHECK(sequence.judge(claim(100, true, start + seconds{1}, {})) == Fit::reused);
  run(sequence, 102, 400, start);
  CHECK(sequence.judge(claim(101, true, start, {})) == Fit::reused);  // too long ago to be one
}

TEST_CASE("other lines share the id of their request") {
  Sequence sequence;
  CHECK(sequence.judge(claim(7, false, start, {})) == Fit::fine);
  CHECK(sequence.judge(claim(7, false, start, {})) == Fit::fine);
  CHECK(sequence.judge(claim(7, true, start, {})) == Fit::fine);
  CHECK(sequence.judge(claim(7, false, start, {})) == Fit::fine);
}

TEST_CASE("an id far ahead is out of range unless time explains it") {
  Sequence sequence;
  const TimePoint now = run(sequence, 1, 5, start);
  CHECK(sequence.judge(claim(10'005, true, now, {})) == Fit::fine);
  CHECK(sequence.judge(claim(20'006, true, now, {})) == Fit::range);
  CHECK(sequence.judge(claim(9'000'000, true, now, {})) == Fit::range);
  CHECK(sequence.judge(claim(25'000, true, now + seconds{30}, {})) == Fit::fine);
}

TEST_CASE("twenty forged lines in a row do not move what is believed") {
  Sequence sequence;
  const TimePoint now = run(sequence, 1, 50, start);
  for (std::uint64_t i = 0; i < 20; ++i) {
    CHECK(sequence.judge(claim(9'000'000 + i, true, now, {})) == Fit::range);
  }
  CHECK(sequence.judge(claim(51, true, now, {})) == Fit::fine);
  for (std::uint64_t i = 0; i < 40; ++i) {
    CHECK(sequence.judge(claim(9'000'100 + i, true, now, {})) == Fit::range);
  }
}

TEST_CASE("a range that no line of the old one follows is believed in the end") {
  Sequence sequence;
  const TimePoint now = run(sequence, 1, 50, start);
  std::uint64_t id = 9'000'000;
  int refused = 0;
  while (sequence.judge(claim(id, true, now, {})) != Fit::fine) {
    ++id;
    ++refused;
    REQUIRE(refused < 100);
  }
  run(sequence, id + 1, id + 200, now);
}

TEST_CASE("a restart begins the ids anew") {
  Sequence sequence;
  const TimePoint now = run(sequence, 1, 3000, start);
  sequence.restart(now + seconds{5});
  run(sequence, 0, 3000, now + seconds{5});
  CHECK(sequence.judge(claim(2000, true, now + hours{1}, {})) == Fit::reused);
}

TEST_CASE("a restart that the log does not show loses no line") {
  Sequence sequence;
  const TimePoint now = run(sequence, 1, 100'000, start);
  const TimePoint after = run(sequence, 0, 500, now + seconds{4});
  CHECK(sequence.judge(claim(400, true, after, {})) == Fit::reused);
  Sequence young;
  const TimePoint then = run(young, 1, 400, start);
  run(young, 0, 900, then + seconds{4});
}

TEST_CASE("a quiet night is no forgery") {
  Sequence sequence;
  TimePoint now = run(sequence, 1, 100, start);
  now = run(sequence, 101, 200, now + hours{9});
  // An account that asks once in a while.
  for (std::uint64_t id = 201; id < 300; ++id) {
    now += hours{3};
    CHECK(sequence.judge(claim(id, true, now, {})) == Fit::fine);
  }
  // A site whose ids are a proxy's text has no counter to say so.
  Sequence without;
  CHECK(without.judge(claim(std::nullopt, true, start, {})) == Fit::fine);
  CHECK(without.judge(claim(std::nullopt, true, start + hours{9}, {})) == Fit::fine);
}

TEST_CASE("what the wall clock confirms is no jump") {
  Sequence sequence;
  const TimePoint now = run(sequence, 1, 100, start);
  const TimePoint later = now + hours{24 * 30};
  CHECK(sequence.judge(claim(500'000, true, later, {})) == Fit::time);
  CHECK(sequence.judge(claim(500'000, true, later, later + seconds{3})) == Fit::fine);
}

TEST_CASE("dates out of the blue do not fit, and one of them moves nothing") {
  Sequence sequence;
  const TimePoint now = run(sequence, 1, 100, start);
  CHECK(sequence.judge(claim(101, true, test::at("2031-01-01T00:00:00Z"), {})) == Fit::time);
  CHECK(sequence.judge(claim(20'000, true, now + hours{2}, {})) == Fit::time);
  CHECK(sequence.judge(claim(101, true, now - hours{49}, {})) == Fit::time);
  run(sequence, 102, 150, now);
  // Believable, but alone: the next line is judged by the old clock.
  CHECK(sequence.judge(claim(151, true, now + hours{24 * 6}, {})) == Fit::fine);
  run(sequence, 152, 200, now + minutes{1});
}

TEST_CASE("a restored sequence judges as the saved one") {
  Sequence sequence;
  const TimePoint now = run(sequence, 1, 5000, start);
  CHECK(sequence.judge(claim(9'000'000, true, now, {})) == Fit::range);
  ByteWriter out;
  sequence.save(out);
  Sequence restored;
  ByteReader in(out.bytes());
  restored.restore(in);
  CHECK(in.ok());
  CHECK(in.at_end());
  ByteWriter again;
  restored.save(again);
  CHECK(again.bytes() == out.bytes());
  CHECK(restored.judge(claim(4999, true, now, {})) == Fit::reused);
  CHECK(restored.judge(claim(5000, true, now, {})) == Fit::copy);
  CHECK(restored.judge(claim(5001, true, now, {})) == Fit::fine);
}

TEST_CASE("a damaged state is a fresh one") {
  Sequence restored;
  ByteReader in("\x03\xff\xff");
  restored.restore(in);
  CHECK_FALSE(in.ok());
  CHECK(restored.judge(claim(7, true, start, {})) == Fit::fine);
}

TEST_CASE("only request counters are counters") {
  CHECK(request_counter("GET-65") == 65U);
  CHECK(request_counter("POST-0") == 0U);
  for (const char* id :
       {"", "GET", "GET-", "-1", "main", "sentinel", "background_updates-0", "PUT-42-$event",
        "GET-550e8400-e29b", "GET-12345678-1234", "GET-9999999999999999999999", "get-1"}) {
    INFO(id);
    CHECK_FALSE(request_counter(id));
  }
}

}  // namespace noci
