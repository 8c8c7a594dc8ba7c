#include "app/inputs.hpp"

#include <cstdio>
#include <memory>
#include <optional>

#include <unistd.h>

#include "io/log_file.hpp"

namespace noci {
namespace {

/// One path being read, and how far it has come in event time.
struct Reading {
  std::unique_ptr<LogFile> file;
  TimePoint newest{};
  bool done = false;
};

/// Redraws one line of standard error, at most once per percent.
class Progress {
 public:
  explicit Progress(std::uint64_t total) : total_(is_terminal(STDERR_FILENO) ? total : 0) {}

  void add(std::size_t bytes) {
    done_ += bytes;
    const auto percent = total_ == 0 ? 0 : done_ * 100 / total_;
    if (percent == shown_) {
      return;
    }
    shown_ = percent;
    std::fprintf(stderr, "\r%3d %% of %.1f MB", static_cast<int>(percent),
                 static_cast<double>(total_) / 1e6);
  }

  void finish() const {
    if (shown_ > 0) {
      std::fputs("\r\033[K", stderr);
    }
  }

 private:
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::uint64_t shown_ = 0;
};

Reading* least_advanced(std::vector<Reading>& readings) {
  Reading* least = nullptr;
  for (Reading& reading : readings) {
    if (!reading.done && (least == nullptr || reading.newest < least->newest)) {
      least = &reading;
    }
  }
  return least;
}

}  // namespace

Result<std::vector<SourceInfo>> sources_of(const InputOptions& options) {
  Zone zone = Zone::current();
  if (!options.timezone.empty()) {
    auto found = Zone::find(options.timezone);
    if (!found) {
      return tl::unexpected(found.error());
    }
    zone = *found;
  }
  std::vector<SourceInfo> sources;
  for (const std::string& path : options.paths) {
    sources.push_back({path, options.homeserver, "", LineFormat::detect, zone});
  }
  return sources;
}

Result<void> read_all(const InputOptions& options,
                      const std::function<TimePoint(const Chunk&)>& feed) {
  std::vector<Reading> readings;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < options.paths.size(); ++i) {
    auto file = LogFile::open(options.paths[i], static_cast<SourceIndex>(i));
    if (!file) {
      return tl::unexpected(file.error());
    }
    total += file->size().value_or(0);
    readings.push_back({std::make_unique<LogFile>(std::move(*file))});
  }
  Progress progress(total);
  while (Reading* reading = least_advanced(readings)) {
    auto chunk = reading->file->next();
    if (!chunk) {
      progress.finish();
      return tl::unexpected(chunk.error());
    }
    if (!*chunk) {
      reading->done = true;
      continue;
    }
    reading->newest = std::max(reading->newest, feed(**chunk));
    progress.add((*chunk)->bytes.size());
  }
  progress.finish();
  return {};
}

bool is_terminal(int file_descriptor) { return isatty(file_descriptor) == 1; }

}  // namespace noci
