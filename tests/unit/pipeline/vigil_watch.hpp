#pragma once
// A daemon's second-by-second view of one log, which a test describes, and the vigil that watches.

#include <string>
#include <utility>
#include <vector>

#include "pipeline/vigil.hpp"
#include "support/catch.hpp"

namespace noci::testing {

using namespace std::chrono_literals;

inline const TimePoint noon = *parse_rfc3339("2026-06-01T12:00:00Z");

struct Watch {
  Vigil vigil{HealthSettings{}, {"hs"}};
  Sight sight{noon, {SourceSight{}}, {}, 0, 0};
  std::vector<BlindChange> changes;
  Duration step = 1s;  ///< between two looks

  SourceSight& source() { return sight.sources[0]; }

  /// Two access lines and one other each second, for `span`.
  void speak(Duration span) {
    each_second(span, [&] {
      source().requests += 2;
      other_lines(3);
    });
  }

  void other_lines(std::uint64_t count) {
    source().lines += count;
    source().records += count;
  }

  void wait(Duration span) {
    each_second(span, [] {});
  }

  template <typename What>
  void each_second(Duration span, What&& what) {
    for (const TimePoint end = sight.now + span; sight.now < end;) {
      sight.now += step;
      source().at_end = true;
      what();
      vigil.look(sight, changes);
    }
  }

  /// `+silent`, `-silent`, …, and forgets them.
  std::vector<std::string> news() {
    std::vector<std::string> words;
    for (const BlindChange& change : changes) {
      words.push_back((change.blind ? "+" : "-") + std::string(name_of(change.cause)));
    }
    changes.clear();
    return words;
  }

  void restart(std::vector<std::string> sources = {"hs"}) {
    ByteWriter out;
    vigil.save(out);
    vigil = Vigil(HealthSettings{}, std::move(sources));
    REQUIRE(vigil.restore(out.bytes()));
    source() = {};
    sight.evicted_keys = 0;
  }
};

using News = std::vector<std::string>;

}  // namespace noci::testing
