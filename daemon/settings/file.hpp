#pragma once
// Reads the small text files an operator writes. Whatever stands under the name (a directory, a
// pipe, a disk image, a UTF-16 file from another system) gives a clear fault, and never costs
// more than the size cap.

#include <optional>
#include <string>
#include <string_view>

#include "settings/report.hpp"

namespace noci {

/// No settings, rule or list file of a real server comes near it.
inline constexpr std::size_t largest_file = std::size_t{1} << 20;

/// The file's bytes: regular, at most largest_file, UTF-8 without NUL, without a byte order mark.
/// Faults are reported as those of `report`'s file.
[[nodiscard]] std::optional<std::string> read_text_file(const std::string& path, Report& report);

/// `name` as seen from the folder of `file`, unless it is absolute.
[[nodiscard]] std::string beside(const std::string& file, const std::string& name);

}  // namespace noci
