#pragma once
// The analysis thread: sources → pipeline → effects. Sources are pulled, so the files themselves
// are the only input queue; a full effect channel stops reading and nothing is dropped. An alert
// commits at once, alone; the state every `commit_interval` of activity and at the end. After a
// crash in between the log is read again from the older state: the alert is raised again under its
// old id, which the outbox knows.

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "app/effect_channel.hpp"
#include "app/log.hpp"
#include "app/poison_guard.hpp"
#include "app/status.hpp"
#include "io/geo_database.hpp"
#include "io/side_by_side.hpp"
#include "io/source.hpp"
#include "io/watch.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/vigil.hpp"

namespace noci {

struct FollowedSource {
  std::string name;
  std::unique_ptr<Source> source;
};

struct AnalysisParts {
  Pipeline pipeline;
  std::vector<SourceInfo> source_infos;  ///< how the lines of each source are read
  Vigil vigil;
  bool tell_blindness = true;  ///< system.blind and system.recovered, besides metrics and status
  std::string store_id;
  std::vector<FollowedSource> sources;
  Duration commit_interval{};
  Duration lateness{};
  PoisonGuard guard;
  std::uint64_t rules = 0;  ///< how many are in force
  std::shared_ptr<const GeoDatabase> geography;
  std::function<TimePoint()> wall_clock;
  std::function<void(AnalysisStatus)> publish;  ///< about every second
};

class Analysis {
 public:
  Analysis(boost::asio::any_io_executor executor, AnalysisParts parts, EffectChannel& effects,
           std::shared_ptr<spdlog::logger> log);

  /// Runs until stop(), or until no source will ever have more, then commits and sends Stop.
  boost::asio::awaitable<void> run();

  // The following are called on the analysis thread (posted).
  void stop();
  void replace_rules(std::shared_ptr<const RuleSet> rules);
  void replace_geography(std::shared_ptr<const GeoDatabase> geography);
  void replace_health(const HealthSettings& settings);
  /// The oldest commit without an answer is on the disk with these cursors, or, when there are
  /// none, could not be written.
  void settled(const std::optional<std::vector<Cursor>>& cursors);

  [[nodiscard]] std::vector<KeyStatus> why(const std::string& key) const {
    return parts_.pipeline.why(key);
  }

 private:
  /// Reads and counts about a block, of whichever logs have the oldest lines; false when nothing is
  /// new.
  bool read_some();
  void fill(TimePoint now);
  void count(const Chunk& run, TimePoint now);
  void feed(const Chunk& run);
  /// After a crash while reading: so that the record that did it can be told and passed over.
  void feed_line_by_line(const Chunk& run);
  void note_skipped(const std::string& where);
  void note_consumed(const StreamOf& moved);
  /// Lets go of lines held to be judged, in logs that have fallen silent.
  void release(TimePoint now);
  boost::asio::awaitable<void> commit();
  [[nodiscard]] bool has_ended() const;
  [[nodiscard]] bool commit_is_due() const;
  void add_state(Commit& commit);
  void look_around(TimePoint now);
  void tell_progress();
  /// What noci sees and does not see is judged, and said.
  void keep_vigil(TimePoint now);
  [[nodiscard]] AnalysisStatus status(TimePoint now) const;

  AnalysisParts parts_;
  EffectChannel& effects_;
  std::shared_ptr<spdlog::logger> log_;
  RepeatedFaults faults_;
  Watch watch_;
  std::vector<bool> at_end_;  ///< by source: its end was reached since the last look
  std::vector<Alert> alerts_;
  SideBySide side_by_side_;
  bool changed_ = true;  ///< something to commit
  /// The state is to be committed now: it holds where reading began, or there is an alert that
  /// reading the log again would not raise again.
  bool needs_state_ = true;
  bool stopping_ = false;
  bool is_behind_ = false;
  std::uint64_t skipped_records_ = 0;
  // How long ago is measured by a clock that nobody sets.
  using Steady = std::chrono::steady_clock;
  Steady::time_point last_progress_{};
  std::size_t unsettled_ = 0;  ///< commits without an answer
  Duration refusal_wait_{};    ///< how long no state is offered after one was refused
  Duration pause_{};           ///< after a commit, by what it took
  /// The database refused: what must be said is offered alone.
  Steady::time_point no_state_until_{};
  Steady::time_point last_commit_;
  Steady::time_point last_look_{};
  Steady::time_point careful_since_ = Steady::now();
  Steady::time_point last_data_;
  std::optional<Duration> lag_;
  std::uint64_t failed_lookups_ = 0;  ///< of databases that were replaced
};

}  // namespace noci
