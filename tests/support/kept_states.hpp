#pragma once
// What a store would keep of an engine or a pipeline: commits in their order, without those that
// are superseded.

#include <deque>

#include "base/result.hpp"
#include "model/saved_state.hpp"

namespace noci::testing {

class KeptStates {
 public:
  /// False: it follows one that is not here.
  bool keep(SavedState state) {
    if (state.follows == 0) {
      states_.clear();
    } else if (states_.empty() || states_.back().number != state.follows) {
      return false;
    }
    while (!states_.empty() && states_.front().number < state.oldest_needed) {
      states_.pop_front();
    }
    states_.push_back(std::move(state));
    return true;
  }

  template <typename Kept>
  Result<void> restore(Kept& fresh) const {
    for (const SavedState& state : states_) {
      for (const std::string& blob : state.blobs) {
        if (auto done = fresh.restore(state.number, blob); !done) {
          return done;
        }
      }
    }
    return fresh.finish_restore();
  }

  [[nodiscard]] std::size_t commits() const { return states_.size(); }

  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = 0;
    for (const SavedState& state : states_) {
      sum += bytes_of(state);
    }
    return sum;
  }

  static std::size_t bytes_of(const SavedState& state) {
    std::size_t sum = 0;
    for (const std::string& blob : state.blobs) {
      sum += blob.size();
    }
    return sum;
  }

 private:
  std::deque<SavedState> states_;
};

/// Saves and keeps, as a commit that succeeds.
template <typename Kept>
void commit(Kept& running, KeptStates& kept) {
  const bool taken = kept.keep(running.take_state());
  running.state_settled(taken);
}

}  // namespace noci::testing
