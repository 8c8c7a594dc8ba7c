#include "io/tail_log.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <functional>
#include <memory>
#include <utility>

namespace noci {
namespace {

struct Found {
  FileEntry entry;
  FollowedFile file;
  std::uint64_t offset = 0;
  std::uint64_t line = 1;
};

bool has(const std::vector<Found>& found, FileId id) {
  return std::any_of(found.begin(), found.end(),
                     [&](const Found& file) { return file.entry.id == id; });
}

constexpr std::int64_t per_millisecond = 1'000'000;

/// What stands for the files of these cursors when none exists any more: siblings written later
/// were never read. Modified at 0 when the cursors do not tell.
FileEntry all_gone(const std::string& path, const std::vector<Cursor>& saved) {
  std::int64_t last_seen = 0;
  for (const Cursor& cursor : saved) {
    last_seen = std::max<std::int64_t>(last_seen, cursor.modified.time_since_epoch().count());
  }
  // Cursors keep milliseconds, so a sibling of that same one is not newer.
  return {path, {}, 0, last_seen == 0 ? 0 : (last_seen + 1) * per_millisecond - 1};
}

/// The files beside a name and beside what it links to.
class Neighbourhood {
 public:
  explicit Neighbourhood(const std::string& path)
      : names_{path},
        files_(files_beside(path)) {
    const std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), &std::free);
    if (real == nullptr || real.get() == path) {
      return;
    }
    names_.emplace_back(real.get());
    if (directory_of(real.get()) != directory_of(path)) {
      for (FileEntry& file : files_beside(real.get())) {
        files_.push_back(std::move(file));
      }
    }
  }

  [[nodiscard]] const std::vector<FileEntry>& files() const { return files_; }
  [[nodiscard]] bool is_name(const FileEntry& file) const {
    return std::find(names_.begin(), names_.end(), file.path) != names_.end();
  }
  [[nodiscard]] bool is_rotated(const FileEntry& file) const {
    return std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
      return is_rotated_sibling(file.path, name);
    });
  }

 private:
  std::vector<std::string> names_;
  std::vector<FileEntry> files_;
};

/// The file that holds what the cursor counted: the same inode under whatever name, else a copy
/// (copytruncate, a move between file systems) known by its bytes.
std::optional<Found> find_file(const Cursor& cursor, const Neighbourhood& around,
                               const std::vector<Found>& taken) {
  const auto opened = [&](const FileEntry& entry) -> std::optional<Found> {
    auto file = FollowedFile::open(entry.path);
    if (has(taken, entry.id) || !file || file->id() != entry.id || !file->continues(cursor)) {
      return std::nullopt;
    }
    return Found{entry, std::move(*file), cursor.offset, cursor.line};
  };
  for (const FileEntry& entry : around.files()) {
    if (entry.id == FileId{cursor.device, cursor.inode}) {
      if (auto found = opened(entry)) {
        return found;
      }
    }
  }
  for (const FileEntry& entry : around.files()) {
    if (cursor.offset > 0 && entry.size >= cursor.offset &&
        (around.is_name(entry) || around.is_rotated(entry))) {
      if (auto found = opened(entry)) {
        return found;
      }
    }
  }
  return std::nullopt;
}

bool is_older(const Found& a, const Found& b) { return written_before(a.entry, b.entry); }

/// Adds the rotated siblings written after `newest` that are not known. Gives the number of those
/// that exist and cannot be opened.
std::uint64_t find_unseen(const std::string& path, const FileEntry& newest,
                          const std::function<bool(FileId)>& is_known, std::vector<Found>& found) {
  std::uint64_t refused = 0;
  // A rotation meanwhile gives a sibling its next name: look for it there.
  for (int attempt = 0; attempt < 3; ++attempt) {
    refused = 0;
    bool is_renamed = false;
    const Neighbourhood around(path);
    for (const FileEntry& file : around.files()) {
      if (!around.is_rotated(file) || !written_before(newest, file) || is_known(file.id) ||
          has(found, file.id)) {
        continue;
      }
      auto opened = FollowedFile::open(file.path);
      if (opened && opened->id() == file.id) {
        found.push_back({file, std::move(*opened)});
      } else if (opened || opened.error() == ENOENT) {
        is_renamed = true;
      } else {
        ++refused;
      }
    }
    if (!is_renamed) {
      break;
    }
  }
  return refused;
}

}  // namespace

Cursor TailStream::cursor(const std::string& source, const std::string& path) const {
  const TimePoint modified{Duration{file.modified() / per_millisecond}};
  const auto [device, inode] = file.id();
  if (!file.is_intact()) {
    return {source, path, device, inode, 0, 1, "", modified};  // truncated: begins again
  }
  return {source, path, device, inode, counted, counted_line, file.marker(counted), modified};
}

TailLog::TailLog(std::string path, std::vector<Cursor> saved, bool at_start)
    : path_(std::move(path)),
      saved_(std::move(saved)),
      at_start_(at_start) {}

bool TailLog::holds(FileId id) const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [&](const TailStream& stream) { return stream.file.id() == id; });
}

void TailLog::point_at(const std::optional<FileEntry>& file) {
  missing_ = file ? 0 : std::min(missing_ + 1, INT_MAX - 1);
  for (TailStream& stream : streams_) {
    stream.at_name = file && stream.file.id() == file->id;
  }
}

int TailLog::open(TailContext& context, const FileEntry& file, const std::optional<Cursor>& known) {
  if (holds(file.id)) {
    return 0;
  }
  auto opened = FollowedFile::open(path_);
  if (!opened) {
    if (at_start_ && !first_seen_) {
      first_seen_ = file;
    }
    return opened.error();
  }
  const FileId id = opened->id();  // perhaps not file.id: it may have been rotated since
  if (!saved_.empty()) {
    at_start_ = false;
    resume(context, id);
  } else if (!streams_.empty() && !holds(id)) {
    ++context.stats.rotations;
    open_unseen(context, newest_stream(), id);
  }
  if (holds(id)) {
    move_to_back(id);
  } else {
    const std::uint64_t begin = beginning_of(context, *opened, file, known);
    const std::uint64_t line = opened->line_number(begin);
    add(context, std::move(*opened), begin, line);
  }
  streams_.back().at_name = true;
  at_start_ = false;
  first_seen_.reset();
  return 0;
}

void TailLog::open_rotated(TailContext& context) {
  at_start_ = false;
  if (saved_.empty()) {
    if (!streams_.empty()) {
      open_unseen(context, newest_stream(), std::nullopt);
    }
    return;
  }
  // An empty or absent directory decides nothing: the file system may not be mounted yet.
  const Neighbourhood around(path_);
  const FileEntry gone = all_gone(path_, saved_);
  if (std::any_of(saved_.begin(), saved_.end(),
                  [&](const Cursor& cursor) { return find_file(cursor, around, {}).has_value(); }) ||
      std::any_of(around.files().begin(), around.files().end(), [&](const FileEntry& file) {
        return gone.modified != 0 && around.is_rotated(file) && written_before(gone, file);
      })) {
    resume(context, std::nullopt);
  }
}

bool TailLog::has_written_successor() const {
  return streams_.size() > 1 &&
         std::any_of(streams_.begin() + 1, streams_.end(),
                     [](const TailStream& stream) { return stream.file.size() > 0; });
}

/// Opens the files of the saved cursors where they were left, then what was rotated after them.
void TailLog::resume(TailContext& context, const std::optional<FileId>& current) {
  const Neighbourhood around(path_);
  const std::vector<Cursor> saved = std::exchange(saved_, {});
  std::vector<Found> found;
  bool is_sure = true;
  for (const Cursor& cursor : saved) {
    auto file = find_file(cursor, around, found);
    const FileId id{cursor.device, cursor.inode};
    context.stats.truncations += current == id && (!file || file->entry.id != id) ? 1 : 0;
    context.stats.lost_bytes_unknown += file ? 0 : 1;
    // Without counted bytes only the inode speaks for the file, and it may have been reused.
    is_sure = is_sure && (!file || cursor.offset > 0);
    if (file) {
      found.push_back(std::move(*file));
    }
  }
  const auto newest = std::max_element(found.begin(), found.end(), is_older);
  const FileEntry gone = all_gone(path_, saved);
  std::optional<FileEntry> last_read;
  if (gone.modified != 0 && (found.empty() || !is_sure)) {
    last_read = gone;
  } else if (newest != found.end() && newest->entry.id != current) {
    last_read = newest->entry;
  }
  if (last_read) {
    context.stats.lost_bytes_unknown +=
        find_unseen(path_, *last_read, [&](FileId id) { return id == current; }, found);
  }
  std::sort(found.begin(), found.end(), is_older);
  for (Found& file : found) {
    add(context, std::move(file.file), file.offset, file.line);
    streams_.back().at_name = false;
  }
}

/// Opens what was rotated away unseen: several rotations may happen between two looks.
void TailLog::open_unseen(TailContext& context, const FileEntry& newest,
                          const std::optional<FileId>& current) {
  std::vector<Found> found;
  const auto is_known = [&](FileId id) { return id == current || holds(id); };
  context.stats.lost_bytes_unknown += find_unseen(path_, newest, is_known, found);
  std::sort(found.begin(), found.end(), is_older);
  for (Found& file : found) {
    add(context, std::move(file.file), file.offset, file.line);
    streams_.back().at_name = false;
  }
}

std::uint64_t TailLog::beginning_of(const TailContext& context, const FollowedFile& opened,
                                    const FileEntry& file,
                                    const std::optional<Cursor>& known) const {
  if (known && known->inode == opened.id().inode && known->device == opened.id().device &&
      opened.continues(*known)) {
    return known->offset;
  }
  const FileEntry& first = first_seen_ ? *first_seen_ : file;
  if (at_start_ && context.start_at == StartAt::end && first.id == opened.id()) {
    return opened.line_start(std::min(first.size, opened.size()));
  }
  return 0;
}

/// The youngest file, with the name it has now.
FileEntry TailLog::newest_stream() const {
  const FollowedFile& file = streams_.back().file;
  FileEntry entry{path_, file.id(), file.size(), file.modified()};
  const Neighbourhood around(path_);
  for (const FileEntry& neighbour : around.files()) {
    if (neighbour.id == entry.id) {
      entry.path = neighbour.path;
    }
  }
  return entry;
}

void TailLog::move_to_back(FileId id) {
  const auto found = std::find_if(streams_.begin(), streams_.end(), [&](const TailStream& stream) {
    return stream.file.id() == id;
  });
  std::rotate(found, found + 1, streams_.end());
}

void TailLog::add(TailContext& context, FollowedFile file, std::uint64_t offset,
                  std::uint64_t line) {
  file.seek(offset);
  streams_.push_back({++context.next_stream, std::move(file), line, offset, line});
  ++context.stats.opened;
}

}  // namespace noci
