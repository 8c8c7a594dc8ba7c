#pragma once
// What noci knows about its own sight, as values: what it is blind to and why, and the numbers that
// this is judged by. pipeline/vigil makes them; alerts, metrics and status tell them.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace noci {

enum class Cause : std::uint8_t {
  unreadable,      ///< a path is missing or may not be read
  silent,          ///< a source that used to speak says nothing
  no_requests,     ///< it speaks, but its access lines have stopped
  not_understood,  ///< too many records are in no known format
  clock_skew,      ///< lines are stamped far from when they arrive
  behind,          ///< lines are written faster than they are read
  cut_short,       ///< a file vanished or was truncated before its end was read
  lines_lost,      ///< request numbers of a worker are missing
  memory,          ///< keys are forgotten because the memory budget is full
};

inline constexpr std::array cause_names{
    std::string_view("unreadable"),  std::string_view("silent"),
    std::string_view("no_requests"), std::string_view("not_understood"),
    std::string_view("clock_skew"),  std::string_view("behind"),
    std::string_view("cut_short"),   std::string_view("lines_lost"),
    std::string_view("memory")};

[[nodiscard]] constexpr std::string_view name_of(Cause cause) {
  return cause_names[static_cast<std::size_t>(cause)];
}

/// Who is not seen: a source, a worker, or noci as a whole.
struct BlindSubject {
  enum class Kind : std::uint8_t { source, worker, global };

  Kind kind = Kind::global;
  std::string name;  ///< empty for global

  auto operator<=>(const BlindSubject&) const = default;  // NOLINT(modernize-use-nullptr)
};

/// An episode of blindness began or ended.
struct BlindChange {
  BlindSubject subject;
  Cause cause = Cause::silent;
  bool blind = true;         ///< else it recovered
  std::string reason;        ///< of recovered: recovered, not_watched, taken_as_usual
  TimePoint at;              ///< wall clock, as all times here
  TimePoint since;           ///< when it became blind, which is before it was noticed
  TimePoint opened;          ///< when the episode began: `at` of the change that opened it
  std::uint64_t number = 1;  ///< of the episodes of this subject and cause
  double value = 0;          ///< seconds or a share, by cause; of what opened it or as of now
  double limit = 0;          ///< in the same unit
  std::string detail;        ///< more about it: a path and why, empty for most
};

/// Whether `value` and `limit` are seconds; else they are shares.
[[nodiscard]] constexpr bool is_in_seconds(Cause cause) {
  return cause != Cause::not_understood && cause != Cause::lines_lost && cause != Cause::memory;
}

struct SourceHealth {
  std::string name;
  std::uint64_t records = 0;  ///< since the start of noci, as the next two
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  Duration silence{};
  Duration silence_limit{};
  Duration request_silence{};
  Duration lag{};                ///< how far behind its end noci reads
  double error_share = 0;        ///< over the span
  std::optional<Duration> skew;  ///< positive: its clock is behind ours, or its lines come late
};

struct WorkerHealth {
  std::string name;
  std::uint64_t passed = 0;
  std::uint64_t missing = 0;
  std::optional<double> base;  ///< learnt share of numbers without a line
  std::optional<double> loss;  ///< share of lines lost over the span
};

struct Blindness {
  BlindSubject subject;
  Cause cause = Cause::silent;
  bool blind = false;
  std::uint64_t episodes = 0;
  TimePoint since;
};

struct HealthReport {
  std::vector<SourceHealth> sources;
  std::vector<WorkerHealth> workers;
  std::vector<Blindness> blindness;  ///< every subject and cause that was judged
};

}  // namespace noci
