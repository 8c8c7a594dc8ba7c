#pragma once
// Where records come from, as the analysis sees it: chunks are pulled out, what was counted is told
// back, and cursors say where a restart goes on. Promises every byte once and in the order of its
// stream. A file's tail is one, the journal another; what arrives by socket is a tail over a spool.
// One thread, that of the analysis; no call waits for anything but the disk.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "model/record.hpp"

namespace noci {

struct IntakeStatus;

enum class SourceProblem : std::uint8_t { missing, permission_denied, not_a_file, unreadable };

/// Why something of the source is not being read right now.
struct SourceFault {
  std::string path;  ///< or address: what it is about
  SourceProblem problem = SourceProblem::missing;
  std::string what;  ///< a sentence for people
};

/// What a source counts about itself; only grows.
struct SourceStats {
  std::uint64_t bytes = 0;
  std::uint64_t opened = 0;
  std::uint64_t rotations = 0;
  std::uint64_t truncations = 0;
  /// Times that a file vanished or was truncated before it was known to be read to its end.
  std::uint64_t lost_bytes_unknown = 0;
  std::uint64_t read_errors = 0;
};

class Source {
 public:
  Source() = default;
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  /// Looks at the world again: new files, rotations, permissions. Cheap; to be called every second
  /// or so, and when a directory changed.
  virtual void rescan() = 0;
  /// Whether the next block of this log (Chunk::path) is asked for; empty: every log's is.
  using Wants = std::function<bool(std::string_view path)>;
  /// What comes next of a log that is wanted, nothing when there is no more now. The chunk's views
  /// are valid until the next call or rescan. Several logs are put in order by who asks.
  [[nodiscard]] virtual std::optional<Chunk> next(TimePoint arrival, const Wants& wants = {}) = 0;
  /// Everything of this stream before `offset`, where line number `line` begins, is counted.
  virtual void consumed(std::uint64_t stream, std::uint64_t offset, std::uint64_t line) = 0;

  /// Where a restart would go on, for the commit that is being made.
  [[nodiscard]] virtual std::vector<Cursor> cursors() const = 0;

  /// These cursors of this source are on the disk: what lies before them is never asked for again.
  virtual void committed(const std::vector<Cursor>& /*cursors*/) {}

  /// Bytes that are there and were not read yet, where that can be told.
  [[nodiscard]] virtual std::uint64_t backlog() const { return 0; }

  /// Nothing will ever come again.
  [[nodiscard]] virtual bool has_ended() const { return false; }

  [[nodiscard]] virtual const std::vector<SourceFault>& faults() const = 0;
  [[nodiscard]] virtual const SourceStats& stats() const = 0;

  /// What the receiving thread says, where there is one.
  [[nodiscard]] virtual const IntakeStatus* intake() const { return nullptr; }

  /// What a watcher should watch: directories, existing or not …
  [[nodiscard]] virtual std::vector<std::string> directories() const { return {}; }

  /// … and a descriptor that becomes readable when there is more; -1: none.
  [[nodiscard]] virtual int wake_descriptor() const { return -1; }

 protected:
  Source(Source&&) = default;
  Source& operator=(Source&&) = default;
};

}  // namespace noci
