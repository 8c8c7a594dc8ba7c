#pragma once
// What the names around a log file mean: which file is a rotated sibling of which, in what order
// they were written, and what a configured path or glob stands for right now. Looks at names and
// stat() only, never at contents.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/record.hpp"

namespace noci {

/// Which file it is, whatever its name.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileId&) const = default;
};

/// A regular file of a directory.
struct FileEntry {
  std::string path;
  FileId id;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  ///< nanoseconds since the epoch
};

/// `homeserver.log` for `homeserver.log.1`, `homeserver.log.2026-11-22`, `homeserver.log-20261122`
/// and any of these with `.gz` behind; the name itself when nothing marks it as rotated. One
/// suffix is taken off per call.
[[nodiscard]] std::string_view without_rotation(std::string_view name);
[[nodiscard]] bool is_compressed(std::string_view name);
/// `candidate` is `path` with a rotation suffix, and not compressed.
[[nodiscard]] bool is_rotated_sibling(std::string_view candidate, std::string_view path);

/// `candidate` is `path`, or a rotated sibling of it, packed by gzip or zstd.
[[nodiscard]] bool is_packed_sibling(std::string_view candidate, std::string_view path);

/// `a` was written before `b`, both standing under one log's name or a rotated form of it: by
/// modification time, and by name where a coarse clock gives both the same one.
[[nodiscard]] bool written_before(const FileEntry& a, const FileEntry& b);

/// The regular files beside `path`, itself included, in no order. Empty when the directory cannot
/// be read.
[[nodiscard]] std::vector<FileEntry> files_beside(const std::string& path);

[[nodiscard]] bool is_glob(std::string_view pattern);
/// The existing names a glob stands for, sorted. Rotated siblings are left out where the pattern
/// also matches the log they come from (`*`, `homeserver.log*`); a pattern that only matches
/// rotated names (`homeserver.log.*`) asked for them.
[[nodiscard]] std::vector<std::string> expand(const std::string& pattern);
/// Whether `path` is what `pattern` (a path or a glob) follows, existing or not.
[[nodiscard]] bool follows(const std::string& pattern, const std::string& path);

[[nodiscard]] std::string directory_of(const std::string& path);

}  // namespace noci
