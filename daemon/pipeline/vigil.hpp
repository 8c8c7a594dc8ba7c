#pragma once
// Knows when noci is blind. Fed about every second with plain numbers of each source and worker, it
// says what became blind and what recovered: one episode per subject and cause, however long it
// lasts. What is usual is learnt (rhythm, loss_meter) and survives a restart together with the open
// episodes, so that nothing is said twice. It never reads a clock, a file or a thread; making
// alerts of its changes is left to vigil_alert. Only `run` has one: replay has no wall clock.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "model/health.hpp"
#include "model/settings.hpp"
#include "model/stats.hpp"
#include "pipeline/loss_meter.hpp"
#include "pipeline/panes.hpp"
#include "pipeline/rhythm.hpp"

namespace noci {

/// A source as it is seen at one look. Counts only grow, over the life of the process.
struct SourceSight : SourceCounts {
  std::uint64_t losses = 0;  ///< files that vanished or were truncated before their end was read
  bool at_end = false;       ///< its end was reached since the last look
  std::string fault;         ///< what cannot be read now, and why; empty: nothing
};

/// Request numbers of one worker: see LossMeter.
struct WorkerSight {
  std::string name;
  std::uint64_t passed = 0;
  std::uint64_t missing = 0;
};

struct Sight {
  TimePoint now;                     ///< wall clock
  std::vector<SourceSight> sources;  ///< as given to the constructor
  std::vector<WorkerSight> workers;
  std::uint64_t keys = 0;
  std::uint64_t evicted_keys = 0;  ///< only grows
};

class Vigil {
 public:
  Vigil(HealthSettings settings, std::vector<std::string> sources);

  void replace_settings(const HealthSettings& settings) { settings_ = settings; }

  /// Appends what changed, in a stable order.
  void look(const Sight& sight, std::vector<BlindChange>& out);

  [[nodiscard]] HealthReport report() const;

  void save(ByteWriter& out) const;
  /// False, and as if nothing was ever saved, when the bytes are not what save() wrote.
  [[nodiscard]] bool restore(std::string_view bytes);

 private:
  /// How a subject stands in one respect.
  struct Finding {
    bool known = false;  ///< whether anything can be said now; if not, an episode stays as it is
    bool bad = false;
    Duration lasted{};  ///< for how long, when it is bad
    double value = 0;
    double limit = 0;
    std::string detail;
  };

  struct Episode {
    std::uint64_t number = 0;  ///< how many there were, this one included
    bool open = false;
    TimePoint opened;
    TimePoint since;
    Duration good_for{};
  };

  struct DelayRange {
    Duration least;
    Duration most;
  };

  struct Source {
    std::string name;
    SourceSight last;
    bool was_at_end = false;
    Rhythm lines;
    Rhythm requests;
    std::uint64_t lines_since_request = 0;
    Panes errors;
    std::deque<DelayRange> delays;
    Duration faulty_for{};
    Duration behind_for{};
    Duration lag{};
    Duration since_loss{};  ///< watched since a file was cut short; meaningful once `cut_short`
    bool cut_short = false;
  };

  struct Worker {
    LossMeter meter;
    Duration unseen_for{};
    std::uint64_t accepted = 0;
  };

  [[nodiscard]] static BlindSubject subject_of(const Source& source);
  void look_at_source(Source& source, const SourceSight& sight, std::vector<BlindChange>& out);
  void count(Source& source, const SourceSight& sight);
  void look_at_workers(const std::vector<WorkerSight>& workers, std::vector<BlindChange>& out);
  void look_at_memory(const Sight& sight, std::vector<BlindChange>& out);
  void close_what_is_gone(std::vector<BlindChange>& out);
  void judge(const BlindSubject& subject, Cause cause, const Finding& finding,
             std::vector<BlindChange>& out);
  [[nodiscard]] bool is_open(const BlindSubject& subject, Cause cause) const;
  void close(const BlindSubject& subject, Cause cause, std::string reason,
             std::vector<BlindChange>& out);

  [[nodiscard]] Finding unreadable(const Source& source) const;
  [[nodiscard]] Finding cut_short(const Source& source) const;
  [[nodiscard]] Finding behind(const Source& source) const;
  [[nodiscard]] Finding silent(const Source& source) const;
  [[nodiscard]] Finding no_requests(const Source& source) const;
  [[nodiscard]] Finding not_understood(const Source& source) const;
  [[nodiscard]] Finding clock_skew(const Source& source) const;
  [[nodiscard]] Rhythm::Bounds bounds() const;

  HealthSettings settings_;
  std::vector<Source> sources_;
  std::map<std::string, Worker> workers_;
  std::map<std::pair<BlindSubject, Cause>, Episode> episodes_;
  Panes evictions_;
  std::uint64_t evicted_ = 0;
  TimePoint now_{};
  Duration watched_{};  ///< between the last two looks
};

}  // namespace noci
