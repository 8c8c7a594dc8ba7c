#pragma once
// A rule set compiled for counting: which selections an event of some shape can match, which
// counters each of them feeds, which rules look at each counter. Rules with the same group-by share
// a table of keys, limits that count the same share a counter. Rules that are `off` are left out.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "detect/baseline.hpp"
#include "detect/evidence.hpp"
#include "detect/layout.hpp"
#include "detect/schedule.hpp"
#include "detect/selection.hpp"
#include "detect/sequence.hpp"
#include "detect/summary.hpp"
#include "detect/window.hpp"
#include "model/rule.hpp"

namespace noci::detect {

struct CompiledLimit {
  const Limit* limit = nullptr;
  std::size_t counter = 0;  ///< in the rule's table
  std::size_t span = 0;     ///< of the counter's
  double watch_from = 0;    ///< an eighth of the lowest limit that can be in force
  bool scaled = true;       ///< by schedule and overrides; a sequence is not
};

struct CompiledFactor {
  const ConditionalFactor* factor = nullptr;
  std::size_t counter = 0;
  std::size_t span = 0;
};

struct CompiledOverride {
  std::vector<CompiledPredicate> match;
  bool impossible = false;  ///< it asks for a field that the key does not have
  std::optional<double> factor;
  bool exempt = false;
  std::optional<TimePoint> until;
};

struct CompiledRule {
  const Rule* rule = nullptr;
  std::size_t table = 0;
  std::vector<CompiledLimit> limits;
  std::vector<CompiledFactor> factors;
  std::optional<ScheduleClock> schedule;
  std::vector<CompiledOverride> overrides;
  EvidenceSettings evidence;
  std::vector<LimitWords> words;
  double least_factor = 1;
  Duration horizon{};  ///< of the longest window
  bool decays = true;  ///< the limits in force never change by themselves
};

struct PlanCounter {
  std::vector<WindowSpan> spans;
  std::int64_t cap = 0;  ///< distinct values that are counted exactly
  /// By span: below this no limit on it is of interest.
  std::vector<double> watch_from;
  StepPlan steps;  ///< of a sequence
  /// Of a baseline: what is asked for, and what all keys do, which the engine keeps.
  const Baseline* baseline = nullptr;
  PeerDays* peers = nullptr;
  std::vector<std::size_t> baselines;  ///< counters that learn from this one
  std::vector<std::size_t> rules;
};

struct PlanTable {
  std::vector<PlanCounter> counters;
  std::vector<std::size_t> rules;
  Duration horizon{};  ///< a key that is silent for longer holds nothing
};

/// Where a selection's events go.
struct Feed {
  std::size_t table;
  std::size_t counter;
  LimitType type;
  Field field;
  std::uint8_t step = 0;  ///< of a sequence
};

struct PlanSelect {
  CompiledSelect select;
  std::vector<Feed> feeds;
};

/// What events of one shape feed.
struct ShapeFeeds {
  static constexpr std::uint16_t certain = UINT16_MAX;

  struct Entry {
    Feed feed;
    std::uint16_t open;  ///< the place in `open` of the select that decides, or `certain`
  };

  std::vector<std::uint16_t> open;  ///< selects that the shape leaves open
  std::vector<Entry> entries;       ///< by table, then by counter
};

struct Plan {
  Plan(std::shared_ptr<const RuleSet> rule_set, Duration lateness);
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  std::shared_ptr<const RuleSet> source;  ///< the compiled rules point into it
  Layout layout;
  std::vector<CompiledRule> rules;  ///< same indexes as layout.rules, likewise tables, counters
  std::vector<PlanTable> tables;
  std::vector<PlanSelect> selects;

  /// Worked out once for each shape; good until the next call.
  [[nodiscard]] const ShapeFeeds& feeds_of(const Event& event);

 private:
  [[nodiscard]] ShapeFeeds make_feeds(const Shape& shape) const;

  FieldSet fields_ = 0;  ///< that selects ask for
  boost::unordered_flat_map<std::uint64_t, ShapeFeeds> feeds_;
};

}  // namespace noci::detect
