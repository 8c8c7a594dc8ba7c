#include "io/service_manager.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include <systemd/sd-daemon.h>

namespace noci {
namespace {

std::uint64_t monotonic_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

/// One line: a line feed would begin another assignment.
std::string status_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return "STATUS=" + text;
}

}  // namespace

ServiceManager::ServiceManager() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  is_present_ = socket != nullptr && *socket != '\0';
  std::uint64_t microseconds = 0;
  if (is_present_ && sd_watchdog_enabled(0, &microseconds) > 0) {
    watchdog_interval_ = std::max(Duration{1}, Duration{microseconds / 2'000});
  }
}

void ServiceManager::ready(const std::string& status) const {
  tell("READY=1\n" + status_line(status));
}

void ServiceManager::reloading() const {
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds()));
}

void ServiceManager::stopping(const std::string& status) const {
  tell("STOPPING=1\n" + status_line(status));
}

void ServiceManager::status(const std::string& text) const {
  tell(status_line(text));
}

void ServiceManager::keep_alive() const {
  tell("WATCHDOG=1");
}

void ServiceManager::tell(const std::string& message) const {
  if (is_present_) {
    sd_notify(0, message.c_str());
  }
}

}  // namespace noci
