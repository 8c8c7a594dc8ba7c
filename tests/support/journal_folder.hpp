#pragma once
// Real journal files, written by systemd-journal-remote from entries in the export format, and what
// `journalctl -o json` says about them.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <unistd.h>

#include "support/scratch_dir.hpp"

namespace noci::testing {

using Fields = std::vector<std::pair<std::string, std::string>>;

class JournalFolder {
 public:
  static constexpr std::uint64_t first_time = 1'763'000'000'000'000;  ///< microseconds

  [[nodiscard]] static bool is_available() { return !writer().empty(); }

  [[nodiscard]] std::string path(const std::string& name = "") const {
    return name.empty() ? folder_.path().string() : folder_.file(name);
  }

  /// Appends entries a second apart to a file, going on where the last call ended.
  void append(const std::string& file, const std::vector<Fields>& entries) {
    const std::string command =
        writer() + " --output=" + path(file) + " - >" + path("writer.log") + " 2>&1";
    FILE* const pipe = popen(command.c_str(), "w");
    for (const Fields& fields : entries) {
      const std::string text = export_of(fields);
      fwrite(text.data(), 1, text.size(), pipe);
    }
    if (pclose(pipe) != 0) {
      throw std::runtime_error("systemd-journal-remote failed");
    }
  }

  void skip_seconds(std::uint64_t seconds) { time_ += seconds * 1'000'000; }

  void remove(const std::string& file) { std::filesystem::remove(path(file)); }

  /// One object per entry that matches.
  [[nodiscard]] std::vector<boost::json::object> journalctl(const std::string& matches) const {
    const std::string command =
        "journalctl --all -o json --directory=" + path() + " " + matches + " 2>&1";
    FILE* const pipe = popen(command.c_str(), "r");
    std::string text;
    for (int byte = fgetc(pipe); byte != EOF; byte = fgetc(pipe)) {
      text.push_back(static_cast<char>(byte));
    }
    pclose(pipe);
    return objects(text);
  }

  /// JSON lines → objects.
  [[nodiscard]] static std::vector<boost::json::object> objects(std::string_view text) {
    std::vector<boost::json::object> all;
    while (!text.empty()) {
      const auto end = text.find('\n');
      all.push_back(boost::json::parse(text.substr(0, end)).as_object());
      text.remove_prefix(end + 1);
    }
    return all;
  }

 private:
  /// As packaging/install-deps unpacked it, or as it is installed.
  static std::string writer() {
    const std::string name = "/lib/systemd/systemd-journal-remote";
    const std::string unpacked = NOCI_SOURCE_DIR "/build/tools/systemd-journal-remote";
    for (const std::string& path : {unpacked + "/usr" + name, unpacked + name, name}) {
      if (access(path.c_str(), X_OK) == 0) {
        return path;
      }
    }
    return {};
  }

  std::string export_of(const Fields& fields) {
    time_ += 1'000'000;
    std::string text = "__REALTIME_TIMESTAMP=" + std::to_string(time_) +
                       "\n__MONOTONIC_TIMESTAMP=" + std::to_string(time_ - first_time) +
                       "\n_BOOT_ID=0123456789abcdef0123456789abcdef\n";
    for (const auto& [name, value] : fields) {
      text += name + "\n";
      for (unsigned shift = 0; shift < 64; shift += 8) {
        text.push_back(static_cast<char>((std::uint64_t{value.size()} >> shift) & 0xffU));
      }
      text += value + "\n";
    }
    return text + "\n";
  }

  ScratchDir folder_;
  std::uint64_t time_ = first_time;
};

}  // namespace noci::testing
