#pragma once
// Looks around a followed name for files that belong to it and are not being read: those that
// continue saved cursors, and those that were rotated away before anybody saw them. Opens them and
// changes nothing. A rotation may come at any moment of the look: a listing then may lack a file
// that was renamed meanwhile, but none that was rotated before the listing began.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/followed_file.hpp"
#include "io/rotation.hpp"
#include "model/record.hpp"

namespace noci {

/// A file and where to read it from.
struct FoundFile {
  FileEntry entry;
  FollowedFile file;
  std::uint64_t offset = 0;
  std::uint64_t line = 1;
};

struct Survey {
  std::vector<FoundFile> files;  ///< oldest first
  std::uint64_t unreadable = 0;  ///< siblings that belong here and cannot be opened
  std::uint64_t lost = 0;        ///< cursors whose files are gone
  std::uint64_t truncated = 0;   ///< cursors whose file has the name, but not its bytes
  bool is_torn = false;          ///< rotations came too fast: nothing is sure, look later
};

/// Whether a rotated file was read already, or is being read.
using IsKnown = std::function<bool(const FollowedFile&)>;
/// Event time of a file's first records, unpacked; unset where nobody can tell. Whoever packs a
/// file may stamp it anew, so the order of packed files is that of what they hold.
using BeginOf = std::function<std::optional<TimePoint>(const std::string& path)>;

/// What was rotated after the file `newest` and before `current`, the file that had the name when
/// the look began.
[[nodiscard]] Survey survey_unseen(const std::string& path, const FollowedFile& newest,
                                   const std::optional<FileId>& current, const IsKnown& is_known,
                                   const BeginOf& begin_of);
/// The files of the cursors where they were left, and what was rotated after them.
[[nodiscard]] Survey survey_saved(const std::string& path, const std::vector<Cursor>& saved,
                                  const std::optional<FileId>& current, const BeginOf& begin_of);

}  // namespace noci
