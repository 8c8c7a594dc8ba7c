#include "io/record_times.hpp"

#include <algorithm>

#include "io/log_file.hpp"

namespace noci {
namespace {

/// Half of them would have to be forged to move a file among its siblings.
constexpr std::size_t enough_times = 31;
/// A log that holds no record until here (one traceback, say) is taken for something else.
constexpr std::uint64_t most_bytes = std::uint64_t{4} << 20;
constexpr std::size_t head_size = 256;
constexpr std::size_t small_block = 32 * 1024;

}  // namespace

std::vector<LineTime> RecordTimes::of(const Chunk& chunk) {
  begin(chunk);
  std::vector<LineTime> lines;
  framer_.push(chunk, [&](std::string_view line, Position position, bool oversize) {
    lines.push_back({position.offset, framer_.consumed().offset, std::nullopt});
    if (oversize) {
      return;
    }
    arena_.clear();
    // Without an arrival, what says no time itself has none.
    const ParsedLine parsed = parser_.parse({line, chunk.source, position, TimePoint{}}, arena_);
    const Event& event = parsed.event;
    const bool is_told = event.kind != Kind::error && event.kind != Kind::forged &&
                         !parsed.is_continuation && event.timestamp != TimePoint{};
    if (is_told) {
      lines.back().time = event.timestamp;
    }
  });
  return lines;
}

void RecordTimes::skip(const Chunk& chunk) {
  begin(chunk);
  framer_.push(chunk, [](std::string_view, Position, bool) {});
}

void RecordTimes::begin(const Chunk& chunk) {
  if (stream_ != chunk.stream) {
    stream_ = chunk.stream;
    framer_ = Framer();
  }
}

std::optional<Beginning> beginning_of(const std::string& path, const SourceInfo& source) {
  auto file = LogFile::open(path, 0, small_block);
  if (!file) {
    return std::nullopt;
  }
  Beginning beginning;
  RecordTimes lines(source);
  std::vector<TimePoint> times;
  std::uint64_t bytes = 0;
  while (times.size() < enough_times && bytes < most_bytes) {
    const auto chunk = file->next();
    if (!chunk) {
      beginning.is_damaged = file->is_damaged();
    }
    if (!chunk || !*chunk) {
      break;
    }
    bytes += (*chunk)->bytes.size();
    if (beginning.head.size() < head_size) {
      beginning.head += (*chunk)->bytes.substr(0, head_size - beginning.head.size());
    }
    for (const LineTime& line : lines.of(**chunk)) {
      if (line.time && times.size() < enough_times) {
        times.push_back(*line.time);
      }
    }
  }
  if (!times.empty()) {
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    beginning.time = *middle;
  }
  return beginning;
}

}  // namespace noci
