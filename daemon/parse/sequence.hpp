#pragma once
// Does a record of a mixed text log fit the process that writes it? Clients can inject whole
// records into such a log (a line feed in a login name, in a percent-encoded alias), but they do
// not know the process's request counter: every request takes the next number, each once, and times
// move with it. This bars the careless forger and no genuine line; it proves nothing.
// One Sequence per process (source and worker). Bounded: 16,384 bits for the ids lately seen.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace noci {

enum class Fit : std::uint8_t {
  fine,
  copy,    ///< the same access line again: two log handlers write one file
  reused,  ///< the id was already that of another access line
  range,   ///< the id is far ahead of what the process can have reached
  time,    ///< hours ahead of the process, or days behind
};

class Sequence {
 public:
  /// `id` is unset where ids are not counters (request_id_header). `ends_request` is true for
  /// access lines only: other lines share the id of their request. `arrival` is the wall clock in
  /// `run`: what it confirms is no jump.
  [[nodiscard]] Fit judge(std::optional<std::uint64_t> id, bool ends_request, TimePoint time,
                          TimePoint arrival);
  /// The process started again: its ids begin at 0.
  void restart(TimePoint time);

  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

 private:
  static constexpr std::uint64_t window = 16'384;

  /// What a run of lines agrees on.
  struct Regime {
    std::uint64_t highest = 0;
    TimePoint newest;
    std::uint64_t lines = 0;
  };

  enum class Standing : std::uint8_t { usual, unusual, jump, copy, reused, range, time };

  struct Ended {
    std::uint64_t id = 0;
    TimePoint time;

    bool operator==(const Ended&) const = default;
  };

  [[nodiscard]] Standing compare(std::optional<std::uint64_t> id, bool ends_request, TimePoint time,
                                 TimePoint arrival) const;
  [[nodiscard]] bool believe(std::optional<std::uint64_t> id, TimePoint time, Standing standing);
  void absorb(std::optional<std::uint64_t> id, bool ends_request, TimePoint time);
  void note_end(std::uint64_t id, TimePoint time);
  [[nodiscard]] bool seen(std::uint64_t id) const;

  bool anchored_ = false;
  bool has_ids_ = false;  ///< a counter was seen since the start
  Regime now_;
  Regime other_;  ///< lines that do not fit, as long as no line fits in between
  std::array<std::uint64_t, window / 64> seen_{};
  /// The last access lines: a copy follows its original within a log handler's buffer or two.
  std::array<Ended, 64> lately_{};
  std::size_t oldest_ = 0;  ///< of lately_
};

/// The counter of a request id `METHOD-n`; unset for background contexts, for nested ones and for
/// what request_id_header puts there.
[[nodiscard]] std::optional<std::uint64_t> request_counter(std::string_view request_id);

}  // namespace noci
