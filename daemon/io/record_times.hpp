#pragma once
// The times of a log's lines, told ahead of the analysis and without counting anything: to read
// several logs in the order of what happened, to put rotated files in order, to find the place of a
// time in a file. Lines that carry no time of their own, that cannot be read or that Synapse cannot
// have written, have none.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "base/time.hpp"
#include "model/record.hpp"
#include "parse/frame.hpp"
#include "parse/parser.hpp"

namespace noci {

struct LineTime {
  std::uint64_t begin = 0;  ///< offset in the stream
  std::uint64_t end = 0;    ///< behind its line feed
  std::optional<TimePoint> time;
};

class RecordTimes {
 public:
  explicit RecordTimes(const SourceInfo& source) : parser_(source) {}

  /// The lines that this chunk completes. Chunks of one stream come in order; another stream begins
  /// a line anew.
  [[nodiscard]] std::vector<LineTime> of(const Chunk& chunk);
  /// The chunk is not looked at, only where its last line begins.
  void skip(const Chunk& chunk);

 private:
  void begin(const Chunk& chunk);

  Parser parser_;
  Framer framer_;
  Arena arena_;
  std::optional<std::uint64_t> stream_;
};

/// How a file begins, unpacked.
struct Beginning {
  std::string head;               ///< its first bytes: two files of one log never share them
  std::optional<TimePoint> time;  ///< of its first records, unmoved by a single absurd stamp
  bool is_damaged = false;        ///< an archive that breaks off before a record
};

/// Empty when the file cannot be opened. Reads a few blocks at the most.
[[nodiscard]] std::optional<Beginning> beginning_of(const std::string& path,
                                                    const SourceInfo& source);

}  // namespace noci
