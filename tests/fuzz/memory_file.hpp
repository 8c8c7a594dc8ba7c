#pragma once
// A file without a disk, for readers that take a path.

#include <algorithm>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/support.hpp"
#include "model/settings.hpp"

namespace noci::fuzz {

class MemoryFile {
 public:
  MemoryFile() : file_(memfd_create("fuzz", MFD_CLOEXEC)) {
    FUZZ_REQUIRE(file_ >= 0);
    path_ = "/proc/self/fd/" + std::to_string(file_);
  }

  ~MemoryFile() { close(file_); }

  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  void set(std::string_view text) {
    FUZZ_REQUIRE(ftruncate(file_, 0) == 0);
    FUZZ_REQUIRE(pwrite(file_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  int file_;
  std::string path_;
};

/// Every fault is about this file, at a place that it has, in words.
inline void check_faults(const Faults& faults, const Faults& again, const std::string& path,
                         std::string_view text) {
  const auto lines = 2 + std::count(text.begin(), text.end(), '\n');
  FUZZ_REQUIRE(faults.size() == again.size());
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const Fault& fault = faults[i];
    FUZZ_REQUIRE(fault.to_string() == again[i].to_string());
    FUZZ_REQUIRE(fault.file == path);
    FUZZ_REQUIRE(!fault.what.empty());
    FUZZ_REQUIRE(fault.line >= 0 && fault.line <= lines);
    FUZZ_REQUIRE(fault.line == 0 || fault.column >= 1);
  }
}

}  // namespace noci::fuzz
