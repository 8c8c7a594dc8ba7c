#pragma once
// One continuous breach of one rule by one key: idle -> firing -> escalated… -> resolved, with an
// update now and then while it lasts. A state machine over readings ("this is how the key stands
// at that time"); it is read at every event of the key and, while open, at fixed times of event
// time, so that its changes depend on what happened and never on when somebody looked.

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "model/alert.hpp"
#include "model/rule.hpp"

namespace noci::detect {

/// How a key stands against a rule at one time.
struct Reading {
  TimePoint at;
  bool breached = false;
  double ratio = 0;       ///< the largest value / limit in force
  bool by_event = false;  ///< time alone opens and escalates nothing
};

class Episode {
 public:
  /// What must be said now, if anything. At most one thing per reading.
  std::optional<AlertStatus> read(const Reading& reading, const AlertSettings& settings,
                                  Level base_level);

  [[nodiscard]] bool is_open() const { return open_; }

  [[nodiscard]] Level level() const { return level_; }

  /// Counts what was said of this episode: 1 for the first.
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }

  /// Which episode of its key and rule this is, from 1; set by who opens it.
  [[nodiscard]] std::uint64_t number() const { return number_; }

  void set_number(std::uint64_t number) { number_ = number; }

  /// Ends it from outside (its rule was removed); that is said too.
  void end_now(TimePoint at);
  /// When it must be read again at the latest. Until `steady_until` nothing changes by itself;
  /// `decays` tells that without events a breach can only end, not begin again.
  [[nodiscard]] TimePoint next_reading(TimePoint now, TimePoint steady_until,
                                       const AlertSettings& settings, bool decays) const;

  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);

 private:
  bool raise(double ratio, const AlertSettings& settings);
  AlertStatus say(AlertStatus status, TimePoint at);

  bool open_ = false;
  Level level_ = Level::informational;
  double step_ = 0;  ///< the highest `at` that was reached
  std::uint64_t number_ = 0;
  std::uint64_t sequence_ = 0;
  TimePoint last_said_;
  std::optional<TimePoint> below_since_;
};

}  // namespace noci::detect
