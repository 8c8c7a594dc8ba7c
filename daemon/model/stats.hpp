#pragma once
// What the pipeline counts about itself; app/metrics exports it. Plain numbers that only grow,
// except where a comment says otherwise.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.hpp"
#include "model/action.hpp"
#include "model/event.hpp"
#include "model/rule.hpp"

namespace noci {

/// Of one source, for noci's watch over its own sight.
struct SourceCounts {
  std::uint64_t lines = 0;    ///< of any kind
  std::uint64_t records = 0;  ///< lines that begin a record
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;         ///< records not understood
  std::optional<TimePoint> newest;  ///< request time, as claimed
  /// Arrival minus request time, over the requests since somebody last asked.
  std::optional<Duration> least_delay;
  std::optional<Duration> most_delay;
};

struct ParseStats {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t continuation_lines = 0;
  std::uint64_t oversize_lines = 0;
  std::array<std::uint64_t, kind_names.size()> by_kind{};
  std::array<std::uint64_t, action_count> by_action{};  ///< requests that were counted
  std::map<std::string_view, std::uint64_t> errors;     ///< error and forged, by reason
  std::map<std::string_view, std::uint64_t> ignored;    ///< by reason
};

/// Lines of mixed text logs that wait to be judged, and what the judging found about the logs.
struct CustodyStats {
  std::uint64_t lines = 0;             ///< now
  std::uint64_t bytes = 0;             ///< now: memory that they take
  std::uint64_t released_early = 0;    ///< for want of room
  std::uint64_t mixed_logs = 0;        ///< now: logs that clients can write into
  std::uint64_t interleaved_logs = 0;  ///< now: of several unnamed processes, ids left alone
  std::uint64_t false_restarts = 0;    ///< believed at first
};

/// What noci knows of who and from where.
struct FamiliarStats {
  std::uint64_t accounts = 0;      ///< now
  std::uint64_t places = 0;        ///< now: addresses with agents
  std::uint64_t memory_bytes = 0;  ///< now, estimated
  std::uint64_t evicted_accounts = 0;
  std::uint64_t evicted_places = 0;
};

struct EngineStats {
  std::uint64_t keys = 0;          ///< now
  std::uint64_t memory_bytes = 0;  ///< now, estimated
  std::uint64_t evicted_keys = 0;
  std::uint64_t late_events = 0;    ///< older than a window can still take
  std::uint64_t clamped_times = 0;  ///< event times too absurd to believe
  std::uint64_t missing_group_field = 0;
  std::uint64_t open_episodes = 0;                                ///< now
  std::map<std::pair<std::string, Level>, std::uint64_t> alerts;  ///< by rule id and level
};

}  // namespace noci
