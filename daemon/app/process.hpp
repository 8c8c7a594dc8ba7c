#pragma once
// What Linux says about this process, for the standard process_* metrics.

#include <cstdint>

namespace noci {

struct ProcessStats {
  double cpu_seconds = 0;
  double start_time_seconds = 0;  ///< since the epoch
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_files = 0;
};

[[nodiscard]] ProcessStats process_stats();

}  // namespace noci
