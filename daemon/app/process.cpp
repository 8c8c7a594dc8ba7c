#include "app/process.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace noci {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// proc(5): boot time from /proc/stat plus field 22 of /proc/self/stat, in clock ticks.
double start_time() {
  std::ifstream stat("/proc/stat");
  double boot = 0;
  for (std::string word; stat >> word;) {
    if (word == "btime") {
      stat >> boot;
      break;
    }
  }
  std::ifstream self("/proc/self/stat");
  std::string line;
  std::getline(self, line);
  // The command name, field 2, may hold anything but ends with the last parenthesis.
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) {
    fields >> field;
  }
  return field.empty() ? boot : boot + std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessStats process_stats() {
  static const double started = start_time();
  ProcessStats stats;
  stats.start_time_seconds = started;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  stats.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  std::ifstream memory("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  memory >> total >> resident;
  stats.resident_bytes = resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::error_code ignored;
  const std::filesystem::directory_iterator files("/proc/self/fd", ignored);
  stats.open_files = static_cast<std::uint64_t>(std::distance(begin(files), end(files)));
  return stats;
}

}  // namespace noci
