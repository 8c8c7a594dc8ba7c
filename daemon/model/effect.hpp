#pragma once
// Everything that leaves the analysis thread, in one order: durability is order, not locks.

#include <string>
#include <variant>
#include <vector>

#include "model/alert.hpp"
#include "model/record.hpp"

namespace noci {

/// One transaction: what was read, what is known because of it, and what must be said.
struct Commit {
  std::vector<Cursor> cursors;  ///< all streams that still matter; others are forgotten
  std::string state;            ///< Pipeline state: a delta, or the whole when `whole`
  bool whole = false;
  std::vector<Alert> alerts;
  std::string vigil;  ///< Vigil state, whole
};

/// Nothing follows.
struct Stop {};

using Effect = std::variant<Commit, Stop>;

}  // namespace noci
