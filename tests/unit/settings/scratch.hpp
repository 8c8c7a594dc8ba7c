#pragma once
// A folder of files that lives as long as the test.

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

#include "model/settings.hpp"

class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "noci-test-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }

  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string write(const std::string& name, std::string_view text) const {
    const auto path = std::filesystem::path(folder_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  [[nodiscard]] std::string path(const std::string& name = "") const {
    return name.empty() ? folder_ : folder_ + "/" + name;
  }

 private:
  std::string folder_;
};

/// `3:5 what [code]; help` of each, one a line.
inline std::string all(const noci::Faults& faults) {
  std::string text;
  for (const noci::Fault& fault : faults) {
    text += std::to_string(fault.line) + ":" + std::to_string(fault.column) + " " + fault.what +
            "; " + fault.help + "\n";
  }
  return text;
}

inline bool mentions(const noci::Faults& faults, const std::string& code, int line = -1) {
  for (const noci::Fault& fault : faults) {
    if (fault.what.find("[" + code + "]") != std::string::npos &&
        (line < 0 || line == fault.line)) {
      return true;
    }
  }
  return false;
}
