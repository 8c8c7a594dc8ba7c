#pragma once
// What one commit keeps of what noci knows. Blobs are the pipeline's own bytes; they are given back
// to it commit by commit, in the order of their numbers, and what comes later wins.

#include <cstdint>
#include <string>
#include <vector>

namespace noci {

struct SavedState {
  std::uint64_t number = 0;  ///< of the commit, ascending; 0: nothing is kept
  /// The commit that must be kept already, lest this one makes no sense. 0: none.
  std::uint64_t follows = 0;
  /// What commits before this one kept is superseded.
  std::uint64_t oldest_needed = 0;
  std::vector<std::string> blobs;

  bool operator==(const SavedState&) const = default;
};

}  // namespace noci
