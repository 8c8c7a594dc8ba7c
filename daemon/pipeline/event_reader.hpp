#pragma once
// Bytes → events: framing, unwrapping, parsing, custody of what could be forged, and joining of the
// lines of one request. Events of one log come in the order of its lines, except that ignored lines
// of a mixed text log overtake those in custody. `explain` and `report` stop here; the pipeline
// counts what comes out. A log is a (source, path): its state outlives a rotation of the file.

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/arena.hpp"
#include "base/bytes.hpp"
#include "model/record.hpp"
#include "model/stats.hpp"
#include "parse/client_encoding.hpp"
#include "parse/custody.hpp"
#include "parse/enrich.hpp"
#include "parse/frame.hpp"
#include "parse/parser.hpp"
#include "parse/processes.hpp"
#include "parse/unwrap.hpp"

namespace noci {

/// One stream of one source.
struct StreamOf {
  SourceIndex source = 0;
  std::uint64_t stream = 0;
};

class EventReader {
 public:
  /// `in_order`: ignored lines, too, wait for those in custody before them.
  explicit EventReader(std::vector<SourceInfo> sources, bool in_order = false)
      : sources_(std::move(sources)), in_order_(in_order) {}

  /// Calls `sink(Event&)` for every line of the chunk that is complete, continuation lines of
  /// multi-line records included (kind ignored, reason `continuation`); lines in custody come with
  /// a later chunk, at the latest with the end of the last stream. An event's views are valid
  /// during the call only.
  template <typename Sink>
  void feed(const Chunk& chunk, Sink&& sink) {
    Stream& stream = stream_of(chunk);
    moved_.clear();
    stream.framer.push(chunk, [&](std::string_view line, Position position, bool oversize) {
      stats_.bytes += line.size() + 1;
      stream.log->unwrapper.push(
          {line, chunk.source, position, chunk.arrival}, oversize, stream.id,
          [&](const Record& record, bool is_oversize) { read(record, stream, is_oversize, sink); });
    });
    if (chunk.end_of_stream) {
      stream.has_ended = true;
      if (no_stream_is_open()) {
        release_due(TimePoint::max(), sink);
      }
    }
    forget_ended_except(chunk.stream);
  }

  /// The lines of one log let go of what others held: the streams whose consumed() moved by the
  /// last feed, the one that was fed perhaps among them.
  [[nodiscard]] const std::vector<StreamOf>& moved() const { return moved_; }

  /// Nothing new has come from any log: what has waited since before `now` leaves custody. Gives
  /// the streams whose consumed() moved by it.
  template <typename Sink>
  [[nodiscard]] std::vector<StreamOf> release(TimePoint now, Sink&& sink) {
    std::vector<StreamOf> moved;
    for (auto& entry : logs_) {
      const SourceIndex source = entry.first.first;
      Log& log = *entry.second;
      log.custody.release_arrived(now, [&](Held& held) {
        if (moved.empty() || moved.back().stream != held.stream) {
          moved.push_back({source, held.stream});
        }
        finish(held, log, sink);
      });
    }
    return moved;
  }

  /// Offset and line of the first byte of `stream` that no event has come from.
  [[nodiscard]] Position consumed(std::uint64_t stream) const;

  [[nodiscard]] const ParseStats& stats() const { return stats_; }

  /// The same, for the pipeline, which counts what it counted.
  [[nodiscard]] ParseStats& stats() { return stats_; }

  /// Per process, how far its request counter came and how many of its numbers no line had.
  [[nodiscard]] std::vector<WorkerNumbers> numbers() const { return processes_.numbers(); }

  [[nodiscard]] CustodyStats custody_stats() const;

  /// Paths of the logs that turned out to be mixed since this was last asked.
  [[nodiscard]] std::vector<std::string> take_newly_mixed() {
    return std::exchange(newly_mixed_, {});
  }

  /// Unfinished records, parsers, counters and pending joins, as of the last event handed out;
  /// framing and custody begin anew at the committed offset.
  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

 private:
  struct Log {
    Log(SourceInfo source, bool is_named) : parser(std::move(source)), worker_is_set(is_named) {}

    Unwrapper unwrapper;
    Parser parser;
    Custody custody;
    bool worker_is_set;  ///< by the settings: what the transport calls the process is no news
    Arena arena;         ///< of the line in work
    ParsedLine line;     ///< in work, as long as nothing is held
    bool mixed = false;  ///< records of it may hold a client's line feeds
    std::uint64_t number = 0;
    std::uint32_t identity = 0;  ///< the same after a restart
    std::string path;
    std::string folder;  ///< empty where the settings name the worker
    // The log's time: that of its newest line, but for stamps far from all others.
    TimePoint time;
    TimePoint time_ahead;  ///< the least of the stamps in a row that are far ahead
    std::uint32_t lines_ahead = 0;
    // The process of the line before, which nearly always is that of the next.
    Processes::Process* process = nullptr;
    std::string homeserver;
    std::string worker;
  };

  struct Stream {
    Framer framer;
    Log* log = nullptr;
    std::uint64_t id = 0;
    bool has_ended = false;
  };

  template <typename Sink>
  void read(Record record, Stream& stream, bool oversize, Sink& sink) {
    Log& log = *stream.log;
    if (log.worker_is_set) {
      record.worker = {};
    }
    if (oversize) {
      Event event = oversize_event(record);
      sink(event);
      return;
    }
    const TimePoint past = log.parser.newest();
    if (!log.mixed && log.custody.oldest() == nullptr) {
      log.arena.clear();
      ParsedLine& line = log.line;
      log.parser.parse(record, log.arena, line);
      line.event.log = log.identity;
      if (!must_wait(line.event, log)) {
        pass_through(line, log, record, sink);
        return;
      }
    }
    hold(record, stream, past, sink);
  }

  /// A line that nothing is to be waited for.
  template <typename Sink>
  void pass_through(ParsedLine& line, Log& log, const Record& record, Sink& sink) {
    if (line.may_carry) {
      log.mixed = true;
      newly_mixed_.push_back(log.path);
    }
    if (line.is_continuation || log.mixed) {
      log.custody.pass(line, record.bytes);
    }
    note_time(line, log, record.arrival);
    if (log.time >= next_due_) {
      release_due(log.time, sink);
    }
    if (counts(line)) {
      follow(line, process_of(line, log), record.arrival);
    }
    finish(line.event, log, log.arena, sink);
  }

  /// Into custody, unless it is of no interest.
  template <typename Sink>
  void hold(Record record, Stream& stream, TimePoint past, Sink& sink) {
    Log& log = *stream.log;
    const Custody::Kept kept = log.custody.keep(record.bytes);
    record.bytes = kept.bytes;
    record.worker = kept.arena->store(record.worker);
    ParsedLine& line = *kept.line;
    log.parser.parse(record, *kept.arena, line);
    line.event.log = log.identity;
    note_time(line, log, record.arrival);
    if (must_be_held(line) || (in_order_ && !line.is_continuation)) {
      Sequence* process = process_of(line, log);
      log.custody.hold(kept.bytes, process, stream.id, record.arrival, past, log.time, !log.mixed);
      next_due_ = std::min(next_due_, *log.custody.due());
    } else {
      log.custody.pass(line, kept.bytes);
      finish(line.event, log, *kept.arena, sink);
    }
    if (log.time >= next_due_ || log.custody.is_full()) {
      release_due(log.time, sink);
    }
  }

  /// Of all logs, in the order of their time.
  template <typename Sink>
  void release_due(TimePoint time, Sink& sink) {
    while (Log* log = first_due(time)) {
      log->arena.clear();
      log->custody.release_oldest([&](Held& held) {
        if (moved_.empty() || moved_.back().stream != held.stream) {
          moved_.push_back({held.line.event.source, held.stream});
        }
        finish(held, *log, sink);
      });
    }
  }

  /// A line that leaves custody.
  template <typename Sink>
  void finish(Held& held, Log& log, Sink& sink) {
    if (held.believed && counts(held.line)) {
      follow(held.line, held.process, held.arrival);
    }
    finish(held.line.event, log, log.arena, sink);
  }

  /// Joins, counts and hands out.
  template <typename Sink>
  void finish(Event& event, const Log& log, Arena& arena, Sink& sink) {
    join(event, log, arena);
    sink(event);
  }

  Stream& stream_of(const Chunk& chunk);
  [[nodiscard]] Log& log_of(SourceIndex source, const std::string& path);
  [[nodiscard]] Event oversize_event(const Record& record);
  [[nodiscard]] Sequence* process_of(const ParsedLine& line, Log& log);
  [[nodiscard]] static bool must_be_held(const ParsedLine& line);
  void note_time(const ParsedLine& line, Log& log, TimePoint arrival);
  /// The log whose oldest line is due first, if it is due; keeps next_due_.
  [[nodiscard]] Log* first_due(TimePoint time);
  [[nodiscard]] bool must_wait(const Event& event, const Log& log) const;
  /// It tells how far its process has numbered its requests.
  [[nodiscard]] static bool counts(const ParsedLine& line);
  static void follow(ParsedLine& line, Sequence* process, TimePoint arrival);
  static void name_homeserver(Event& event, const Log& log);
  void join(Event& event, const Log& log, Arena& arena);
  [[nodiscard]] bool was_told(const Event& event);
  void count(const Event& event);
  [[nodiscard]] bool no_stream_is_open() const;
  void forget_ended_except(std::uint64_t stream);

  std::vector<SourceInfo> sources_;
  bool in_order_;
  std::map<std::uint64_t, Stream> streams_;
  std::map<std::pair<SourceIndex, std::string>, std::unique_ptr<Log>> logs_;
  TimePoint next_due_ = TimePoint::max();  ///< of all lines in custody; at the latest
  TimePoint newest_;                       ///< the time of the log that is furthest
  std::vector<StreamOf> moved_;
  Processes processes_;
  std::array<std::uint64_t, 64> told_{};  ///< fingerprints of the newest lines about logins
  std::size_t oldest_told_ = 0;
  ClientEncoding encodings_;
  Enricher enricher_;
  std::vector<std::string> newly_mixed_;
  ParseStats stats_;
};

/// `media-worker` of `/var/log/matrix-synapse/media-worker.log.2026-11-22`: what a process is
/// called that neither the settings nor its lines name.
[[nodiscard]] std::string worker_named_by(const std::string& path);

}  // namespace noci
