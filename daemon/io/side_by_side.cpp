#include "io/side_by_side.hpp"

#include <algorithm>

#include "base/result.hpp"

namespace noci {
namespace {

/// Lines of one log come in order but for what its writer buffered; older ones are no order.
constexpr Duration disorder = std::chrono::minutes{1};
/// Logs that came and went, as dated names do, are forgotten beyond this many.
constexpr std::size_t most_logs = 1024;

/// Far older than what the log has told before.
bool is_absurd(TimePoint time, const std::optional<TimePoint>& newest) {
  return newest && time < *newest - disorder;
}

/// What was taken for the newest time was absurd itself: most lines are older.
bool is_ahead(const std::vector<LineTime>& lines, const std::optional<TimePoint>& newest) {
  std::size_t told = 0;
  std::size_t older = 0;
  for (const LineTime& line : lines) {
    told += line.time ? 1 : 0;
    older += line.time && is_absurd(*line.time, newest) ? 1 : 0;
  }
  return older * 2 > told;
}

}  // namespace

bool SideBySide::wants(std::string_view path) const {
  const auto found = logs_.find(path);
  return found == logs_.end() || !found->second->waits;
}

void SideBySide::add(const Chunk& chunk) {
  auto found = logs_.find(chunk.path);
  if (found == logs_.end()) {
    forget_idle();
    found =
        logs_.try_emplace(std::string(chunk.path), std::make_unique<Log>(sources_.at(chunk.source)))
            .first;
    found->second->path = found->first;
  }
  Log& log = *found->second;
  NOCI_CHECK(!log.waits);
  log.bytes.assign(chunk.bytes);
  log.chunk = chunk;
  log.chunk.bytes = {};
  log.chunk.path = log.path;
  log.waits = true;
  log.is_timed = false;
  log.at = log.begin = 0;
}

std::optional<Chunk> SideBySide::next() {
  std::vector<Log*> waiting;
  for (const auto& [path, log] : logs_) {
    if (log->waits) {
      waiting.push_back(log.get());
    }
  }
  if (waiting.empty()) {
    return std::nullopt;
  }
  if (logs_.size() == 1) {
    return take_all(*waiting.front());
  }
  for (Log* log : waiting) {
    time_lines(*log);
  }
  const auto key_of = [](const Log* log) { return log->cuts[log->at].key; };
  const auto is_older = [&](const Log* a, const Log* b) { return key_of(a) < key_of(b); };
  const auto oldest = std::min_element(waiting.begin(), waiting.end(), is_older);
  Log& log = **oldest;
  // Among equals the order of the names decides, whichever log is asked first.
  std::iter_swap(waiting.begin(), oldest);
  const auto rival = std::min_element(waiting.begin() + 1, waiting.end(), is_older);
  const TimePoint limit = rival == waiting.end() ? TimePoint::max() : key_of(*rival);
  std::size_t cuts = log.at + 1;
  while (cuts < log.cuts.size() && log.cuts[cuts].key < limit) {
    ++cuts;
  }
  return take(log, cuts);
}

void SideBySide::forget_idle() {
  if (logs_.size() >= most_logs) {
    std::erase_if(logs_, [](const auto& entry) { return !entry.second->waits; });
  }
}

/// Every line's key: its time, kept in order. A time behind which older ones follow in the same
/// block counts as the oldest of them: one stamp in the future does not make its log wait.
void SideBySide::time_lines(Log& log) {
  if (log.is_timed) {
    return;
  }
  log.is_timed = true;
  log.cuts.clear();
  log.chunk.bytes = log.bytes;
  const std::vector<LineTime> lines = log.times.of(log.chunk);
  log.chunk.bytes = {};

  if (is_ahead(lines, log.newest)) {
    log.newest.reset();
  }
  std::vector<TimePoint> keys(lines.size());
  std::optional<TimePoint> oldest;
  for (std::size_t i = lines.size(); i-- > 0;) {
    const auto& time = lines[i].time;
    if (time && !is_absurd(*time, log.newest) && (!oldest || *time < *oldest)) {
      oldest = time;
    }
    keys[i] = oldest.value_or(TimePoint{});
  }
  TimePoint newest = log.newest.value_or(oldest.value_or(TimePoint{}));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // A line without a time belongs to the record before it.
    newest = lines[i].time ? std::max(newest, keys[i]) : newest;
    const std::size_t end = static_cast<std::size_t>(lines[i].end - log.chunk.offset);
    if (!log.cuts.empty() && log.cuts.back().key == newest) {
      log.cuts.back().end = end;
    } else {
      log.cuts.push_back({end, newest});
    }
  }
  if (log.cuts.empty()) {
    log.cuts.push_back({0, newest});
  }
  log.cuts.back().end = log.bytes.size();  // with the beginning of a line
  log.newest = newest == TimePoint{} ? std::nullopt : std::optional(newest);
}

Chunk SideBySide::take(Log& log, std::size_t cuts) {
  const std::size_t end = log.cuts[cuts - 1].end;
  Chunk run = log.chunk;
  run.bytes = std::string_view(log.bytes).substr(log.begin, end - log.begin);
  run.offset += log.begin;
  log.at = cuts;
  log.begin = end;
  log.waits = cuts < log.cuts.size();
  run.end_of_stream = run.end_of_stream && !log.waits;
  return run;
}

/// Everything that waits of the only log.
Chunk SideBySide::take_all(Log& log) {
  if (log.is_timed) {
    return take(log, log.cuts.size());
  }
  log.chunk.bytes = log.bytes;
  log.times.skip(log.chunk);
  log.waits = false;
  return log.chunk;
}

}  // namespace noci
