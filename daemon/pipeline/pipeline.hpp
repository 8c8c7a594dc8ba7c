#pragma once
// Parse and detect joined: bytes in, alerts out. It never reads a clock, a file, a socket or a
// thread, so `replay` of last month and `run` of today are the same code and give the same alerts.
// Its state is bytes, of which each commit keeps what changed.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detect/engine.hpp"
#include "detect/familiar.hpp"
#include "model/alert.hpp"
#include "model/record.hpp"
#include "model/rule.hpp"
#include "model/stats.hpp"
#include "pipeline/event_batch.hpp"
#include "pipeline/event_clock.hpp"
#include "pipeline/event_reader.hpp"

namespace noci {

struct PipelineOptions {
  std::vector<SourceInfo> sources;
  EngineOptions engine;
  /// `run`: chunk.arrival is the wall clock, and event time may not run ahead of it.
  bool live = false;
  std::int64_t familiar_memory = FamiliarOptions{}.memory_budget;  ///< bytes
  std::shared_ptr<const Geography> geography{};                    ///< none: unknown
};

/// Of the sources' zones, and with what the engine has too.
[[nodiscard]] FamiliarOptions familiar_options(const PipelineOptions& options);

class Pipeline {
 public:
  Pipeline(PipelineOptions options, std::shared_ptr<const RuleSet> rules);

  /// Counts everything in the chunk and appends the state changes it causes, in order. Gives the
  /// event time of its last counted record as it was claimed, unset when there was none.
  TimePoint feed(const Chunk& chunk, std::vector<Alert>& out);
  /// feed() in two halves, which two threads may run side by side: the events of a chunk, and
  /// counting them. A pipeline is used either by feed() or by these two; nothing else may run
  /// meanwhile.
  void read(const Chunk& chunk, EventBatch& batch);
  void count(EventBatch& batch, std::vector<Alert>& out);
  /// Called about every second of `run`: lines held back to be judged (custody.hpp) that no later
  /// line of their log has released leave by the wall clock. Gives the streams whose consumed()
  /// moved.
  [[nodiscard]] std::vector<StreamOf> release(TimePoint now, std::vector<Alert>& out);
  /// No line has come for a while: event time is at least `time`, so what is due can close.
  void idle_until(TimePoint time, std::vector<Alert>& out);
  /// While set, asked before an event counts; what it does not admit is left out.
  using Admit = std::function<bool(const Event&)>;

  void admit_by(Admit admit) { admit_ = std::move(admit); }

  void replace_rules(std::shared_ptr<const RuleSet> rules, std::vector<Alert>& out);

  void replace_geography(std::shared_ptr<const Geography> geography) {
    familiar_.use_geography(std::move(geography));
  }

  /// Streams whose consumed() the last feed moved, beside the one that was fed.
  [[nodiscard]] const std::vector<StreamOf>& moved() const { return reader_.moved(); }

  [[nodiscard]] Position consumed(std::uint64_t stream) const { return reader_.consumed(stream); }

  /// The newest event time that was believed.
  [[nodiscard]] std::optional<TimePoint> newest() const { return clock_.newest(); }

  /// What a commit must keep now.
  [[nodiscard]] SavedState take_state();

  /// Whether the oldest state without an answer was kept. What was not is part of the next.
  void state_settled(bool kept) {
    engine_.state_settled(kept);
    familiar_.state_settled(kept);
  }

  /// To a fresh pipeline, all blobs of all commits that were kept, in their order; then
  /// finish_restore. On an error the pipeline must be thrown away.
  [[nodiscard]] Result<void> restore(std::uint64_t number, std::string_view blob);

  [[nodiscard]] Result<void> finish_restore();

  /// To be called once after the last restore: says what the restart itself changed, such as
  /// episodes of rules that are gone.
  void resume(std::vector<Alert>& out) { engine_.advance(engine_.now(), out); }

  [[nodiscard]] const ParseStats& parse_stats() const { return reader_.stats(); }

  [[nodiscard]] CustodyStats custody_stats() const { return reader_.custody_stats(); }

  /// Logs that turned out to be mixed text, each told once.
  [[nodiscard]] std::vector<std::string> take_newly_mixed() { return reader_.take_newly_mixed(); }

  /// Per Synapse process, how complete its log is.
  [[nodiscard]] std::vector<WorkerNumbers> numbers() const { return reader_.numbers(); }

  /// By source. The delays begin anew with each call.
  [[nodiscard]] std::vector<SourceCounts> take_source_counts();

  [[nodiscard]] const EngineStats& engine_stats() const { return engine_.stats(); }

  [[nodiscard]] FamiliarStats familiar_stats() const { return familiar_.stats(); }

  [[nodiscard]] std::uint64_t clamped_times() const { return clock_.clamped(); }

  [[nodiscard]] std::vector<KeyStatus> why(std::string_view key) const { return engine_.why(key); }

 private:
  bool take(Event& event, TimePoint arrival, std::vector<Alert>& out);
  void note(const Event& event, TimePoint arrival);
  void count(Event& event, TimePoint arrival, std::vector<Alert>& out);

  Admit admit_;
  bool live_;
  Duration lateness_;
  std::vector<SourceCounts> source_counts_;
  Familiar familiar_;
  EventReader reader_;
  EventClock clock_;
  Engine engine_;
};

/// What the engine sees: requests, and the other lines that say something about an account.
[[nodiscard]] bool is_counted(Kind kind);

}  // namespace noci
