#pragma once
// The detector: events and times go in, alerts come out. A pure function with memory: it reads no
// clock, file or thread, so a replay of last month and the daemon of today are the same code.
// Promises: rules never influence each other; any pattern of advance() calls gives the same
// alerts; run(A+B) equals run(A), save, restore, run(B) for any cut.
// Leaves to others: which timestamps to believe (pipeline), what to do with an alert (notify),
// where the state is kept (store).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "model/alert.hpp"
#include "model/event.hpp"
#include "model/rule.hpp"
#include "model/saved_state.hpp"
#include "model/stats.hpp"

namespace noci {

/// Where a key that is not exempt stands against the limits of a rule, after an event that counted
/// for it. The limits are in the rule's order, without their words.
struct Reading {
  const Rule& rule;
  std::string_view key;  ///< as detect/key.hpp reads it
  TimePoint at;
  const std::vector<LimitState>& limits;
};

struct EngineOptions {
  HashSeed seed{};  ///< fingerprints of keys and distinct values; secret, one per store
  /// Goes into every alert_id; a replay uses the nil id.
  std::string store_id = "00000000-0000-0000-0000-000000000000";
  Duration lateness{};  ///< how much older than the newest an event may arrive and still count
  std::int64_t memory_budget = std::int64_t{512} << 20;  ///< bytes
  /// Of the rolling checkpoint: some 100 kB, so that no commit waits for one, and few are needed.
  std::size_t keys_per_segment = 256;
  /// For who measures (`noci tune`): told everything, however far from a limit. Costs a judgement
  /// of each event by each rule it touches. What it is given lasts for the call; the rule lasts
  /// until the rules change.
  std::function<void(const Reading&)> observer{};
};

/// How near one key is to the limits of one rule.
struct KeyStatus {
  std::string rule_id;
  std::string rule_title;
  std::vector<std::pair<Field, std::string>> key;
  std::vector<LimitState> limits;
  bool firing = false;
};

class Engine {
 public:
  Engine(EngineOptions options, std::shared_ptr<const RuleSet> rules);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// Counts one event (its timestamp is believed) and appends the state changes it causes.
  void apply(const Event& event, std::vector<Alert>& out);
  /// Event time has reached `watermark`: resolves and renotifies what is due. Times that do not
  /// grow change nothing.
  void advance(TimePoint watermark, std::vector<Alert>& out);
  /// Reload. Counters live on where (select with its lists, type, field, group-by) is the same;
  /// episodes of removed rules end as resolved, reason rule_removed.
  void replace_rules(std::shared_ptr<const RuleSet> rules, std::vector<Alert>& out);

  /// What a commit must keep now: what changed since the last one, and in turn some of what did
  /// not, so that earlier commits can go (checkpoint.hpp).
  [[nodiscard]] SavedState take_state();
  /// Whether the oldest state without an answer was kept. What was not is part of the next.
  void state_settled(bool kept);
  /// To a fresh engine, all blobs of all commits that were kept, in their order. On an error the
  /// engine must be thrown away.
  [[nodiscard]] Result<void> restore(std::uint64_t number, std::string_view blob);
  /// After the last blob: whether they make a state.
  [[nodiscard]] Result<void> finish_restore();

  [[nodiscard]] const EngineStats& stats() const;
  /// Every rule's view of any key one of whose values equals `key_value`.
  [[nodiscard]] std::vector<KeyStatus> why(std::string_view key_value) const;
  /// The newest time seen, also through advance; the epoch before any.
  [[nodiscard]] TimePoint now() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace noci
