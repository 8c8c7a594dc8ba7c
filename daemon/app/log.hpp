#pragma once
// What noci says about itself: spdlog to standard error, one line per fact, `key=value`. A fault
// that repeats is said once per interval with a count, so that the watcher never fills the disk.

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <spdlog/logger.h>

#include "base/time.hpp"

namespace noci {

/// `level`: debug, info, warn or error. Under systemd the journal's priority prefix (sd-daemon(3))
/// stands where the time would.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_logger(const std::string& level);

/// One per thread. `now` is wall clock.
class RepeatedFaults {
 public:
  explicit RepeatedFaults(std::shared_ptr<spdlog::logger> log) : log_(std::move(log)) {}

  /// Logs `text` as a warning unless the same `key` was logged less than a minute ago.
  void warn(const std::string& key, const std::string& text, TimePoint now);

 private:
  struct Said {
    TimePoint at;
    std::uint64_t swallowed = 0;
  };

  std::shared_ptr<spdlog::logger> log_;
  std::map<std::string, Said> said_;
};

/// A value of `key=value`: quoted when it is not one plain word.
[[nodiscard]] std::string log_value(const std::string& text);

}  // namespace noci
