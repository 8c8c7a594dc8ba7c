#pragma once
// The Synapse processes that the logs speak of, each with its request counter. One process may be
// seen through several logs (text and JSON side by side, an access file and a mixed one): they
// share its counter, so one request counts once. Bounded: names come from lines.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "parse/sequence.hpp"

namespace noci {

/// Who printed a line. `place` tells processes of the same name apart where the name is only a
/// file's: it is the file's folder. Empty where the line or the settings name the worker.
struct ProcessName {
  std::string_view homeserver;
  std::string_view place;
  std::string_view worker;
  bool by_file = false;
};

/// How complete the log of one process is: what lost lines are estimated from.
struct WorkerNumbers {
  std::string homeserver;
  std::string worker;
  std::uint64_t passed = 0;   ///< numbers that the request counter has left behind
  std::uint64_t missing = 0;  ///< those among them that no access line had
};

class Processes {
 public:
  static constexpr std::size_t most = 1024;

  struct Process {
    std::string homeserver;  ///< as soon as one of its logs tells
    std::string worker;
    Sequence sequence;
    std::uint64_t log = 0;  ///< the first one that spoke of it; 0 after a restart
  };

  /// The process; the pointer stays valid. Null when there are too many processes. `log`: which log
  /// speaks of it. Two logs of one name in one folder are one process's, though only one (JSON)
  /// says of which homeserver.
  [[nodiscard]] Process* find(const ProcessName& name, std::uint64_t log);

  [[nodiscard]] std::vector<WorkerNumbers> numbers() const;

  /// Restarts that turned out to be forged only after they had been believed.
  [[nodiscard]] std::uint64_t false_restarts() const;

  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

 private:
  [[nodiscard]] Process* other_log_of(const ProcessName& name, std::uint64_t log);

  std::map<std::string, Process, std::less<>> processes_;
  std::string key_;  ///< scratch
};

}  // namespace noci
