#pragma once
// How far a key has come in a sequence: steps that must all happen within a window of event time,
// in their order (`ordered`, each step after the one before it is complete, by event time, so a
// line that arrives late falls into its place) or in any. A step is complete when so many of its
// events have happened.
// Only events that can still be part of a sequence are kept: of each step the newest that could
// stand before any possible beginning of the next one. A sequence is found if and only if it
// happened; the memory is bounded by the counts (see most_marks), whatever an attacker mixes in.

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "detect/window.hpp"

namespace noci::detect {

struct StepPlan {
  bool ordered = false;
  std::vector<std::int64_t> counts;  ///< events that complete each step
};

/// The most events that are ever kept for one key, besides those within the lateness.
[[nodiscard]] std::int64_t most_marks(const StepPlan& plan);

class StepTimes {
 public:
  /// False when `at` is too old for all windows.
  bool add(const StepPlan& plan, Spans spans, TimePoint now, TimePoint at, std::size_t step);

  /// Steps that are complete; in order, those from the first on without a gap.
  [[nodiscard]] std::int64_t value(const StepPlan& plan, const WindowSpan& span,
                                   TimePoint now) const;
  /// When the value will be at most `most` if nothing happens: `now` or later.
  [[nodiscard]] TimePoint falls_to(std::int64_t most, const StepPlan& plan, const WindowSpan& span,
                                   TimePoint now) const;

  /// When a step happened, the latest time it did: the first and last event that complete it.
  struct Done {
    bool complete = false;
    TimePoint first;
    TimePoint last;
  };

  /// One for each step.
  [[nodiscard]] std::vector<Done> story(const StepPlan& plan, const WindowSpan& span,
                                        TimePoint now) const;

  [[nodiscard]] std::size_t marks() const { return marks_.size(); }

  [[nodiscard]] std::int64_t bytes() const;

  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in, std::size_t steps);

 private:
  struct Mark {
    TimePoint at;
    std::uint32_t step;
    std::uint32_t count;
  };

  [[nodiscard]] std::vector<Done> latest(const StepPlan& plan, std::size_t steps) const;
  void prune(const StepPlan& plan, Spans spans, TimePoint now);
  void keep_candidates(const StepPlan& plan, TimePoint settled, std::vector<bool>& kept) const;

  std::vector<Mark> marks_;  ///< ascending by time, then step
  std::uint32_t prune_at_ = 16;
};

}  // namespace noci::detect
