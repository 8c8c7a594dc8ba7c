#pragma once
// All that is known about one key: its counters, and for the few keys that come near a limit the
// evidence and the episode per rule. Indexes are those of the layout in force.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "detect/distinct.hpp"
#include "detect/episode.hpp"
#include "detect/evidence.hpp"
#include "detect/layout.hpp"
#include "detect/plan.hpp"
#include "detect/sequence.hpp"
#include "detect/window.hpp"
#include "model/alert.hpp"

namespace noci::detect {

/// One counter of one key, behind all windows of its ladder.
struct Tally {
  std::size_t counter = 0;
  /// No window can come near a limit before so much more was added; only spares looking.
  std::int64_t slack = 0;
  LadderSum sum;
  // Instead of the sum:
  std::unique_ptr<DistinctCounter> distinct;
  std::unique_ptr<StepTimes> steps;
  std::unique_ptr<OwnDays> own;

  Tally(std::size_t index, const CounterSpec& spec);
  [[nodiscard]] DistinctCounter::Answer value(const PlanCounter& plan, std::size_t span,
                                              TimePoint now) const;
  /// See LadderSum::falls_to.
  [[nodiscard]] TimePoint falls_to(std::int64_t most, const PlanCounter& plan, std::size_t span,
                                   TimePoint now) const;
  [[nodiscard]] std::int64_t bytes() const;
};

/// One rule's interest in one key.
struct Watch {
  std::size_t rule = 0;
  Episode episode;
  TimePoint due;  ///< next reading, while the episode is open
  EvidenceCollector evidence;
  std::vector<LimitState> told;  ///< limits in the last alert, while the episode is open

  [[nodiscard]] std::int64_t bytes() const;
};

struct Account {
  std::uint32_t slot = 0;
  std::uint16_t table = 0;
  std::uint64_t print = 0;  ///< of table and key
  TimePoint last_event;
  std::int64_t bytes = 0;  ///< estimated, as counted into the budget
  std::string key;
  std::vector<Tally> tallies;
  std::vector<std::unique_ptr<Watch>> watches;

  [[nodiscard]] const Tally* tally(std::size_t counter) const;
  [[nodiscard]] Watch* watch(std::size_t rule) const;
  [[nodiscard]] bool has_open_episode() const;
  [[nodiscard]] std::int64_t estimated_bytes() const;

  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in, const Layout& layout);
};

}  // namespace noci::detect
