#pragma once
// What systemd is told (sd_notify(3)); all of it does nothing when noci was started by hand.

#include <optional>
#include <string>

#include "base/time.hpp"

namespace noci {

class ServiceManager {
 public:
  ServiceManager();

  /// Started, or done with a reload. `status` is shown by `systemctl status`.
  void ready(const std::string& status);
  void reloading();
  void stopping();
  /// Alive; must come at least once per watchdog_interval.
  void watchdog();
  /// Unset: no watchdog is asked for.
  [[nodiscard]] std::optional<Duration> watchdog_interval() const { return watchdog_; }

 private:
  std::optional<Duration> watchdog_;
};

}  // namespace noci
