#pragma once
// What the paths of a command line stand for: logs, each with its rotated files in the order of
// what they hold, however they are named. A folder stands for the logs in it. One file is read
// once, however often and under whatever names it is given, packed and unpacked.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/zones.hpp"
#include "model/record.hpp"
#include "parse/parser.hpp"

namespace noci {

/// One log: files that go on from one another.
struct InputLog {
  std::string name;  ///< `/var/log/homeserver.log`, whichever of its files are there; `-`
  std::vector<SourceIndex> files;
};

struct InputLogs {
  std::vector<InputLog> logs;
  std::vector<SourceInfo> sources;  ///< one for each file, its name the path
  std::vector<std::string> notes;   ///< what was left out, and why
};

/// `rotated`: also the rotated siblings of what is named. The error says which path is no log.
[[nodiscard]] Result<InputLogs> find_logs(const std::vector<std::string>& paths, bool rotated,
                                          const SourceInfo& common);

}  // namespace noci
