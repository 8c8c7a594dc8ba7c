#pragma once
// "Did you mean …?": the nearest of the names that would have been right.

#include <string>
#include <string_view>
#include <vector>

namespace noci {

/// Edit distance with transpositions (optimal string alignment: Damerau 1964, Levenshtein 1966).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// `did you mean 'timespan'?`, else `one of a, b, c` when they are few, else empty.
[[nodiscard]] std::string suggest(std::string_view wrong,
                                  const std::vector<std::string_view>& right);

}  // namespace noci
