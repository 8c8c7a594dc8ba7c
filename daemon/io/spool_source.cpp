#include "io/spool_source.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "io/file_descriptor.hpp"
#include "io/spool.hpp"

namespace noci {
namespace {

/// The part of a stream's number that tells the tails apart; each numbers its own below it.
constexpr unsigned tail_shift = 40;

SourceStats sum_of(const std::vector<Tail>& tails, std::uint64_t bytes) {
  SourceStats sum;
  sum.bytes = bytes;
  for (const Tail& tail : tails) {
    const SourceStats& stats = tail.stats();
    sum.opened += stats.opened;
    sum.rotations += stats.rotations;
    sum.truncations += stats.truncations;
    sum.lost_bytes_unknown += stats.lost_bytes_unknown;
    sum.read_errors += stats.read_errors;
  }
  return sum;
}

/// To begin at the oldest file of a name: the time says that all others are younger.
Cursor beginning_at(const std::string& source, const std::string& path,
                    const SpoolSegment& oldest) {
  return {source, path, oldest.device, oldest.inode, 0, 1, "", TimePoint(Duration(1))};
}

}  // namespace

SpoolSource::SpoolSource(SpoolSourceOptions options, std::vector<Cursor> saved)
    : options_(std::move(options)) {
  std::map<std::string, std::vector<Cursor>> by_path;
  for (Cursor& cursor : saved) {
    if (directory_of(cursor.path) == options_.folder) {
      by_path[cursor.path].push_back(std::move(cursor));
    }
  }
  for (auto& [path, cursors] : by_path) {
    follow(path, std::move(cursors));
  }
  rescan();
}

void SpoolSource::follow(const std::string& path, std::vector<Cursor> saved) {
  if (followed_.insert(path).second) {
    tails_.emplace_back(TailOptions{options_.source, options_.name, {path}, StartAt::beginning},
                        std::move(saved));
  }
}

void SpoolSource::rescan() {
  for (const SpoolSegment& segment : spool_segments(options_.folder)) {  // oldest first
    const std::string path = options_.folder + "/" + segment.name + ".log";
    follow(path, {beginning_at(options_.name, path, segment)});
  }
  faults_.clear();
  for (Tail& tail : tails_) {
    tail.rescan();
    for (const SourceFault& fault : tail.faults()) {
      // Between two files of a name there may be none.
      if (fault.problem != SourceProblem::missing) {
        faults_.push_back(fault);
      }
    }
  }
  stats_ = sum_of(tails_, stats_.bytes);
  if (std::string fault = options_.status->fault(); !fault.empty()) {
    faults_.push_back({options_.folder, SourceProblem::unreadable, std::move(fault)});
  }
}

std::optional<Chunk> SpoolSource::next(TimePoint arrival, const Wants& wants) {
  const bool was_last = options_.status->has_ended;
  if (was_last && !std::exchange(seen_end_, true)) {
    rescan();
  }
  for (std::size_t tried = 0; tried < tails_.size(); ++tried) {
    const std::size_t index = turn_++ % tails_.size();
    turn_ %= tails_.size();
    if (auto chunk = tails_[index].next(arrival, wants)) {
      chunk->stream += std::uint64_t{index} << tail_shift;
      stats_.bytes += chunk->bytes.size();
      return chunk;
    }
  }
  // A log that was not asked may have more.
  const auto is_asked = [&](const std::string& path) { return !wants || wants(path); };
  has_ended_ = was_last && std::all_of(followed_.begin(), followed_.end(), is_asked);
  return std::nullopt;
}

void SpoolSource::consumed(std::uint64_t stream, std::uint64_t offset, std::uint64_t line) {
  const std::uint64_t index = (stream >> tail_shift) & 0xffU;
  tails_.at(index).consumed(stream - (index << tail_shift), offset, line);
}

std::vector<Cursor> SpoolSource::cursors() const {
  std::vector<Cursor> cursors;
  for (const Tail& tail : tails_) {
    auto more = tail.cursors();
    std::move(more.begin(), more.end(), std::back_inserter(cursors));
  }
  for (const Cursor& cursor : cursors) {
    std::uint64_t& synced = synced_[cursor.path];
    // Counting from 0 again is another file; the writer synced the one before when it was full.
    if (cursor.offset != synced) {
      const FileDescriptor file(::open(cursor.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
      if (file.is_open() && fdatasync(file.get()) == 0) {
        synced = cursor.offset;
      }
    }
  }
  return cursors;
}

}  // namespace noci
