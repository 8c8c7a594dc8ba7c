#pragma once
// Reads several logs in the order of what happened. Blocks go in as they are read, runs of whole
// lines come out: always those whose time is oldest among all logs that have something, so that
// counting does not depend on how the logs are spread over files, on how large blocks are, or on
// how far one log is ahead of another. A log that is at its end holds back nobody. A single stamp
// out of the common order, as an attacker may write one, neither holds its log back nor drives it
// ahead by more than a block. Pure: no file, no clock.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/record_times.hpp"
#include "model/record.hpp"
#include "parse/parser.hpp"

namespace noci {

class SideBySide {
 public:
  /// By SourceIndex: how the lines of each are read.
  explicit SideBySide(std::vector<SourceInfo> sources) : sources_(std::move(sources)) {}

  /// Nothing of this log waits, so its next block is needed before anything else goes on; when
  /// there is none now, the log is at its end. Logs are told apart by Chunk::path.
  [[nodiscard]] bool wants(std::string_view path) const;
  /// A block of a log that is wanted. Its bytes are copied.
  void add(const Chunk& chunk);

  /// The next run of lines, of one log. Its views are valid until the next call of add or next.
  [[nodiscard]] std::optional<Chunk> next();

 private:
  /// Bytes up to here belong to the same moment.
  struct Cut {
    std::size_t end = 0;
    TimePoint key;
  };

  struct Log {
    explicit Log(const SourceInfo& source) : times(source) {}

    std::string path;
    std::string bytes;
    Chunk chunk;  ///< what waits, with `bytes`
    bool waits = false;
    bool is_timed = false;  ///< `cuts` are known
    std::vector<Cut> cuts;
    std::size_t at = 0;               ///< the first cut not handed out
    std::size_t begin = 0;            ///< the first byte not handed out
    std::optional<TimePoint> newest;  ///< key of the last cut
    RecordTimes times;
  };

  void forget_idle();
  static void time_lines(Log& log);
  static Chunk take(Log& log, std::size_t cuts);
  static Chunk take_all(Log& log);

  std::vector<SourceInfo> sources_;
  std::map<std::string, std::unique_ptr<Log>, std::less<>> logs_;
};

}  // namespace noci
