#pragma once
// A look into the newest lines of logs, for `noci check`: which of them clients can write into, and
// which show the same requests, so that their process must be known as one.

#include <cstdint>
#include <string>
#include <vector>

#include "model/settings.hpp"

namespace noci {

/// The newest lines of one log.
struct LogSample {
  std::string path;
  std::string process;  ///< what noci takes the log's process for
  bool is_text = false;
  /// Records other than access lines stand in it, so that a client can write lines of its own.
  bool is_mixed = false;

  struct Request {
    std::string id;
    std::int64_t centiseconds = 0;  ///< terse JSON knows no more
    std::uint64_t fingerprint = 0;

    bool operator==(const Request&) const = default;
    auto operator<=>(const Request&) const = default;  // NOLINT(modernize-use-nullptr)
  };

  std::vector<Request> requests;  ///< sorted
};

/// Reads up to 256 KiB from the end. A log that cannot be read gives an empty sample.
[[nodiscard]] LogSample sample_log(const SourceSettings& source, const std::string& path);

/// How many requests both logs show.
[[nodiscard]] std::size_t shared_requests(const LogSample& a, const LogSample& b);

}  // namespace noci
