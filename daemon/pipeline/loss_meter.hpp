#pragma once
// How many lines of one worker are lost. Every request takes the next number of its process, so a
// number without an access line is a lost line, unless Synapse does not log that request: OPTIONS
// and /health take numbers unseen. That share, the base gap, is learnt per worker; what exceeds it
// is loss. It cannot be told from the numbers whether more is lost or more is unlogged: a flood of
// OPTIONS looks like loss, a loss that was there from the beginning like OPTIONS
// (docs/operations.md says what to do about both). No clock.

#include <cstdint>
#include <deque>
#include <optional>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "pipeline/panes.hpp"

namespace noci {

class LossMeter {
 public:
  struct Bounds {
    Duration span{};
    double limit = 0;        ///< as a share of the lines
    Duration usual_after{};  ///< a gap that lasts for this long is usual
  };

  /// One look. `passed` only grows; when it does not, the process began anew. `missing` may shrink
  /// a little: a line that was given up too early came after all.
  void look(Duration watched, std::uint64_t passed, std::uint64_t missing, const Bounds& bounds);

  /// The share of numbers that have no line for an innocent reason; unset while it is learnt.
  [[nodiscard]] std::optional<double> base() const { return base_; }

  /// The share of lines that were lost over the span; unset during the warm-up and until the span
  /// holds enough after a restart.
  [[nodiscard]] std::optional<double> loss() const;
  /// Too many are lost: sustained over the span, or nearly all for a moment.
  [[nodiscard]] bool is_losing(const Bounds& bounds) const;

  /// How often a lasting gap was taken for usual.
  [[nodiscard]] std::uint64_t times_accepted() const { return accepted_; }

  /// Numbers seen since the meter began.
  [[nodiscard]] std::uint64_t passed_total() const { return passed_total_; }

  [[nodiscard]] std::uint64_t missing_total() const { return missing_total_; }

  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

 private:
  [[nodiscard]] double loss_of(double gap) const;
  [[nodiscard]] bool is_sustained(const Bounds& bounds) const;
  [[nodiscard]] bool is_massive() const;
  void learn(double gap);

  Panes panes_;
  int unlearnt_ = 0;         ///< complete panes since the last lesson
  std::deque<double> gaps_;  ///< of the last lessons, oldest first
  std::optional<double> base_;
  Duration losing_for_{};
  std::uint64_t accepted_ = 0;
  std::uint64_t passed_ = 0;   ///< as of the last look
  std::uint64_t missing_ = 0;  ///< the most of this process
  std::uint64_t passed_total_ = 0;
  std::uint64_t missing_total_ = 0;
};

}  // namespace noci
