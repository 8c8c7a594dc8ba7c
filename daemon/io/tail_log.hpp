#pragma once
// One followed name and the files that stand or stood under it, oldest first: which files are
// opened when the name changes its meaning, which ones continue the saved cursors after a
// restart, and when a rotated file is finished. Tail owns these; nothing here knows of globs or
// of other names.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "io/followed_file.hpp"
#include "io/rotation.hpp"
#include "io/source.hpp"
#include "io/tail_survey.hpp"
#include "model/record.hpp"
#include "model/settings.hpp"
#include "parse/parser.hpp"

namespace noci {

/// A file that was read to its end.
struct FinishedFile {
  Cursor end;
  std::string head;  ///< its first bytes, by which it is known when it was packed since
};

/// What the logs of one source share.
struct TailContext {
  std::string source;
  StartAt start_at = StartAt::end;
  std::optional<SourceInfo> info;     ///< how lines are read, to tell their times
  std::optional<TimePoint> backfill;  ///< at a first start, read what is not older
  std::uint64_t next_stream = 0;
  SourceStats stats;
  std::deque<FinishedFile> finished;  ///< the last few

  [[nodiscard]] bool has_finished(const FollowedFile& file) const;
  [[nodiscard]] BeginOf begin_of() const;
};

/// One file being read, as the parser sees it.
struct TailStream {
  std::uint64_t id;
  FollowedFile file;
  std::uint64_t line;          ///< number of the first line of the stream
  std::uint64_t counted;       ///< offset of the first byte not counted yet
  std::uint64_t counted_line;  ///< number of the line that begins there
  bool at_name = true;         ///< the followed name still means this file
  bool successor_wrote = false;

  [[nodiscard]] Cursor cursor(const std::string& source, const std::string& path) const;
};

class TailLog {
 public:
  /// `saved`: the cursors of this name. `at_start`: a file found now was there when following
  /// began, so start_at says where to begin.
  TailLog(std::string path, std::vector<Cursor> saved, bool at_start);

  [[nodiscard]] const std::string& path() const { return path_; }

  [[nodiscard]] std::deque<TailStream>& streams() { return streams_; }

  [[nodiscard]] const std::deque<TailStream>& streams() const { return streams_; }

  /// Saved cursors whose files were not looked up yet: nobody may forget them.
  [[nodiscard]] const std::vector<Cursor>& saved() const { return saved_; }

  [[nodiscard]] bool is_idle() const { return streams_.empty() && saved_.empty(); }

  /// How many times in a row the name was missing.
  [[nodiscard]] int missing() const { return missing_; }

  [[nodiscard]] bool holds(FileId id) const;

  /// Bytes of its files that were not read yet, as they lie there.
  [[nodiscard]] std::uint64_t backlog() const;

  /// The name means this file now, or none.
  void point_at(const std::optional<FileEntry>& file);
  /// Opens what the name means if it is new, and what was rotated away unseen before it. `known`:
  /// how far this file was read under another name. The error is an errno; what is open stays.
  [[nodiscard]] int open(TailContext& context, const FileEntry& file,
                         const std::optional<Cursor>& known);
  /// Without a file under the name: rotated ones may continue the cursors, or be new and unseen.
  void open_rotated(TailContext& context);

  /// A later file of this name has bytes: whoever writes has changed over.
  [[nodiscard]] bool has_written_successor() const;

 private:
  [[nodiscard]] Survey look_around(const TailContext& context,
                                   const std::optional<FileId>& current) const;
  [[nodiscard]] bool holds_content_of(const FollowedFile& packed) const;
  void add_all(TailContext& context, Survey survey);
  [[nodiscard]] std::uint64_t beginning_of(const TailContext& context, const FollowedFile& opened,
                                           const FileEntry& file,
                                           const std::optional<Cursor>& known) const;
  void move_to_back(FileId id);

  std::string path_;
  std::vector<Cursor> saved_;
  bool at_start_;
  std::optional<FileEntry> first_seen_;  ///< at start, while it could not be opened
  std::deque<TailStream> streams_;       ///< oldest first
  int missing_ = 0;
};

}  // namespace noci
