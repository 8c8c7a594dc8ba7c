#pragma once
// Everything that leaves the analysis thread, in one order: durability is order, not locks.

#include <string>
#include <variant>
#include <vector>

#include "model/alert.hpp"
#include "model/record.hpp"
#include "model/saved_state.hpp"

namespace noci {

/// One transaction: what was read, what is known because of it, and what must be said. While the
/// database refuses, only what must be said: then state.number is 0, and there are no cursors.
struct Commit {
  std::vector<Cursor> cursors;  ///< all streams that still matter; others are forgotten
  SavedState state;             ///< of the pipeline
  std::vector<Alert> alerts;
  std::string vigil;  ///< Vigil state, whole
};

/// Nothing follows.
struct Stop {};

using Effect = std::variant<Commit, Stop>;

}  // namespace noci
