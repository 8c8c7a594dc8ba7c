#include "app/inputs.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include <unistd.h>

#include "io/log_file.hpp"
#include "pipeline/event_reader.hpp"

namespace noci {
namespace {

/// Blocks are small when several logs are read side by side, so that none runs far ahead.
constexpr std::size_t side_by_side_block = 4096;

/// One path being read, and how far it has come in event time.
struct Reading {
  std::unique_ptr<LogFile> file;  ///< stays where it is: chunks view into it
  TimePoint newest;
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

/// Event time of the first record that has one: rotated siblings are read in the order of what
/// they hold, however they are named. A pipe cannot be looked into and comes first.
TimePoint begin_of(const std::string& path, const SourceInfo& source) {
  auto file = LogFile::open(path, 0);
  if (!file || !file->size()) {
    return {};
  }
  TimePoint first{};
  EventReader reader({source});
  while (first == TimePoint{}) {
    const auto chunk = file->next();
    if (!chunk || !*chunk) {
      break;
    }
    reader.feed(**chunk, [&](const Event& event) {
      if (first == TimePoint{} && event.kind != Kind::error) {
        first = event.timestamp;
      }
    });
  }
  return first;
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
  const auto sources = sources_of(options);
  if (!sources) {
    return tl::unexpected(sources.error());
  }
  const bool several = options.paths.size() > 1;
  std::vector<Reading> readings;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < options.paths.size(); ++i) {
    auto file = LogFile::open(options.paths[i], static_cast<SourceIndex>(i),
                              several ? side_by_side_block : LogFile::default_block);
    if (!file) {
      return tl::unexpected(file.error());
    }
    total += file->size().value_or(0);
    readings.push_back({std::make_unique<LogFile>(std::move(*file)),
                        several ? begin_of(options.paths[i], (*sources)[i]) : TimePoint{}});
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

bool is_terminal(int file_descriptor) {
  return isatty(file_descriptor) == 1;
}

}  // namespace noci
