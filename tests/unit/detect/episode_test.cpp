#include "detect/episode.hpp"

#include "support/catch.hpp"
#include "support/event_builder.hpp"

using namespace noci;
using detect::Episode;
using noci::test::day_one;
using std::chrono::minutes;

namespace {

AlertSettings settings() {
  AlertSettings made;
  made.escalate = {{2, Level::high}, {5, Level::critical}};
  made.resolve_after = minutes{30};
  made.renotify = minutes{60};
  return made;
}

struct Row {
  int minute;
  double ratio;  ///< above 1: breached
  bool by_event;
  std::string said;  ///< empty: nothing
  Level level = Level::medium;
};

void play(const std::vector<Row>& rows, const AlertSettings& with) {
  Episode episode;
  std::uint64_t sequence = 0;
  for (const Row& row : rows) {
    CAPTURE(row.minute, row.ratio);
    const auto said =
        episode.read({day_one + minutes{row.minute}, row.ratio > 1, row.ratio, row.by_event}, with,
                     Level::medium);
    REQUIRE(std::string(said ? name_of(*said) : "") == row.said);
    if (said) {
      sequence = *said == AlertStatus::firing ? 1 : sequence + 1;
      REQUIRE(episode.sequence() == sequence);
      REQUIRE(episode.level() == row.level);
    }
  }
}

}  // namespace

TEST_CASE("an episode goes idle, firing, escalated, updated, resolved") {
  play({{0, 0.5, true, ""},
        {1, 1.1, true, "firing"},
        {2, 1.5, true, ""},
        {3, 2.0, true, "escalated", Level::high},
        {4, 3.0, true, ""},
        {5, 1.5, true, ""},
        {6, 2.5, true, ""},  // each step once
        {7, 6.0, true, "escalated", Level::critical},
        {66, 1.2, false, ""},
        {67, 1.2, false, "updated", Level::critical},
        {100, 1.2, false, ""},
        {127, 1.2, false, "updated", Level::critical},
        {128, 0.9, false, ""},
        {157, 0.9, false, ""},
        {158, 0.9, false, "resolved", Level::critical},
        {159, 0.9, true, ""},
        {160, 1.2, true, "firing"}},
       settings());
}

TEST_CASE("below the limit must last: a breach in between begins it anew") {
  play({{0, 1.1, true, "firing"},
        {10, 0.9, false, ""},
        {39, 1.1, false, ""},
        {40, 0.9, false, ""},
        {69, 0.9, false, ""},
        {70, 0.9, false, "resolved"}},
       settings());
}

TEST_CASE("one giant event says one thing, at the level it deserves") {
  play({{0, 7, true, "firing", Level::critical}, {1, 9, true, ""}}, settings());
  play({{0, 3, true, "firing", Level::high}, {1, 5, true, "escalated", Level::critical}},
       settings());
}

TEST_CASE("time alone opens and escalates nothing") {
  play({{0, 3, false, ""}, {1, 1.5, true, "firing"}, {2, 3, false, ""}}, settings());
}

TEST_CASE("without renotify there are no updates, without delay it resolves at once") {
  AlertSettings plain;
  plain.resolve_after = Duration{0};
  play({{0, 1.1, true, "firing"}, {1000, 1.1, false, ""}, {1001, 1, false, "resolved"}}, plain);
}

TEST_CASE("an escalation never lowers the level") {
  AlertSettings odd;
  odd.escalate = {{2, Level::low}, {3, Level::high}};
  play({{0, 1.1, true, "firing"},
        {1, 2, true, "escalated", Level::medium},
        {2, 3, true, "escalated", Level::high}},
       odd);
}

TEST_CASE("an open episode is read on the grid of event time, and when it may end") {
  AlertSettings with = settings();
  Episode episode;
  const TimePoint start = day_one + Duration{1234};
  episode.read({start, true, 1.5, true}, with, Level::medium);
  CHECK(episode.next_reading(start, start, with, true) == day_one + minutes{1});
  const TimePoint minute = day_one + minutes{1};
  CHECK(episode.next_reading(minute, minute, with, false) == day_one + minutes{2});
  CHECK(episode.next_reading(minute, day_one + minutes{9}, with, true) == day_one + minutes{9});
  // An update is due before that.
  CHECK(episode.next_reading(minute, day_one + minutes{99}, with, true) == day_one + minutes{61});
  episode.read({day_one + minutes{2}, false, 0, false}, with, Level::medium);
  const TimePoint below = day_one + minutes{2};
  CHECK(episode.next_reading(below, below, with, true) == day_one + minutes{32});
  CHECK(episode.next_reading(below, below, with, false) == day_one + minutes{3});
}
