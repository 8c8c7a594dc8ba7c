#include "detect/checkpoint.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "support/catch.hpp"

using namespace noci::detect;

namespace {

/// What the disk holds, kept by hand: for each segment the commits that must be read for it.
struct Disk {
  struct Segment {
    std::uint64_t since = 0;  ///< rewritten in this commit, or begun with it
  };

  std::map<std::size_t, Segment> segments;
  std::size_t fewest = SIZE_MAX;  ///< segments there were since the last commit that was kept
  std::uint64_t oldest = 0;       ///< commits before it are gone

  void keep(const Taken& taken, std::size_t count, std::uint64_t oldest_needed) {
    if (taken.whole) {
      segments.clear();
    }
    // One that was gone and came back has all its keys in this commit.
    segments.erase(segments.lower_bound(fewest), segments.end());
    fewest = SIZE_MAX;
    for (std::size_t i = 0; i < count; ++i) {
      segments.try_emplace(i, Segment{taken.number});
    }
    for (const std::size_t rewritten : taken.segments) {
      segments[rewritten].since = taken.number;
    }
    oldest = std::max(oldest, oldest_needed);
  }

  [[nodiscard]] std::uint64_t oldest_wanted() const {
    std::uint64_t wanted = UINT64_MAX;
    for (const auto& [index, segment] : segments) {
      wanted = std::min(wanted, segment.since);
    }
    return wanted;
  }
};

}  // namespace

TEST_CASE("nothing goes that is needed, and what is not needed goes") {
  std::mt19937 random(20261123);
  for (int run = 0; run < 200; ++run) {
    const bool disk_fails = run % 2 == 1;
    Checkpoint checkpoint;
    Disk disk;
    bool whole = true;
    for (int commit = 0; commit < 60; ++commit) {
      const std::size_t count = 1 + random() % 6;
      disk.fewest = std::min(disk.fewest, count);
      Taken& taken = checkpoint.begin(whole, count);
      const std::uint64_t number = taken.number;
      REQUIRE(number == static_cast<std::uint64_t>(commit) + 1);
      checkpoint.earn(random() % 300);
      while (const auto segment = checkpoint.next()) {
        checkpoint.rewritten(*segment, 1 + random() % 200);
      }
      const bool kept = !disk_fails || random() % 4 != 0;
      whole = !kept && taken.whole;
      if (kept) {
        disk.keep(taken, count, checkpoint.oldest_needed());
        REQUIRE(disk.oldest <= disk.oldest_wanted());
        if (!disk_fails) {
          REQUIRE(disk.oldest == disk.oldest_wanted());
        }
      }
      REQUIRE(checkpoint.settle(kept).has_value());
      if (kept && random() % 8 == 0) {
        // A restart: what the disk tells.
        Checkpoint again;
        again.found(disk.oldest, false, count);
        for (std::uint64_t earlier = disk.oldest; earlier <= number; ++earlier) {
          again.found(earlier, false, count);
          for (const auto& [index, segment] : disk.segments) {
            if (segment.since == earlier) {
              again.found_segment(index);
            }
          }
        }
        checkpoint = again;
        // Commits that failed left no number behind.
        commit = static_cast<int>(number) - 1;
      }
    }
    REQUIRE(disk.oldest > 20);
  }
}

TEST_CASE("commits say which one they follow") {
  Checkpoint checkpoint;
  CHECK(checkpoint.begin(true, 1).follows == 0);
  CHECK(checkpoint.begin(false, 1).follows == 1);
  CHECK(checkpoint.settle(true)->number == 1);
  CHECK(checkpoint.settle(false)->number == 2);
  CHECK(checkpoint.begin(false, 1).follows == 1);
  CHECK(checkpoint.settle(true)->number == 3);
  CHECK(checkpoint.begin(false, 1).follows == 3);
  CHECK(checkpoint.begin(true, 1).follows == 0);
  CHECK(checkpoint.begin(false, 1).follows == 5);
}

TEST_CASE("what is rewritten weighs about what was earned, and comes round") {
  Checkpoint checkpoint;
  checkpoint.begin(true, 4);
  while (const auto segment = checkpoint.next()) {
    checkpoint.rewritten(*segment, 100);
  }
  CHECK(checkpoint.settle(true)->segments.size() == 4);
  std::vector<std::size_t> turns;
  for (int i = 0; i < 40; ++i) {
    checkpoint.begin(false, 4);
    checkpoint.earn(20);
    while (const auto segment = checkpoint.next()) {
      checkpoint.rewritten(*segment, 100);
      turns.push_back(*segment);
    }
    CHECK(checkpoint.settle(true).has_value());
  }
  CHECK(turns == std::vector<std::size_t>{0, 1, 2, 3, 0, 1, 2, 3});
}
