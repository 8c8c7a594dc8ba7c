#include "settings/suggest.hpp"

#include <algorithm>

namespace noci {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Names are short; what is longer than any name cannot be near one.
  constexpr std::size_t longest = 80;
  if (a.size() > longest || b.size() > longest) {
    return longest;
  }
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    above[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

std::string suggest(std::string_view wrong, const std::vector<std::string_view>& right) {
  std::string_view nearest;
  // A short word two letters away is another word: `on` does not mean `off`.
  const std::size_t tolerated = wrong.size() < 4 ? 1 : std::max<std::size_t>(2, wrong.size() / 3);
  std::size_t distance = tolerated + 1;
  for (const std::string_view candidate : right) {
    const std::size_t here = edit_distance(wrong, candidate);
    if (here < distance) {
      distance = here;
      nearest = candidate;
    }
  }
  if (!nearest.empty()) {
    return "did you mean '" + std::string(nearest) + "'?";
  }
  constexpr std::size_t few = 12;
  if (right.empty() || right.size() > few) {
    return {};
  }
  std::string list = right.size() == 1 ? "it can be " : "one of ";
  for (std::size_t i = 0; i < right.size(); ++i) {
    list += (i == 0 ? "" : ", ") + std::string(right[i]);
  }
  return list;
}

}  // namespace noci
