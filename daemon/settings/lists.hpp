#pragma once
// lists/NAME.txt: one value or `*` glob a line, `#` comments, and after the value, optionally,
// `until=DATE owner=WORD reason="several words"`. A value that begins with `#` or holds a space
// stands in double quotes.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/rule.hpp"
#include "settings/report.hpp"

namespace noci {

struct NamedList {
  std::shared_ptr<const List> list;
  std::string bytes;  ///< of all its files, for rule hashes
};

using Lists = std::map<std::string, NamedList, std::less<>>;

/// Entries of one file; what cannot be read is reported.
[[nodiscard]] std::vector<ListEntry> parse_list(const std::string& text,
                                                std::optional<TimePoint> now, Report& report);

/// Every list of the folders, which need not exist; later ones add to lists of the same name.
[[nodiscard]] Lists load_lists(const std::vector<std::string>& folders,
                               std::optional<TimePoint> now, Faults& faults, Faults& warnings);

}  // namespace noci
