#pragma once
// The files of a folder by extension, in a fixed order.

#include <string>
#include <string_view>
#include <vector>

#include "model/settings.hpp"

namespace noci {

/// Paths of the files whose name ends in one of `extensions`, sorted by name; hidden ones and
/// editors' backups are left out. A folder that does not exist is empty, or a fault if `required`.
[[nodiscard]] std::vector<std::string> files_in(const std::string& folder,
                                                const std::vector<std::string_view>& extensions,
                                                bool required, Faults& faults);

}  // namespace noci
