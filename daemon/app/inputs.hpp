#pragma once
// What the offline verbs read: finished logs by path, folder or standard input, packed or not,
// several side by side in the order of their time, with progress on a terminal.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/exit_code.hpp"
#include "app/input_logs.hpp"
#include "model/record.hpp"
#include "parse/parser.hpp"

namespace noci {

struct InputOptions {
  std::vector<std::string> paths{"-"};
  bool rotated = false;  ///< with the rotated siblings of each
  std::string timezone;  ///< IANA; empty: this machine's zone
  std::string homeserver;
  std::string prefix;  ///< of text records, in Python's words; empty: Synapse's
};

/// Looks at the paths before anything is read. Prints what is wrong as `noci VERB: …` and says how
/// to end; what is left out is told too.
[[nodiscard]] std::optional<InputLogs> open_inputs(const InputOptions& options,
                                                   const std::string& verb, ExitCode& code);

/// A log that is made while it is read.
struct MadeLog {
  std::string name;
  std::function<std::optional<Chunk>()> next;  ///< nothing at its end
};

/// Feeds every log to its end. An archive that is damaged is read as far as it goes, then the next
/// file. Prints every fault as `noci VERB: …` and returns how to end.
[[nodiscard]] ExitCode read_all(const InputLogs& inputs, const std::string& verb,
                                const std::function<void(const Chunk&)>& feed,
                                const std::vector<MadeLog>& made = {});

/// Whether people are watching: progress goes to standard error, and only to a terminal.
[[nodiscard]] bool is_terminal(int file_descriptor);

}  // namespace noci
