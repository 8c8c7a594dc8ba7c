#pragma once
// A folder of log files for tests of the tail, and a reader that does with chunks what the parser
// does: joins them to lines and reports how far it has come. Modification times come from a
// counter, so that files written in the same instant still have an order.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/tail.hpp"
#include "support/packing.hpp"

namespace noci::testing {

class LogFolder {
 public:
  static constexpr std::time_t begin = 1'780'790'400;  ///< of the day of record_at

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

  /// What gzip and zstd do: the packed file has another inode and, mostly, the time of the plain
  /// one.
  void pack(const std::string& name, const std::string& ending, bool keeps_time = true) {
    std::ifstream file(path(name), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    std::ofstream(path(name + ending), std::ios::binary)
        << (ending == ".gz" ? gzip(bytes) : zstd(bytes));
    if (keeps_time) {
      std::filesystem::last_write_time(path(name + ending),
                                       std::filesystem::last_write_time(path(name)));
    } else {
      stamp(name + ending);
    }
    std::filesystem::remove(path(name));
  }

  void remove(const std::string& name) { std::filesystem::remove(path(name)); }

  void link(const std::string& target, const std::string& name) {
    std::filesystem::remove(path(name));
    std::filesystem::create_symlink(path(target), path(name));
  }

  /// Seconds into that day: the files' clock, which every write moves on by one.
  [[nodiscard]] int clock() const { return static_cast<int>(clock_ - begin); }

  void set_clock(int second) { clock_ = begin + second; }

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
  std::time_t clock_ = begin;
};

class TailReader {
 public:
  /// Reads until there is nothing more now. `counts`: also reports what was read as counted.
  void drain(Source& tail, bool counts = true) {
    while (read_once(tail, counts)) {
    }
  }

  bool read_once(Source& tail, bool counts = true) {
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

/// A record of Synapse's text log, `second` seconds into a day of June, UTC, without its line feed.
inline std::string record_at(int second, const std::string& what) {
  char stamp[64];
  std::snprintf(stamp, sizeof stamp, "2026-06-%02d %02d:%02d:%02d,000", 7 + second / 86'400,
                second / 3600 % 24, second / 60 % 60, second % 60);
  return stamp + std::string(" - synapse.app - 1 - INFO - sentinel - ") + what;
}

inline Tail tail_of(const LogFolder& folder, const std::vector<std::string>& names,
                    StartAt start_at = StartAt::beginning, std::vector<Cursor> saved = {}) {
  TailOptions options{3, "synapse", {}, start_at};
  options.info.emplace();
  for (const std::string& name : names) {
    options.paths.push_back(folder.path(name));
  }
  return {std::move(options), std::move(saved)};
}

using Lines = std::vector<std::string>;

}  // namespace noci::testing
