#pragma once
// A folder of log files for tests of the tail, and a reader that does with chunks what the parser
// does: joins them to lines and reports how far it has come. Modification times come from a
// counter, so that files written in the same instant still have an order.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/tail.hpp"

namespace noci::testing {

class LogFolder {
 public:
  LogFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "noci-logs-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error("cannot make " + pattern);
    }
    root_ = pattern;
    std::filesystem::permissions(root_, std::filesystem::perms(0755));
  }

  ~LogFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  LogFolder(const LogFolder&) = delete;
  LogFolder& operator=(const LogFolder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return root_ + "/" + name; }

  void append(const std::string& name, const std::string& text) {
    std::ofstream(path(name), std::ios::app | std::ios::binary) << text;
    stamp(name);
  }

  /// Truncates in place and writes: the inode stays.
  void overwrite(const std::string& name, const std::string& text) {
    std::ofstream(path(name), std::ios::trunc | std::ios::binary) << text;
    stamp(name);
  }

  void rename(const std::string& from, const std::string& to) {
    std::filesystem::rename(path(from), path(to));
  }

  void copy(const std::string& from, const std::string& to) {
    std::filesystem::copy_file(path(from), path(to));
    stamp(to);
  }

  void remove(const std::string& name) { std::filesystem::remove(path(name)); }

  void link(const std::string& target, const std::string& name) {
    std::filesystem::remove(path(name));
    std::filesystem::create_symlink(path(target), path(name));
  }

  [[nodiscard]] bool exists(const std::string& name) const {
    return std::filesystem::exists(path(name));
  }

 private:
  void stamp(const std::string& name) {
    const timespec time{++clock_, 0};
    const timespec both[2] = {time, time};
    utimensat(AT_FDCWD, path(name).c_str(), both, 0);
  }

  std::string root_;
  std::time_t clock_ = 1'700'000'000;
};

class LineReader {
 public:
  /// Reads until there is nothing more now. `counts`: also reports what was read as counted.
  void drain(Tail& tail, bool counts = true) {
    while (read_once(tail, counts)) {
    }
  }

  bool read_once(Tail& tail, bool counts = true) {
    const auto chunk = tail.next(TimePoint{});
    if (!chunk) {
      return false;
    }
    auto [place, is_new] = open_.try_emplace(chunk->stream);
    Open& stream = place->second;
    if (is_new) {
      stream.offset = chunk->offset;
      stream.line = chunk->line;
    }
    if (stream.offset + stream.rest.size() != chunk->offset) {
      gaps.push_back(std::string(chunk->path) + " at " + std::to_string(chunk->offset));
    }
    stream.rest += chunk->bytes;
    for (auto feed = stream.rest.find('\n'); feed != std::string::npos;
         feed = stream.rest.find('\n')) {
      take(stream, feed, feed + 1);
    }
    if (chunk->end_of_stream) {
      ++ended;
      if (!stream.rest.empty()) {
        take(stream, stream.rest.size(), stream.rest.size());
      }
    }
    if (counts) {
      tail.consumed(chunk->stream, stream.offset, stream.line);
    }
    if (chunk->end_of_stream) {
      open_.erase(place);
    }
    return true;
  }

  std::vector<std::string> lines;
  std::vector<std::uint64_t> numbers;  ///< of the lines
  std::vector<std::string> gaps;       ///< where a stream did not go on where it stopped
  int ended = 0;

 private:
  struct Open {
    std::string rest;
    std::uint64_t offset = 0;
    std::uint64_t line = 1;
  };

  void take(Open& stream, std::size_t length, std::size_t with_feed) {
    lines.push_back(stream.rest.substr(0, length));
    numbers.push_back(stream.line++);
    stream.rest.erase(0, with_feed);
    stream.offset += with_feed;
  }

  std::map<std::uint64_t, Open> open_;
};

inline Tail tail_of(const LogFolder& folder, const std::vector<std::string>& names,
                    StartAt start_at = StartAt::beginning, std::vector<Cursor> saved = {}) {
  TailOptions options{3, "synapse", {}, start_at};
  for (const std::string& name : names) {
    options.paths.push_back(folder.path(name));
  }
  return {std::move(options), std::move(saved)};
}

using Lines = std::vector<std::string>;

}  // namespace noci::testing
