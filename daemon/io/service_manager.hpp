#pragma once
// What systemd is told about the daemon (Type=notify): ready, reloading, stopping, a status line
// and the watchdog's keep-alive. Every call does nothing where there is no service manager. Whether
// the daemon deserves its keep-alive is decided by the caller.

#include <optional>
#include <string>

#include "base/time.hpp"

namespace noci {

class ServiceManager {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  ServiceManager();

  [[nodiscard]] bool is_present() const { return is_present_; }

  /// How often keep_alive() is due: half of what the unit's WatchdogSec allows. Unset: no watchdog.
  [[nodiscard]] std::optional<Duration> watchdog_interval() const { return watchdog_interval_; }

  void ready(const std::string& status) const;
  /// To be followed by ready() once the reload is over, whatever came of it.
  void reloading() const;
  void stopping(const std::string& status) const;
  void status(const std::string& text) const;
  void keep_alive() const;

 private:
  void tell(const std::string& message) const;

  bool is_present_ = false;
  std::optional<Duration> watchdog_interval_;
};

}  // namespace noci
