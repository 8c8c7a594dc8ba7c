#include "io/backfill.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "io/record_times.hpp"

namespace noci {
namespace {

constexpr std::uint64_t block = FollowedFile::block_size;
/// A part of a file without any record until here (one enormous traceback) is taken for older.
constexpr std::uint64_t most_without_record = std::uint64_t{4} << 20;
constexpr std::size_t times_in_a_probe = 9;

/// The lines that begin in a part of a file, with their times; the first line only at its
/// beginning.
std::vector<LineTime> lines_from(const FollowedFile& file, std::uint64_t offset, std::uint64_t size,
                                 const SourceInfo& source) {
  const std::string bytes = file.bytes_at(offset, offset + size);
  Chunk chunk;
  chunk.bytes = bytes;
  chunk.offset = offset;
  if (offset > 0) {
    const auto feed = bytes.find('\n');
    if (feed == std::string::npos) {
      return {};
    }
    chunk.bytes.remove_prefix(feed + 1);
    chunk.offset += feed + 1;
  }
  return RecordTimes(source).of(chunk);
}

/// When the lines behind `offset` were written; unset where none tells.
std::optional<TimePoint> time_at(const FollowedFile& file, std::uint64_t offset,
                                 const SourceInfo& source) {
  for (std::uint64_t size = 16 * 1024; size <= most_without_record; size *= 4) {
    std::vector<TimePoint> times;
    for (const LineTime& line : lines_from(file, offset, size, source)) {
      if (line.time && times.size() < times_in_a_probe) {
        times.push_back(*line.time);
      }
    }
    if (!times.empty()) {
      const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
      std::nth_element(times.begin(), middle, times.end());
      return *middle;
    }
  }
  return std::nullopt;
}

/// The block before the first one whose lines are not older, by halves.
std::uint64_t search_plain(const FollowedFile& file, TimePoint from, const SourceInfo& source) {
  std::uint64_t older = 0;                        // blocks: this one begins before the time
  std::uint64_t later = file.size() / block + 1;  // this one does not
  while (later - older > 1) {
    const std::uint64_t middle = older + (later - older) / 2;
    const auto time = time_at(file, middle * block, source);
    (time && *time < from ? older : later) = middle;
  }
  return older * block;
}

/// The same in an archive, forwards. `line`: the number of the line that the block begins in.
std::uint64_t search_packed(const FollowedFile& file, TimePoint from, const SourceInfo& source,
                            std::uint64_t& line) {
  std::uint64_t older = 0;
  for (std::uint64_t next = block;; next += block) {
    const std::string bytes = file.bytes_at(next - block, next);
    const auto feeds = static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    const auto time = time_at(file, next, source);
    if (bytes.size() < block || (time && *time >= from)) {
      return older;
    }
    older = next;
    line += feeds;
  }
}

}  // namespace

LinePlace place_of(const FollowedFile& file, TimePoint from, const SourceInfo& source) {
  LinePlace place;
  std::uint64_t at = file.is_packed() ? search_packed(file, from, source, place.line)
                                      : search_plain(file, from, source);
  place.line = file.is_packed() ? place.line : file.line_number(at);
  place.offset = at;
  bool is_whole = at == 0;
  for (std::string rest;;) {
    const std::string bytes = file.bytes_at(at, at + block);
    at += bytes.size();
    rest += bytes;
    if (!is_whole) {
      const auto feed = rest.find('\n');
      if (feed == std::string::npos && !bytes.empty()) {
        continue;  // within one enormous line
      }
      is_whole = true;
      place.offset += feed == std::string::npos ? rest.size() : feed + 1;
      ++place.line;
      rest.erase(0, feed == std::string::npos ? rest.size() : feed + 1);
    }
    Chunk chunk;
    chunk.bytes = rest;
    chunk.offset = place.offset;
    for (const LineTime& line : RecordTimes(source).of(chunk)) {
      if (line.time && *line.time >= from) {
        return place;
      }
      rest.erase(0, line.end - line.begin);
      place.offset = line.end;
      ++place.line;
    }
    if (bytes.empty()) {
      return place;
    }
  }
}

Survey survey_since(const std::string& path, const FollowedFile& current, TimePoint from,
                    const SourceInfo& source) {
  struct Candidate {
    FileEntry entry;
    Beginning beginning;
  };

  std::vector<Candidate> candidates;
  std::set<std::string> plain_heads;
  for (const FileEntry& entry : files_beside(path)) {
    const bool is_current = entry.id == current.id();
    const bool is_packed = is_packed_sibling(entry.path, path);
    if (!is_current && !is_packed && !is_rotated_sibling(entry.path, path)) {
      continue;
    }
    auto beginning = beginning_of(entry.path, source);
    if (!beginning || (!beginning->time && !is_current)) {
      continue;
    }
    if (!is_packed) {
      plain_heads.insert(beginning->head);
    }
    candidates.push_back({entry, std::move(*beginning)});
  }
  std::erase_if(candidates, [&](const Candidate& candidate) {
    return is_packed_sibling(candidate.entry.path, path) &&
           plain_heads.count(candidate.beginning.head) > 0;
  });
  // The current file is the youngest, and may be empty.
  std::stable_sort(candidates.begin(), candidates.end(), [&](const auto& a, const auto& b) {
    const auto begin = [&](const Candidate& candidate) {
      return candidate.entry.id == current.id() ? TimePoint::max() : *candidate.beginning.time;
    };
    return begin(a) < begin(b);
  });
  Survey survey;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto begin = candidates[i].beginning.time;
    const auto next = i + 1 < candidates.size() ? candidates[i + 1].beginning.time : std::nullopt;
    if (next && *next <= from) {
      continue;  // what begins next is old already
    }
    auto file = FollowedFile::open(candidates[i].entry.path);
    if (!file || file->id() != candidates[i].entry.id) {
      survey.is_torn = survey.is_torn || !file || file->id() != candidates[i].entry.id;
      continue;
    }
    // The times of a file's beginning are those of some lines: the very first may be older.
    const bool is_near = begin && (survey.files.empty() || *begin < from + std::chrono::hours{1});
    const LinePlace place = is_near ? place_of(*file, from, source) : LinePlace{};
    survey.files.push_back({candidates[i].entry, std::move(*file), place.offset, place.line});
  }
  return survey;
}

}  // namespace noci
