#pragma once
// One log record as it came: bytes, where they stand, when they arrived. Views only: a record
// lives as long as the buffer its source handed over.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace noci {

/// Index of a configured source (settings.sources) or of a path given on the command line.
using SourceIndex = std::uint16_t;

/// Where a record begins. `line` is 1-based; both count from the beginning of the file.
struct Position {
  std::uint64_t offset = 0;
  std::uint64_t line = 0;
};

struct Record {
  std::string_view bytes;  ///< without the final line feed
  SourceIndex source = 0;
  Position position;
  TimePoint arrival;  ///< wall clock in `run`; in replay the newest event time
  // What a container runtime, the journal or a shipper says about it.
  std::optional<TimePoint> written{};  ///< when it took the record over
  std::string_view worker{};           ///< the unit or container that wrote it
  std::string_view logger{};           ///< of Python, where the transport keeps it apart
  bool continuation = false;  ///< a further line of the record before, whatever it looks like
};

/// Bytes of one stream in order, as a source hands them over. A stream is one open file: a
/// rotated log is two streams of one source.
struct Chunk {
  std::string_view bytes;
  std::string_view
      path;  ///< the name the stream was opened under (not the rotated one), `-` for stdin
  SourceIndex source = 0;
  std::uint64_t stream = 0;  ///< unique within a run of the program
  std::uint64_t offset = 0;  ///< of the first byte, in the file
  std::uint64_t line =
      1;  ///< 1-based number of the line that the first byte of a fresh stream begins
  TimePoint arrival;
  bool end_of_stream = false;  ///< nothing will follow: an unfinished last line is complete
};

/// How far a stream has been read *and counted*: what a restart continues from.
struct Cursor {
  std::string source;  ///< the source's name in the settings
  std::string path;    ///< where the file was when it was last seen under a name
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;  ///< of the first byte not yet counted; always a line's beginning
  std::uint64_t line = 1;    ///< 1-based number of that line
  /// SHA-256 (hex, first 16 digits) of what stands before `offset`: up to 256 bytes from the file's
  /// beginning and up to 256 from just before. A reused inode or a truncated and refilled file does
  /// not have them. At 0: `SIZE:HASH` of its beginning, empty of an empty file.
  std::string marker;
  /// When the file was last written, as last seen (epoch: unknown). Should the file be gone at the
  /// next start, its rotated siblings written later than this were never read.
  TimePoint modified{};

  bool operator==(const Cursor&) const = default;
};

}  // namespace noci
