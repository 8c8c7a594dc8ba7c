#include "pipeline/event_reader.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/hash.hpp"
#include "parse/forgery.hpp"

namespace noci {

std::string worker_named_by(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  return path == "-" ? "" : file.substr(0, file.find('.'));
}

EventReader::Stream& EventReader::stream_of(const Chunk& chunk) {
  Stream& stream = streams_[chunk.stream];
  if (stream.log == nullptr) {
    stream.log = &log_of(chunk.source, std::string(chunk.path));
    stream.id = chunk.stream;
  }
  return stream;
}

EventReader::Log& EventReader::log_of(SourceIndex source, const std::string& path) {
  source = sources_.at(source).continues.value_or(source);
  auto& log = logs_[{source, path}];
  if (!log) {
    SourceInfo info = sources_.at(source);
    const bool is_named = !info.worker.empty();
    if (!is_named) {
      info.worker = worker_named_by(path);
    }
    log = std::make_unique<Log>(std::move(info), is_named);
    log->number = logs_.size();
    log->identity = static_cast<std::uint32_t>(
        siphash(sources_.at(source).name + '\n' + path, HashSeed{}) >> 32U);
    log->path = path;
    if (!is_named) {
      log->folder = path.substr(0, path.rfind('/') + 1);
    }
  }
  return *log;
}

Event EventReader::oversize_event(const Record& record) {
  ++stats_.oversize_lines;
  Event event;
  event.kind = Kind::error;
  event.reason = "oversize";
  event.timestamp = record.written.value_or(record.arrival);
  event.source = record.source;
  event.position = record.position;
  count(event);
  return event;
}

Sequence* EventReader::process_of(const ParsedLine& line, Log& log) {
  const Event& event = line.event;
  if (log.process == nullptr || log.worker != event.log_worker ||
      log.homeserver != event.homeserver) {
    const std::string_view place = line.naming == 0 ? std::string_view(log.folder) : "";
    // In a mixed log a client may say what the homeserver is called.
    const bool by_file =
        line.naming == 0 && !log.worker_is_set && (event.homeserver.empty() || !log.mixed);
    log.process = processes_.find({event.homeserver, place, event.log_worker, by_file}, log.number);
    log.worker = event.log_worker;
    log.homeserver = event.homeserver;
  }
  return log.process == nullptr ? nullptr : &log.process->sequence;
}

bool EventReader::must_be_held(const ParsedLine& line) {
  switch (line.event.kind) {
    case Kind::ignored:
      return line.is_access;
    case Kind::error:
      return false;
    default:
      return true;
  }
}

/// Stamps ahead of the wall clock, or far from all others, are nobody's, and must not hurry lines
/// out of custody. What another log has reached is not far: a process that has been silent goes on
/// in the time of all, else its lines would be due before they came.
void EventReader::note_time(const ParsedLine& line, Log& log, TimePoint arrival) {
  constexpr Duration usual_step = std::chrono::minutes{1};
  constexpr std::uint32_t believed_after = 50;
  if (line.event.kind == Kind::error || line.is_continuation) {
    return;
  }
  const TimePoint stamp = line.event.timestamp;
  const TimePoint time = arrival == TimePoint{} ? stamp : std::min(stamp, arrival);
  if (log.time == TimePoint{} || time - std::max(log.time, newest_) <= usual_step) {
    log.time = std::max(log.time, time);
    newest_ = std::max(newest_, log.time);
    log.lines_ahead = 0;
    return;
  }
  log.time_ahead = log.lines_ahead == 0 ? time : std::min(log.time_ahead, time);
  if (++log.lines_ahead >= believed_after) {
    log.time = log.time_ahead;
    newest_ = std::max(newest_, log.time);
    log.lines_ahead = 0;
  }
}

EventReader::Log* EventReader::first_due(TimePoint time) {
  Log* first = nullptr;
  next_due_ = TimePoint::max();
  for (const auto& [place, log] : logs_) {
    const auto due = log->custody.due();
    if (log->custody.is_full()) {
      return log.get();
    }
    if (due && *due < next_due_) {
      next_due_ = *due;
      first = log.get();
    }
  }
  return next_due_ <= time ? first : nullptr;
}

/// With several logs, the one that says who logged in may be read a moment later.
bool EventReader::must_wait(const Event& event, const Log& log) const {
  if (!is_nameless_login(event) || logs_.size() < 2) {
    return false;
  }
  Event named = event;
  name_homeserver(named, log);
  return enricher_.lacks_account(named);
}

bool EventReader::counts(const ParsedLine& line) {
  return line.event.kind == Kind::restart || (line.is_access && line.id);
}

/// Of a log that only Synapse writes: the counter is followed and copies are set aside.
void EventReader::follow(ParsedLine& line, Sequence* process, TimePoint arrival) {
  Event& event = line.event;
  if (process == nullptr) {
    return;
  }
  if (event.kind == Kind::restart) {
    process->restart(event.timestamp);
  } else if (process->follow({line.id, true, event.timestamp, arrival, fingerprint_of(event)}) ==
             Fit::copy) {
    set_aside_copy(event);
  }
}

/// Lines about logins have no number of their own to know a second handler's copy by.
bool EventReader::was_told(const Event& event) {
  const std::hash<std::string_view> hash;
  std::uint64_t fingerprint =
      static_cast<std::uint64_t>(event.timestamp.time_since_epoch().count());
  for (const std::string_view text : {event.homeserver, event.log_worker, event.request_id,
                                      event.user_id, event.target_user_id, name_of(event.kind)}) {
    fingerprint = fingerprint * 31 + hash(text);
  }
  if (std::find(told_.begin(), told_.end(), fingerprint) != told_.end()) {
    return true;
  }
  told_[oldest_told_] = fingerprint;
  oldest_told_ = (oldest_told_ + 1) % told_.size();
  return false;
}

/// What the JSON log of the same process has told goes for its text log, too.
void EventReader::name_homeserver(Event& event, const Log& log) {
  if (event.homeserver.empty() && log.process != nullptr) {
    event.homeserver = log.process->homeserver;
  }
}

void EventReader::join(Event& event, const Log& log, Arena& arena) {
  name_homeserver(event, log);
  if ((event.kind == Kind::login || event.kind == Kind::login_failed) && was_told(event)) {
    set_aside_copy(event);
  }
  event.log_source = sources_.at(event.source).name;  // one parser may read several files
  encodings_.apply(event);
  enricher_.apply(event, arena);
  count(event);
}

void EventReader::count(const Event& event) {
  if (event.kind == Kind::ignored && event.reason == "continuation") {
    ++stats_.continuation_lines;
    return;
  }
  ++stats_.records;
  ++stats_.by_kind[static_cast<std::size_t>(event.kind)];
  if (!event.reason.empty()) {
    ++(event.kind == Kind::ignored ? stats_.ignored : stats_.errors)[event.reason];
  }
}

CustodyStats EventReader::custody_stats() const {
  CustodyStats stats;
  for (const auto& [place, log] : logs_) {
    stats.lines += log->custody.size();
    stats.bytes += log->custody.bytes();
    stats.released_early += log->custody.released_early();
    stats.mixed_logs += log->mixed ? 1 : 0;
    stats.interleaved_logs += log->custody.is_interleaved() ? 1 : 0;
  }
  stats.false_restarts = processes_.false_restarts();
  return stats;
}

Position EventReader::consumed(std::uint64_t stream) const {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) {
    return {};
  }
  const auto held = found->second.log->custody.oldest_of(stream);
  return held ? *held : found->second.framer.consumed();
}

bool EventReader::no_stream_is_open() const {
  return std::all_of(streams_.begin(), streams_.end(),
                     [](const auto& stream) { return stream.second.has_ended; });
}

/// The position of the one that was fed is asked for once more.
void EventReader::forget_ended_except(std::uint64_t stream) {
  for (auto ended = streams_.begin(); ended != streams_.end();) {
    const bool is_over = ended->second.has_ended && ended->first != stream &&
                         !ended->second.log->custody.oldest_of(ended->first);
    ended = is_over ? streams_.erase(ended) : std::next(ended);
  }
}

void EventReader::save(ByteWriter& out) const {
  out.number(logs_.size());
  for (const auto& [place, log] : logs_) {
    out.text(sources_.at(place.first).name);
    out.text(place.second);
    ByteWriter state;
    const Held* oldest = log->custody.oldest();
    log->parser.save(state, oldest != nullptr ? oldest->past : log->parser.newest());
    log->custody.save(state);
    state.number(log->mixed ? 1 : 0);
    log->unwrapper.save(state,
                        [&custody = log->custody](std::uint64_t stream, std::uint64_t offset) {
                          const auto held = custody.oldest_of(stream);
                          return held && offset >= held->offset;
                        });
    out.text(state.bytes());
  }
  processes_.save(out);
  for (const std::uint64_t fingerprint : told_) {
    out.fixed64(fingerprint);
  }
  out.number(oldest_told_);
  enricher_.save(out);
  encodings_.save(out);
}

void EventReader::restore(ByteReader& in) {
  for (auto left = in.count(); left > 0; --left) {
    const std::string_view name = in.text();
    const std::string path(in.text());
    ByteReader state(in.text());
    const auto source = std::find_if(sources_.begin(), sources_.end(),
                                     [&](const SourceInfo& info) { return info.name == name; });
    if (source != sources_.end()) {
      Log& log = log_of(static_cast<SourceIndex>(source - sources_.begin()), path);
      log.parser.restore(state);
      log.custody.restore(state);
      log.mixed = state.number() != 0;
      log.unwrapper.restore(state);
    }
  }
  processes_.restore(in);
  for (std::uint64_t& fingerprint : told_) {
    fingerprint = in.fixed64();
  }
  oldest_told_ = in.number() % told_.size();
  enricher_.restore(in);
  encodings_.restore(in);
}

}  // namespace noci
