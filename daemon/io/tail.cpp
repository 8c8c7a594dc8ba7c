#include "io/tail.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace noci {
namespace {

// A rotation takes the name away for an instant; only what stays away is a fault.
constexpr int patience = 3;
// Enough for every rotated sibling that a pattern may also follow under its new name.
constexpr std::size_t remembered_files = 64;

struct Sight {
  std::optional<FileEntry> file;
  int error = 0;
};

Sight look_at(const std::string& path) {
  struct stat status {};

  if (stat(path.c_str(), &status) != 0) {
    return {std::nullopt, errno};
  }
  if (!S_ISREG(status.st_mode)) {
    return {std::nullopt, S_ISDIR(status.st_mode) ? EISDIR : EINVAL};
  }
  return {FileEntry{path,
                    {status.st_dev, status.st_ino},
                    static_cast<std::uint64_t>(status.st_size),
                    status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec},
          0};
}

/// Deleted and silent: holding it open any longer would only keep its disk space. A writer that was
/// not told of the deletion is heard for as long as it writes.
bool is_abandoned(const TailStream& stream, TimePoint now) {
  const TimePoint modified{Duration{stream.file.modified() / 1'000'000}};
  return !stream.at_name && stream.file.is_deleted() && now - modified > std::chrono::hours{1};
}

bool is_missing(int error) {
  return error == ENOENT || error == ENOTDIR;
}

/// 0 when the directory can be listed.
int listing_error(const std::string& directory) {
  return faccessat(AT_FDCWD, directory.c_str(), R_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

SourceFault fault_of(const std::string& path, int error) {
  const std::string reason = std::generic_category().message(error);
  if (is_missing(error)) {
    return {path, SourceProblem::missing, path + " does not exist yet; waiting for it"};
  }
  if (error == EACCES || error == EPERM) {
    return {path, SourceProblem::permission_denied,
            "cannot read " + path + ": " + reason + "; trying again"};
  }
  if (error == EISDIR || error == EINVAL) {
    return {
        path, SourceProblem::not_a_file,
        path + (error == EISDIR ? " is a directory, not a log file" : " is not a regular file")};
  }
  return {path, SourceProblem::unreadable,
          "cannot read " + path + ": " + reason + "; trying again"};
}

}  // namespace

Tail::Tail(TailOptions options, std::vector<Cursor> saved)
    : options_(std::move(options)), saved_(std::move(saved)) {
  context_.source = options_.name;
  context_.start_at = options_.start_at;
  context_.info = options_.info;
  context_.backfill = saved_.empty() ? options_.backfill : std::nullopt;
  context_.next_stream = std::uint64_t{options_.source} << 48;
  for (const std::string& path : options_.paths) {
    patterns_.push_back({path, is_glob(path)});
  }
  std::set<std::string> names;
  for (const Cursor& cursor : saved_) {
    names.insert(cursor.path);
  }
  for (const std::string& name : names) {
    if (std::any_of(patterns_.begin(), patterns_.end(),
                    [&](const Pattern& pattern) { return follows(pattern.text, name); })) {
      log_of(name, true);
    }
  }
  rescan();
  saved_.clear();  // what is left belongs to names that the settings no longer have
  std::stable_sort(logs_.begin(), logs_.end(), [](const auto& a, const auto& b) {
    const auto age = [](const TailLog& log) {
      return log.streams().empty() ? INT64_MAX : log.streams().front().file.modified();
    };
    return age(*a) < age(*b);
  });
}

std::uint64_t Tail::backlog() const {
  std::uint64_t bytes = 0;
  for (const auto& log : logs_) {
    bytes += log->backlog();
  }
  return bytes;
}

void Tail::rescan() {
  faults_ = std::exchange(failures_, {});
  for (Pattern& pattern : patterns_) {
    find_logs(pattern);
  }
  std::vector<Sight> sights;
  for (const auto& log : logs_) {
    sights.push_back(look_at(log->path()));
    log->point_at(sights.back().file);
  }
  for (std::size_t i = 0; i < logs_.size(); ++i) {
    follow(*logs_[i], sights[i].file, sights[i].error);
  }
  std::erase_if(logs_, [&](const auto& log) {
    return log->is_idle() && log->missing() > 0 &&
           std::none_of(patterns_.begin(), patterns_.end(),
                        [&](const Pattern& pattern) { return pattern.text == log->path(); });
  });
}

std::optional<Chunk> Tail::next(TimePoint arrival, const Wants& wants) {
  for (std::size_t tried = 0; tried < logs_.size(); ++tried) {
    TailLog& log = *logs_[turn_++ % logs_.size()];
    turn_ %= logs_.size();
    if (wants && !wants(log.path())) {
      continue;
    }
    if (auto chunk = next_of(log, arrival)) {
      return chunk;
    }
  }
  return std::nullopt;
}

void Tail::consumed(std::uint64_t stream, std::uint64_t offset, std::uint64_t line) {
  const auto count = [&](TailStream& open) {
    if (open.id != stream || offset < open.counted) {
      return false;  // counting never goes back
    }
    open.counted = offset;
    open.counted_line = line;
    return true;
  };
  for (const auto& log : logs_) {
    for (TailStream& open : log->streams()) {
      count(open);
    }
  }
  std::erase_if(draining_, [&](Draining& drained) {
    return count(drained.stream) && offset >= drained.stream.file.offset();
  });
}

std::vector<Cursor> Tail::cursors() const {
  std::vector<Cursor> cursors;
  for (const Draining& drained : draining_) {
    cursors.push_back(drained.stream.cursor(options_.name, drained.path));
  }
  for (const auto& log : logs_) {
    for (const TailStream& stream : log->streams()) {
      cursors.push_back(stream.cursor(options_.name, log->path()));
    }
    cursors.insert(cursors.end(), log->saved().begin(), log->saved().end());
  }
  return cursors;
}

std::vector<std::string> Tail::directories() const {
  std::set<std::string> directories;
  for (const Pattern& pattern : patterns_) {
    std::string directory = directory_of(pattern.text);
    while (is_glob(directory)) {
      directory = directory_of(directory);
    }
    directories.insert(directory);
  }
  for (const auto& log : logs_) {
    directories.insert(directory_of(log->path()));
    const std::unique_ptr<char, void (*)(void*)> real(realpath(log->path().c_str(), nullptr),
                                                      &free);
    if (real != nullptr) {
      directories.insert(directory_of(real.get()));  // writes through a link happen there
    }
  }
  return {directories.begin(), directories.end()};
}

void Tail::find_logs(Pattern& pattern) {
  if (!pattern.is_glob) {
    log_of(pattern.text, true);
    return;
  }
  const std::vector<std::string> paths = expand(pattern.text);
  for (const std::string& path : paths) {
    log_of(path, !pattern.listed);
  }
  pattern.empty = paths.empty() ? pattern.empty + 1 : 0;
  const std::string directory = directory_of(pattern.text);
  const int error = is_glob(directory) || !paths.empty() ? 0 : listing_error(directory);
  pattern.listed = pattern.listed || error == 0 || is_missing(error);
  const bool is_between_names =
      pattern.empty < patience && std::any_of(logs_.begin(), logs_.end(), [&](const auto& log) {
        return follows(pattern.text, log->path()) && !log->streams().empty();
      });
  if (error != 0 && !is_missing(error)) {
    faults_.push_back(fault_of(directory, error));
  } else if (paths.empty() && !is_between_names) {
    faults_.push_back({pattern.text, SourceProblem::missing,
                       "no file matches " + pattern.text + " yet; waiting for one"});
  }
}

/// The log of this name, made now when there is none yet.
TailLog& Tail::log_of(const std::string& path, bool at_start) {
  const auto found = std::find_if(logs_.begin(), logs_.end(),
                                  [&](const auto& log) { return log->path() == path; });
  if (found != logs_.end()) {
    return **found;
  }
  const Sight sight = look_at(path);
  std::vector<Cursor> saved;
  std::erase_if(saved_, [&](Cursor& cursor) {
    // Also a file known under a name that the settings no longer have.
    const bool is_same_file =
        at_start && sight.file && sight.file->id == FileId{cursor.device, cursor.inode} &&
        std::none_of(patterns_.begin(), patterns_.end(),
                     [&](const Pattern& pattern) { return follows(pattern.text, cursor.path); });
    if (cursor.path != path && !is_same_file) {
      return false;
    }
    saved.push_back(cursor);
    return true;
  });
  logs_.push_back(std::make_unique<TailLog>(path, std::move(saved), at_start));
  return *logs_.back();
}

void Tail::follow(TailLog& log, const std::optional<FileEntry>& file, int error) {
  if (file) {
    if (!take_from_other_name(log, *file)) {
      if (const int failed = log.open(context_, *file, finished(file->id)); failed != 0) {
        faults_.push_back(fault_of(log.path(), failed));
      }
    }
    return;
  }
  if (!is_missing(error)) {
    faults_.push_back(fault_of(log.path(), error));
    return;
  }
  log.open_rotated(context_);
  const bool is_named =
      std::any_of(patterns_.begin(), patterns_.end(),
                  [&](const Pattern& pattern) { return pattern.text == log.path(); });
  if (is_named && (log.streams().empty() || log.missing() >= patience)) {
    faults_.push_back(fault_of(log.path(), error));
  }
}

/// True when another followed name has this file: a second name of it is not read again, and a
/// file that was renamed from one to the other goes on under the new name.
bool Tail::take_from_other_name(TailLog& log, const FileEntry& file) {
  if (log.holds(file.id) || !log.saved().empty()) {
    return false;
  }
  for (const auto& other : logs_) {
    auto& streams = other->streams();
    const auto stream = std::find_if(streams.begin(), streams.end(), [&](const TailStream& open) {
      return open.file.id() == file.id;
    });
    if (stream == streams.end()) {
      continue;
    }
    if (!stream->at_name) {
      stream->at_name = true;
      log.streams().push_back(std::move(*stream));
      streams.erase(stream);
    }
    return true;
  }
  return false;
}

std::optional<Chunk> Tail::next_of(TailLog& log, TimePoint arrival) {
  while (!log.streams().empty()) {
    TailStream& front = log.streams().front();
    const FollowedFile::Look look = front.file.look(buffer_);
    switch (look.outcome) {
      case FollowedFile::Outcome::bytes: {
        Chunk chunk = chunk_of(log, front, arrival);
        chunk.bytes = look.bytes;
        chunk.offset = look.offset;
        context_.stats.bytes += look.bytes.size();
        return chunk;
      }
      case FollowedFile::Outcome::truncated:
        return restart_front(log, arrival);
      case FollowedFile::Outcome::failed:
        ++context_.stats.read_errors;
        if (failures_.empty() || failures_.back().path != log.path()) {
          failures_.push_back(fault_of(log.path(), look.error));
        }
        return std::nullopt;
      case FollowedFile::Outcome::nothing:
        if (front.file.is_packed()) {
          if (log.streams().size() == 1) {
            return std::nullopt;  // what comes next is known by coming after this one
          }
          note_damage(log, front);
          return finish_front(log, arrival);
        }
        if (front.successor_wrote || is_abandoned(front, arrival)) {
          return finish_front(log, arrival);
        }
        if (!log.has_written_successor()) {
          return std::nullopt;
        }
        // Whoever writes has changed files; what came before that is seen by one more look.
        front.successor_wrote = true;
    }
  }
  return std::nullopt;
}

Chunk Tail::chunk_of(const TailLog& log, const TailStream& stream, TimePoint arrival) const {
  return {{},      log.path(), options_.source, stream.id, stream.file.offset(), stream.line,
          arrival, false};
}

Chunk Tail::finish_front(TailLog& log, TimePoint arrival) {
  TailStream stream = std::move(log.streams().front());
  log.streams().pop_front();
  Chunk chunk = chunk_of(log, stream, arrival);
  chunk.end_of_stream = true;
  Cursor end = stream.cursor(options_.name, log.path());
  end.offset = stream.file.offset();
  end.marker = stream.file.marker(end.offset);
  context_.finished.push_back({std::move(end), stream.file.head()});
  if (context_.finished.size() > remembered_files) {
    context_.finished.pop_front();
  }
  if (stream.counted < stream.file.offset()) {
    draining_.push_back({log.path(), std::move(stream)});
  }
  return chunk;
}

/// An archive that breaks off: what it held behind that place is lost.
void Tail::note_damage(const TailLog& log, const TailStream& stream) {
  if (stream.file.damage().empty()) {
    return;
  }
  ++context_.stats.lost_bytes_unknown;
  failures_.push_back({log.path(), SourceProblem::unreadable,
                       "a packed rotated file of " + log.path() + " was read to byte " +
                           std::to_string(stream.file.offset()) +
                           " only: " + stream.file.damage()});
}

/// The file was truncated: what it held ends here, and what it holds now is a new stream.
Chunk Tail::restart_front(TailLog& log, TimePoint arrival) {
  TailStream& front = log.streams().front();
  Chunk chunk = chunk_of(log, front, arrival);
  chunk.end_of_stream = true;
  ++context_.stats.truncations;
  context_.stats.lost_bytes_unknown += front.file.at_end() ? 0 : 1;
  front.file.seek(0);
  front.id = ++context_.next_stream;
  front.line = front.counted_line = 1;
  front.counted = 0;
  front.successor_wrote = false;
  return chunk;
}

std::optional<Cursor> Tail::finished(FileId id) const {
  const auto& all = context_.finished;
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const FinishedFile& file) {
    return FileId{file.end.device, file.end.inode} == id;
  });
  return found == all.rend() ? std::nullopt : std::optional(found->end);
}

}  // namespace noci
