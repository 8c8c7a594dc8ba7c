#include "app/inputs.hpp"

#include <cstdio>
#include <iostream>
#include <memory>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "base/percent_format.hpp"
#include "io/log_file.hpp"
#include "io/side_by_side.hpp"

namespace noci {
namespace {

/// Redraws one line of standard error, at most once per percent.
class Progress {
 public:
  explicit Progress(std::uint64_t total) : total_(is_terminal(STDERR_FILENO) ? total : 0) {}

  void add(std::uint64_t bytes) {
    done_ += bytes;
    const auto percent = total_ == 0 ? 0 : done_ * 100 / total_;
    if (percent == shown_) {
      return;
    }
    shown_ = percent;
    std::fprintf(stderr, "\r%3d %% of %.1f MB", static_cast<int>(percent),
                 static_cast<double>(total_) / 1e6);
  }

  void clear() const {
    if (shown_ > 0) {
      std::fputs("\r\033[K", stderr);
    }
  }

 private:
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::uint64_t shown_ = 0;
};

std::uint64_t size_of(const std::string& path) {
  struct stat status {};

  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)
             ? static_cast<std::uint64_t>(status.st_size)
             : 0;
}

/// Says what is wrong in its own line, whatever the progress shows.
class Complaints {
 public:
  Complaints(std::string verb, const Progress& progress)
      : verb_(std::move(verb)), progress_(progress) {}

  void tell(const std::string& what, ExitCode code) {
    progress_.clear();
    std::cerr << "noci " << verb_ << ": " << what << '\n';
    code_ = std::max(code_, code);
  }

  [[nodiscard]] ExitCode code() const { return code_; }

 private:
  std::string verb_;
  const Progress& progress_;
  ExitCode code_ = ExitCode::fine;
};

/// One log, file after file.
class LogReading {
 public:
  LogReading(const InputLog& log, const std::vector<SourceInfo>& sources, Progress& progress,
             Complaints& complaints)
      : log_(log), sources_(sources), progress_(progress), complaints_(complaints) {}

  /// Nothing at the end of the last file.
  std::optional<Chunk> next() {
    while (file_ || next_ < log_.files.size()) {
      if (!file_) {
        open();
        continue;
      }
      auto chunk = file_->next();
      progress_.add(file_->taken() - std::exchange(taken_, file_->taken()));
      if (!chunk) {
        complaints_.tell(chunk.error().what, file_->is_damaged() ? ExitCode::input_at_fault
                                                                 : ExitCode::environment_at_fault);
      }
      if (chunk && *chunk) {
        return *chunk;
      }
      file_.reset();
    }
    return std::nullopt;
  }

 private:
  void open() {
    const SourceIndex source = log_.files[next_++];
    auto file = LogFile::open(sources_[source].name, source, LogFile::default_block, log_.name);
    if (!file) {
      complaints_.tell(file.error().what, ExitCode::environment_at_fault);
      return;
    }
    file_ = std::make_unique<LogFile>(std::move(*file));
    file_->read_ahead();
    taken_ = 0;
  }

  const InputLog& log_;
  const std::vector<SourceInfo>& sources_;
  Progress& progress_;
  Complaints& complaints_;
  std::unique_ptr<LogFile> file_;  ///< stays where it is: chunks view into it
  std::size_t next_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace

std::optional<InputLogs> open_inputs(const InputOptions& options, const std::string& verb,
                                     ExitCode& code) {
  SourceInfo common;
  common.homeserver = options.homeserver;
  common.zone = Zone::current();
  if (!options.timezone.empty()) {
    const auto zone = Zone::find(options.timezone);
    if (!zone) {
      std::cerr << "noci " << verb << ": " << zone.error().what << '\n';
      code = ExitCode::usage;
      return std::nullopt;
    }
    common.zone = *zone;
  }
  if (const auto pieces = parse_log_prefix(options.prefix); !options.prefix.empty() && !pieces) {
    std::cerr << "noci " << verb << ": --prefix: " << pieces.error().what << '\n';
    code = ExitCode::usage;
    return std::nullopt;
  }
  common.prefix = options.prefix;
  auto inputs = find_logs(options.paths, options.rotated, common);
  if (!inputs) {
    std::cerr << "noci " << verb << ": " << inputs.error().what << '\n';
    code = ExitCode::environment_at_fault;
    return std::nullopt;
  }
  for (const std::string& note : inputs->notes) {
    std::cerr << "noci " << verb << ": " << note << '\n';
  }
  return std::move(*inputs);
}

ExitCode read_all(const InputLogs& inputs, const std::string& verb,
                  const std::function<void(const Chunk&)>& feed, const std::vector<MadeLog>& made) {
  std::uint64_t total = 0;
  for (const SourceInfo& source : inputs.sources) {
    total += size_of(source.name);
  }
  Progress progress(total);
  Complaints complaints(verb, progress);
  std::vector<MadeLog> readings = made;
  for (const InputLog& log : inputs.logs) {
    const auto reading = std::make_shared<LogReading>(log, inputs.sources, progress, complaints);
    readings.push_back({log.name, [reading] { return reading->next(); }});
  }
  SideBySide side_by_side(inputs.sources);
  for (;;) {
    for (const MadeLog& reading : readings) {
      if (side_by_side.wants(reading.name)) {
        if (const auto chunk = reading.next()) {
          side_by_side.add(*chunk);
        }
      }
    }
    const auto run = side_by_side.next();
    if (!run) {
      break;
    }
    feed(*run);
  }
  progress.clear();
  return complaints.code();
}

bool is_terminal(int file_descriptor) {
  return isatty(file_descriptor) == 1;
}

}  // namespace noci
