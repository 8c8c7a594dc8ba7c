#pragma once
// Follows the log files of one source: names and globs, by device and inode. Promises that every
// byte still in existence is handed out once and in order, through renames, truncations, deletion
// and restarts; what a truncation took away unread is counted. Copytruncate can lose lines by its
// nature. Plain POSIX without clock, thread or notification: the caller says when to look.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/source.hpp"
#include "io/tail_log.hpp"
#include "model/record.hpp"
#include "model/settings.hpp"

namespace noci {

struct TailOptions {
  SourceIndex source = 0;
  std::string name;                ///< Cursor::source
  std::vector<std::string> paths;  ///< files and globs
  StartAt start_at = StartAt::end;
  /// How lines are read: tells the order of packed files, and the place of a time.
  std::optional<SourceInfo> info{};
  /// Without any saved cursor, what is not older than this is read first.
  std::optional<TimePoint> backfill{};
};

class Tail final : public Source {
 public:
  /// `saved`: the cursors of this source as they were last committed.
  Tail(TailOptions options, std::vector<Cursor> saved);

  void rescan() override;
  /// The next block of some file: the oldest file of each name first, the names in turn.
  [[nodiscard]] std::optional<Chunk> next(TimePoint arrival, const Wants& wants = {}) override;
  void consumed(std::uint64_t stream, std::uint64_t offset, std::uint64_t line) override;

  /// One for each file that still matters: open, rotated and not counted to its end, or of an
  /// earlier run and not found yet.
  [[nodiscard]] std::vector<Cursor> cursors() const override;

  [[nodiscard]] const std::vector<SourceFault>& faults() const override { return faults_; }

  [[nodiscard]] const SourceStats& stats() const override { return context_.stats; }

  [[nodiscard]] std::uint64_t backlog() const override;

  [[nodiscard]] std::vector<std::string> directories() const override;

 private:
  struct Pattern {
    std::string text;
    bool is_glob = false;
    bool listed = false;  ///< a glob looked through once: what appears from now on is new
    int empty = 0;        ///< times in a row that a glob matched nothing
  };

  struct Draining {
    std::string path;
    TailStream stream;
  };

  void find_logs(Pattern& pattern);
  TailLog& log_of(const std::string& path, bool at_start);
  void follow(TailLog& log, const std::optional<FileEntry>& file, int error);
  bool take_from_other_name(TailLog& log, const FileEntry& file);
  std::optional<Chunk> next_of(TailLog& log, TimePoint arrival);
  [[nodiscard]] Chunk chunk_of(const TailLog& log, const TailStream& stream,
                               TimePoint arrival) const;
  Chunk finish_front(TailLog& log, TimePoint arrival);
  void note_damage(const TailLog& log, const TailStream& stream);
  Chunk restart_front(TailLog& log, TimePoint arrival);
  [[nodiscard]] std::optional<Cursor> finished(FileId id) const;

  TailOptions options_;
  TailContext context_;
  std::vector<Pattern> patterns_;
  std::vector<Cursor> saved_;                   ///< of names not found yet
  std::vector<std::unique_ptr<TailLog>> logs_;  ///< stable: chunks point at their paths
  std::size_t turn_ = 0;
  std::vector<Draining> draining_;  ///< read to the end, not counted to the end
  std::vector<SourceFault> faults_;
  std::vector<SourceFault> failures_;  ///< of reads since the last look; faults from then on
  std::vector<char> buffer_;
};

}  // namespace noci
