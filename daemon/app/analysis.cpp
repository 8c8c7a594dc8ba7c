#include "app/analysis.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "pipeline/vigil_alert.hpp"

namespace noci {
namespace {

using boost::asio::use_awaitable;

/// How often the directories are looked at again, whatever inotify says: it misses network file
/// systems, and a permission that was granted makes no event in a directory.
constexpr Duration look_interval = std::chrono::seconds{1};
/// A source that is silent for this long lets the wall clock close what is due.
constexpr Duration idle_after = std::chrono::seconds{30};
/// An alert about something this long ago was raised while catching up.
constexpr Duration late_after = std::chrono::minutes{5};
/// A log is behind from here on, which it never is in a second of ordinary writing.
constexpr std::uint64_t behind_from = std::uint64_t{8} << 20;
constexpr std::uint64_t caught_up_below = std::uint64_t{1} << 20;
constexpr Duration progress_interval = std::chrono::seconds{10};
/// Between two of these the thread hears what it is told. Runs of several logs may be a line each.
constexpr std::size_t step = 256 * 1024;
/// After the database refused a state: all that changed meanwhile is put together anew, which is
/// not to be done each second for hours.
constexpr Duration shortest_refusal_wait = std::chrono::seconds{1};
constexpr Duration longest_refusal_wait = std::chrono::minutes{1};

/// Commits take at most about this share of the time, however many keys change: so that a busy
/// server's commits come less often, and each holds a key once.
constexpr int commit_share = 50;  // 1/50
constexpr Duration longest_pause = std::chrono::minutes{1};

/// After a crash while reading, longer than any line is held back.
constexpr Duration careful_for = std::chrono::minutes{1};

/// Longer than any line is held back to be judged: after the end of the input none will come.
constexpr Duration end_of_patience = std::chrono::minutes{1};

}  // namespace

Analysis::Analysis(boost::asio::any_io_executor executor, AnalysisParts parts,
                   EffectChannel& effects, std::shared_ptr<spdlog::logger> log)
    : parts_(std::move(parts)),
      effects_(effects),
      log_(log),
      faults_(std::move(log)),
      watch_(std::move(executor)),
      at_end_(parts_.sources.size()),
      side_by_side_(parts_.source_infos),
      last_commit_(Steady::now()),
      last_data_(last_commit_) {}

boost::asio::awaitable<void> Analysis::run() {
  parts_.guard.watch_crashes();
  if (parts_.guard.is_careful()) {
    log_->error("event=died_while_reading crashes={} next=reading_line_by_line",
                parts_.guard.crashes());
    parts_.pipeline.admit_by([this](const Event& event) {
      const bool admitted = parts_.guard.admits(event);
      if (!admitted) {
        note_skipped("source=" + log_value(parts_.sources.at(event.source).name) +
                     " offset=" + std::to_string(event.position.offset) +
                     " request=" + log_value(std::string(event.request_id)));
      }
      return admitted;
    });
  }
  parts_.pipeline.resume(alerts_);
  while (!stopping_) {
    if (Steady::now() - last_look_ >= look_interval) {
      look_around(parts_.wall_clock());
    }
    const bool progressed = read_some();
    if (!alerts_.empty() || commit_is_due()) {
      co_await commit();
    }
    if (progressed) {
      // Lets posted messages in between two blocks.
      co_await boost::asio::post(co_await boost::asio::this_coro::executor, use_awaitable);
    } else if (has_ended()) {
      release(parts_.wall_clock() + end_of_patience);
      log_->info("event=input_ended");
      stopping_ = true;
    } else if (!stopping_ && co_await watch_.wait(look_interval) == WakeUp::names) {
      look_around(parts_.wall_clock());
    }
  }
  changed_ = true;  // how long each log has been silent is worth keeping even when nothing was read
  co_await commit();
  // Where there is room, without waiting: whoever takes the Stop may have ended before it could
  // tell (from Boost 1.83 on the answer comes by way of the other thread).
  if (!effects_.try_send(boost::system::error_code{}, Effect(Stop{}))) {
    co_await effects_.async_send({}, Stop{}, use_awaitable);
  }
}

void Analysis::stop() {
  stopping_ = true;
  watch_.wake();
}

void Analysis::replace_rules(std::shared_ptr<const RuleSet> rules) {
  parts_.rules = rules->rules.size();
  parts_.pipeline.replace_rules(std::move(rules), alerts_);
  changed_ = needs_state_ = true;
  watch_.wake();
}

void Analysis::replace_geography(std::shared_ptr<const GeoDatabase> geography) {
  failed_lookups_ += parts_.geography ? parts_.geography->failed_lookups() : 0;
  parts_.geography = std::move(geography);
  parts_.pipeline.replace_geography(parts_.geography);
}

void Analysis::replace_health(const HealthSettings& settings) {
  parts_.vigil.replace_settings(settings);
  parts_.tell_blindness = settings.alerts;
}

void Analysis::settled(const std::optional<std::vector<Cursor>>& cursors) {
  --unsettled_;
  const auto took = std::chrono::ceil<Duration>(Steady::now() - last_commit_);
  pause_ = std::min(took * commit_share, longest_pause);
  parts_.pipeline.state_settled(cursors.has_value());
  if (!cursors) {
    refusal_wait_ = std::clamp(refusal_wait_ * 2, shortest_refusal_wait, longest_refusal_wait);
    no_state_until_ = Steady::now() + refusal_wait_;
    changed_ = true;
    return;
  }
  refusal_wait_ = Duration::zero();
  if (parts_.guard.is_careful() && Steady::now() - careful_since_ >= careful_for) {
    parts_.guard.relax();
    parts_.pipeline.admit_by({});
    log_->info("event=reading_as_usual");
  }
  for (auto& [name, source] : parts_.sources) {
    std::vector<Cursor> own;
    std::copy_if(cursors->begin(), cursors->end(), std::back_inserter(own),
                 [&name = name](const Cursor& cursor) { return cursor.source == name; });
    source->committed(own);
  }
}

bool Analysis::read_some() {
  const TimePoint now = parts_.wall_clock();
  std::size_t bytes = 0;
  bool progressed = false;
  bool is_dry = true;  // some log may have more than what waits of it
  while (bytes < step && alerts_.empty()) {
    if (is_dry) {
      fill(now);
    }
    const auto run = side_by_side_.next();
    if (!run) {
      break;
    }
    progressed = true;
    is_dry = side_by_side_.wants(run->path);
    bytes += run->bytes.size();
    count(*run, now);
  }
  release(now);
  if (!progressed && Steady::now() - last_data_ >= idle_after) {
    parts_.pipeline.idle_until(now - idle_after - parts_.lateness, alerts_);
  }
  return progressed;
}

/// Every log that has something is given a say in what goes next.
void Analysis::fill(TimePoint now) {
  bool refused = false;
  const auto wants = [&](std::string_view path) {
    const bool wanted = side_by_side_.wants(path);
    refused = refused || !wanted;
    return wanted;
  };
  for (std::size_t i = 0; i < parts_.sources.size(); ++i) {
    for (;;) {
      refused = false;
      const auto chunk = parts_.sources[i].source->next(now, wants);
      if (!chunk) {
        break;
      }
      side_by_side_.add(*chunk);
    }
    at_end_[i] = at_end_[i] || !refused;
  }
}

void Analysis::count(const Chunk& run, TimePoint now) {
  parts_.guard.enter();
  if (parts_.guard.is_careful()) {
    feed_line_by_line(run);
  } else {
    feed(run);
  }
  parts_.guard.leave();
  last_data_ = Steady::now();
  if (const auto newest = parts_.pipeline.newest()) {
    lag_ = now - *newest;
  }
  for (Alert& alert : alerts_) {
    alert.late = now - alert.timestamp > late_after;
  }
}

void Analysis::feed(const Chunk& run) {
  parts_.pipeline.feed(run, alerts_);
  note_consumed({run.source, run.stream});
  for (const StreamOf& moved : parts_.pipeline.moved()) {
    note_consumed(moved);
  }
}

void Analysis::feed_line_by_line(const Chunk& run) {
  Chunk piece = run;
  std::string blank;
  std::size_t begin = 0;
  do {
    const std::size_t line_feed = run.bytes.find('\n', begin);
    const std::size_t end = line_feed == std::string_view::npos ? run.bytes.size() : line_feed + 1;
    piece.bytes = run.bytes.substr(begin, end - begin);
    piece.offset = run.offset + begin;
    piece.end_of_stream = run.end_of_stream && end == run.bytes.size();
    if (!parts_.guard.admits(piece.bytes, piece.offset)) {
      note_skipped("path=" + log_value(std::string(run.path)) + " offset=" +
                   std::to_string(piece.offset) + " bytes=" + std::to_string(piece.bytes.size()));
      // Of the same length, so that every later offset stays true.
      blank.assign(piece.bytes.size(), '?');
      blank.back() = piece.bytes.back();
      piece.bytes = blank;
    }
    feed(piece);
    begin = end;
    ++piece.line;
  } while (begin < run.bytes.size());
}

void Analysis::note_skipped(const std::string& where) {
  ++skipped_records_;
  log_->critical("event=record_skipped {} why=\"noci died three times when it came to it\"", where);
}

void Analysis::release(TimePoint now) {
  parts_.guard.enter();
  for (const StreamOf& moved : parts_.pipeline.release(now, alerts_)) {
    note_consumed(moved);
  }
  parts_.guard.leave();
}

void Analysis::note_consumed(const StreamOf& moved) {
  const Position consumed = parts_.pipeline.consumed(moved.stream);
  parts_.sources[moved.source].source->consumed(moved.stream, consumed.offset, consumed.line);
  changed_ = true;
}

bool Analysis::has_ended() const {
  return std::all_of(parts_.sources.begin(), parts_.sources.end(),
                     [](const FollowedSource& followed) { return followed.source->has_ended(); });
}

/// One at a time, so that a database that is slow gets what it can take.
bool Analysis::commit_is_due() const {
  const auto now = Steady::now();
  return changed_ && unsettled_ == 0 && now >= no_state_until_ &&
         (needs_state_ || now - last_commit_ >= std::max(parts_.commit_interval, pause_));
}

boost::asio::awaitable<void> Analysis::commit() {
  if (!changed_ && alerts_.empty()) {
    co_return;
  }
  Commit commit;
  commit.alerts = std::move(alerts_);
  alerts_.clear();
  if (stopping_ || commit_is_due() || (needs_state_ && Steady::now() >= no_state_until_)) {
    add_state(commit);
  }
  co_await effects_.async_send({}, Effect(std::move(commit)), use_awaitable);
}

void Analysis::add_state(Commit& commit) {
  for (const auto& [name, source] : parts_.sources) {
    auto cursors = source->cursors();
    std::move(cursors.begin(), cursors.end(), std::back_inserter(commit.cursors));
  }
  last_commit_ = Steady::now();
  commit.state = parts_.pipeline.take_state();
  ByteWriter vigil;
  parts_.vigil.save(vigil);
  commit.vigil = vigil.take();
  ++unsettled_;
  changed_ = false;
  needs_state_ = false;
}

void Analysis::look_around(TimePoint now) {
  last_look_ = Steady::now();
  release(now);
  std::vector<std::string> directories;
  std::vector<int> descriptors;
  for (auto& [name, source] : parts_.sources) {
    source->rescan();
    if (source->wake_descriptor() >= 0) {
      descriptors.push_back(source->wake_descriptor());
    }
    auto more = source->directories();
    std::move(more.begin(), more.end(), std::back_inserter(directories));
    for (const SourceFault& fault : source->faults()) {
      faults_.warn(fault.what,
                   "event=source_fault source=" + log_value(name) + " why=" + log_value(fault.what),
                   now);
    }
  }
  tell_progress();
  watch_.set_directories(directories);
  watch_.set_descriptors(descriptors);
  for (const std::string& path : parts_.pipeline.take_newly_mixed()) {
    log_->warn("event=mixed_text_log path={} why={}", log_value(path),
               log_value("clients can write lines of their own into it; they are judged, two "
                         "seconds late, and not every forgery can be found: let Synapse log JSON"));
  }
  if (const auto notice = watch_.take_notice()) {
    log_->warn("event=polling why={}", log_value(*notice));
  }
  keep_vigil(now);
  parts_.publish(status(now));
}

/// Of a back-fill, or of what was written during a stop.
void Analysis::tell_progress() {
  std::uint64_t behind = 0;
  for (const auto& [name, source] : parts_.sources) {
    behind += source->backlog();
  }
  const auto newest = parts_.pipeline.newest();
  const std::string reached = newest ? format_rfc3339(*newest) : "nothing";
  if (is_behind_ && behind < caught_up_below) {
    is_behind_ = false;
    log_->info("event=caught_up reached={}", reached);
  } else if (behind >= behind_from &&
             (!is_behind_ || Steady::now() - last_progress_ >= progress_interval)) {
    is_behind_ = true;
    last_progress_ = Steady::now();
    log_->info("event=catching_up behind_bytes={} reached={}", behind, reached);
  }
}

void Analysis::keep_vigil(TimePoint now) {
  const std::vector<SourceCounts> counts = parts_.pipeline.take_source_counts();
  const EngineStats& engine = parts_.pipeline.engine_stats();
  Sight sight{now, {}, {}, engine.keys, engine.evicted_keys};
  for (std::size_t i = 0; i < parts_.sources.size(); ++i) {
    const FollowedSource& followed = parts_.sources[i];
    SourceSight source;
    static_cast<SourceCounts&>(source) = counts[i];
    source.losses = followed.source->stats().lost_bytes_unknown;
    source.at_end = at_end_[i];
    at_end_[i] = false;
    if (!followed.source->faults().empty()) {
      source.fault = followed.source->faults().front().what;
    }
    sight.sources.push_back(std::move(source));
  }
  for (WorkerNumbers& numbers : parts_.pipeline.numbers()) {
    sight.workers.push_back(
        {worker_name(numbers.homeserver, numbers.worker), numbers.passed, numbers.missing});
  }
  std::vector<BlindChange> changes;
  parts_.vigil.look(sight, changes);
  for (const BlindChange& change : changes) {
    changed_ = true;
    Alert alert = alert_of(change, parts_.store_id);
    if (parts_.tell_blindness) {
      needs_state_ = true;
      alerts_.push_back(std::move(alert));
    } else {
      log_->warn("event={} cause={} what={}", change.blind ? "blind" : "recovered",
                 name_of(change.cause), log_value(alert.summary));
    }
  }
}

}  // namespace noci
