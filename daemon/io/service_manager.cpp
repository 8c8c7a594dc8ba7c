#include "io/service_manager.hpp"

#include <chrono>
#include <cstdint>

#include <systemd/sd-daemon.h>

namespace noci {
namespace {

/// systemd orders a reload by this clock (Type=notify-reload, sd_notify(3)).
std::int64_t monotonic_microseconds() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

ServiceManager::ServiceManager() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) > 0) {
    watchdog_ = std::chrono::duration_cast<Duration>(std::chrono::microseconds(microseconds));
  }
}

void ServiceManager::ready(const std::string& status) {
  sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
}

void ServiceManager::reloading() {
  sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds())).c_str());
}

void ServiceManager::stopping() { sd_notify(0, "STOPPING=1\nSTATUS=committing"); }

void ServiceManager::watchdog() { sd_notify(0, "WATCHDOG=1"); }

}  // namespace noci
