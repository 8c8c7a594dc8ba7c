// Random histories of one log, interpreted against the real file system: whatever happens between
// two looks, each line is counted exactly once, in the order it was written. A commit keeps what
// was counted together with the cursors; a restart forgets everything since.

#include <algorithm>
#include <memory>

#include <rapidcheck/catch.h>

#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

namespace {

constexpr std::size_t most_rotated = 40;  // more than a history has rotations: nothing falls off

/// What follows the log, and what of it would survive a crash.
class Reading {
 public:
  explicit Reading(const LogFolder& folder, std::string pattern)
      : folder_(folder), pattern_(std::move(pattern)) {
    restart();
    commit();  // the log was there and seen once: what never had a cursor has no past
  }

  /// At most so many blocks; what was read is counted only at once when `counts`.
  void read(int blocks, bool counts) {
    for (int i = 0; i < blocks && read_once(counts); ++i) {
    }
  }

  void rescan() { tail_->rescan(); }

  void count_everything() {
    for (Stream& stream : streams_) {
      count(stream);
    }
    std::erase_if(streams_, [](const Stream& stream) { return stream.ended; });
  }

  void commit() {
    saved_ = tail_->cursors();
    committed_ = counted_;
  }

  void restart() {
    streams_.clear();
    counted_ = committed_;
    tail_ = std::make_unique<Tail>(tail_of(folder_, {pattern_}, StartAt::beginning, saved_));
  }

  void catch_up() {
    tail_->rescan();
    read(1000, true);
    count_everything();
  }

  [[nodiscard]] const Lines& counted() const { return counted_; }

  [[nodiscard]] const SourceStats& stats() const { return tail_->stats(); }

  [[nodiscard]] std::size_t cursor_count() const { return tail_->cursors().size(); }

 private:
  struct Stream {
    std::uint64_t id = 0;
    std::string rest;
    std::uint64_t offset = 0;
    std::uint64_t line = 1;
    Lines waiting;  ///< read, not counted
    bool ended = false;
  };

  bool read_once(bool counts) {
    const auto chunk = tail_->next(TimePoint{});
    if (!chunk) {
      return false;
    }
    Stream& stream = stream_of(*chunk);
    RC_ASSERT(stream.offset + stream.rest.size() == chunk->offset);
    stream.rest += chunk->bytes;
    for (auto feed = stream.rest.find('\n'); feed != std::string::npos;
         feed = stream.rest.find('\n')) {
      take(stream, feed, feed + 1);
    }
    stream.ended = chunk->end_of_stream;
    if (stream.ended && !stream.rest.empty()) {
      take(stream, stream.rest.size(), stream.rest.size());
    }
    if (counts) {
      count_everything();
    }
    return true;
  }

  Stream& stream_of(const Chunk& chunk) {
    const auto known = std::find_if(streams_.begin(), streams_.end(), [&](const Stream& stream) {
      return stream.id == chunk.stream;
    });
    return known != streams_.end() ? *known
                                   : streams_.emplace_back(Stream{
                                         chunk.stream, {}, chunk.offset, chunk.line, {}, false});
  }

  static void take(Stream& stream, std::size_t length, std::size_t with_feed) {
    stream.waiting.push_back(stream.rest.substr(0, length));
    stream.rest.erase(0, with_feed);
    stream.offset += with_feed;
    ++stream.line;
  }

  void count(Stream& stream) {
    counted_.insert(counted_.end(), stream.waiting.begin(), stream.waiting.end());
    stream.waiting.clear();
    tail_->consumed(stream.id, stream.offset, stream.line);
  }

  const LogFolder& folder_;
  std::string pattern_;
  std::unique_ptr<Tail> tail_;
  std::vector<Stream> streams_;  ///< in the order of their first bytes
  std::vector<Cursor> saved_;
  Lines counted_;
  Lines committed_;
};

/// The side of Synapse and of whoever rotates.
class Writing {
 public:
  explicit Writing(LogFolder& folder) : folder_(folder) { folder_.append("a.log", ""); }

  void line(std::size_t padding) {
    begin_line(padding);
    finish_line();
  }

  /// Some bytes of a line, which a later call goes on with.
  void part(std::size_t padding) {
    if (open_.empty()) {
      begin_line(padding);
      const std::size_t half = open_.size() / 2;
      folder_.append("a.log", open_.substr(0, half));
      open_.erase(0, half);
    } else {
      finish_line();
    }
  }

  /// What TimedRotatingFileHandler and RotatingFileHandler do; a line is finished first.
  void rotate(bool creates) {
    settle();
    // Minutes lie between the files: how old one is shows only to within a writer's buffering.
    folder_.set_clock(folder_.clock() + 100);
    if (!folder_.exists("a.log")) {
      return;
    }
    for (std::size_t n = std::min(rotated_, most_rotated); n > 0; --n) {
      for (const char* ending : {"", ".gz", ".zst"}) {
        if (folder_.exists("a.log." + std::to_string(n) + ending)) {
          folder_.rename("a.log." + std::to_string(n) + ending,
                         "a.log." + std::to_string(n + 1) + ending);
        }
      }
    }
    ++rotated_;
    folder_.rename("a.log", "a.log.1");
    if (creates) {
      folder_.append("a.log", "");
    }
  }

  /// Some rotated file, by gzip or zstd, which keep its time.
  void pack(std::size_t which) {
    if (rotated_ == 0) {
      return;
    }
    const std::string name = "a.log." + std::to_string(1 + which % rotated_);
    if (folder_.exists(name)) {
      folder_.pack(name, which % 2 == 0 ? ".gz" : ".zst");
    }
  }

  void remove() {
    settle();
    folder_.set_clock(folder_.clock() + 100);
    if (folder_.exists("a.log")) {
      folder_.remove("a.log");
    }
  }

  void truncate() {
    settle();
    if (folder_.exists("a.log")) {
      folder_.overwrite("a.log", "");
    }
  }

  void settle() {
    if (!open_.empty()) {
      finish_line();
    }
  }

  [[nodiscard]] const Lines& lines() const { return lines_; }

 private:
  void begin_line(std::size_t padding) {
    settle();
    const int number = static_cast<int>(lines_.size());
    open_ = record_at(folder_.clock(),
                      "line " + std::to_string(number) + " " + std::string(padding, 'x'));
    lines_.push_back(open_);
    open_ += "\n";
  }

  void finish_line() {
    folder_.append("a.log", open_);
    open_.clear();
  }

  LogFolder& folder_;
  Lines lines_;
  std::string open_;  ///< what is left to write of the last line
  std::size_t rotated_ = 0;
};

/// Number and length are enough to tell lines apart, and can be read when a property fails.
Lines in_short(const Lines& lines) {
  Lines words;
  for (const std::string& line : lines) {
    words.push_back(line.substr(line.find("line ")).substr(0, 12) + std::to_string(line.size()));
  }
  return words;
}

enum class Deed {
  write_line,
  write_long_line,
  write_part,
  rotate,
  rotate_without_create,
  pack_last,
  pack_some,
  truncate_when_read,
  delete_when_read,
  look_again,
  read_a_little,
  read_uncounted,
  count,
  commit,
  restart,
};

std::ostream& operator<<(std::ostream& out, Deed action) {
  constexpr const char* names[] = {"write_line",
                                   "write_long_line",
                                   "write_part",
                                   "rotate",
                                   "rotate_without_create",
                                   "pack_last",
                                   "pack_some",
                                   "truncate_when_read",
                                   "delete_when_read",
                                   "look_again",
                                   "read_a_little",
                                   "read_uncounted",
                                   "count",
                                   "commit",
                                   "restart"};
  return out << names[static_cast<int>(action)];
}

void act(Deed action, Writing& writing, Reading& reading) {
  switch (action) {
    case Deed::write_line:
      return writing.line(20);
    case Deed::write_long_line:
      return writing.line(300'000);  // longer than a block
    case Deed::write_part:
      return writing.part(50);
    case Deed::rotate:
      return writing.rotate(true);
    case Deed::rotate_without_create:
      return writing.rotate(false);
    case Deed::pack_last:
      return writing.pack(0);
    case Deed::pack_some:
      return writing.pack(3);
    case Deed::truncate_when_read:
      writing.settle();
      reading.catch_up();
      reading.commit();
      return writing.truncate();
    case Deed::delete_when_read:
      writing.settle();
      reading.catch_up();
      reading.commit();
      return writing.remove();
    case Deed::look_again:
      return reading.rescan();
    case Deed::read_a_little:
      return reading.read(1, true);
    case Deed::read_uncounted:
      return reading.read(2, false);
    case Deed::count:
      return reading.count_everything();
    case Deed::commit:
      return reading.commit();
    case Deed::restart:
      return reading.restart();
  }
}

rc::Gen<Deed> any_action() {
  return rc::gen::weightedElement<Deed>({{8, Deed::write_line},
                                         {1, Deed::write_long_line},
                                         {3, Deed::write_part},
                                         {4, Deed::rotate},
                                         {2, Deed::rotate_without_create},
                                         {2, Deed::pack_last},
                                         {1, Deed::pack_some},
                                         {2, Deed::truncate_when_read},
                                         {2, Deed::delete_when_read},
                                         {4, Deed::look_again},
                                         {5, Deed::read_a_little},
                                         {3, Deed::read_uncounted},
                                         {2, Deed::count},
                                         {3, Deed::commit},
                                         {3, Deed::restart}});
}

}  // namespace

TEST_CASE("each line is counted once, in order, whatever happens to the file") {
  rc::prop("random writes, rotations, truncations, deletions, commits and restarts", [] {
    const auto actions = *rc::gen::container<std::vector<Deed>>(any_action());
    const auto pattern = *rc::gen::element<std::string>("a.log", "*.log");
    LogFolder folder;
    Writing writing(folder);
    Reading reading(folder, pattern);
    for (const Deed action : actions) {
      act(action, writing, reading);
    }
    writing.settle();
    reading.catch_up();
    RC_ASSERT(in_short(reading.counted()) == in_short(writing.lines()));
  });
}

TEST_CASE("what was read to its end is forgotten, so cursors do not pile up") {
  rc::prop("random rotations without a stop", [] {
    const auto rotations = *rc::gen::inRange(0, 12);
    LogFolder folder;
    Writing writing(folder);
    Reading reading(folder, "a.log");
    for (int i = 0; i < rotations; ++i) {
      writing.line(5);
      if (*rc::gen::arbitrary<bool>()) {
        reading.catch_up();
      }
      writing.rotate(true);
    }
    writing.line(5);
    reading.catch_up();
    RC_ASSERT(reading.cursor_count() == 1u);
    RC_ASSERT(in_short(reading.counted()) == in_short(writing.lines()));
    RC_ASSERT(reading.stats().lost_bytes_unknown == 0u);
  });
}
