#pragma once
// What the receiving thread tells the analysis, and anybody else: numbers that only grow unless a
// comment says otherwise, and why nothing is received right now. Any thread may read it.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace noci {

struct IntakeStatus {
  using Count = std::atomic<std::uint64_t>;

  Count connections = 0;  ///< now
  Count accepted = 0;
  Count refused = 0;         ///< too many at once
  Count unauthorized = 0;    ///< TLS failed, or the certificate has no allowed name
  Count idle_closed = 0;     ///< silent for too long, or too long within a line
  Count lines = 0;           ///< taken into the spool
  Count oversize_lines = 0;  ///< longer than anybody keeps
  Count broken_lines = 0;    ///< begun and not ended when the connection ended
  Count misframed = 0;       ///< connections whose octet counts made no sense
  Count pauses = 0;          ///< times that senders had to wait for the spool
  Count spool_bytes = 0;     ///< now
  Count spool_errors = 0;
  /// Standard input has ended, and everything of it is in the spool.
  std::atomic<bool> has_ended = false;

  /// Empty: receiving.
  [[nodiscard]] std::string fault() const {
    const std::lock_guard lock(mutex_);
    return fault_;
  }

  void set_fault(std::string fault) {
    const std::lock_guard lock(mutex_);
    fault_ = std::move(fault);
  }

 private:
  mutable std::mutex mutex_;
  std::string fault_;
};

}  // namespace noci
