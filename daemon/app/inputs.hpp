#pragma once
// What the offline verbs read: finished logs by path or standard input, each path a source of its
// own, with progress on a terminal.

#include <functional>
#include <string>
#include <vector>

#include "app/exit_code.hpp"
#include "base/result.hpp"
#include "model/record.hpp"
#include "model/settings.hpp"
#include "parse/parser.hpp"

namespace noci {

struct InputOptions {
  std::vector<std::string> paths{"-"};
  std::string timezone;  ///< IANA; empty: this machine's zone
  std::string homeserver;
};

/// One SourceInfo per path, in order. An unknown zone is an error.
[[nodiscard]] Result<std::vector<SourceInfo>> sources_of(const InputOptions& options);

/// Feeds every path to its end. Several paths are read side by side: the next block comes from
/// the one whose newest event is oldest, as `newest` tells for the source just fed.
[[nodiscard]] Result<void> read_all(const InputOptions& options,
                                    const std::function<TimePoint(const Chunk&)>& feed);

/// Whether people are watching: progress goes to standard error, and only to a terminal.
[[nodiscard]] bool is_terminal(int file_descriptor);

}  // namespace noci
