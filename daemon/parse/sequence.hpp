#pragma once
// The request counter of one Synapse process, followed through its log. Every request takes the
// next number, each once, from 0 at each start of the process (synapse/http/site.py, `METHOD-n`),
// and times move with it. So a number that comes twice, or that the process cannot have reached,
// gives a forged line away; a number that never comes was a line that got lost; and the same number
// with the same content is one request seen twice. Proves nothing by itself: what else stands
// around a line is custody's business. Bounded: about 10 KiB a process, 0.4 MiB where several
// sources report the same one.

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "parse/epoch.hpp"

namespace noci {

enum class Fit : std::uint8_t {
  fine,
  copy,    ///< the same access line again: by a second log handler, or through another source
  reused,  ///< the id was already that of another access line
  range,   ///< the id is far ahead of what the process can have reached
  time,    ///< hours ahead of the process, or days behind
};

/// What a line says about the process it claims to come from.
struct Claim {
  std::optional<std::uint64_t> id;  ///< unset where ids are not counters (request_id_header)
  bool ends_request = false;        ///< an access line; other lines share the id of their request
  TimePoint time;
  TimePoint arrival;              ///< the wall clock in `run`: what it confirms is no jump
  std::uint64_t fingerprint = 0;  ///< of an access line's content: tells a copy from another line
};

/// How many numbers the counter passed, and for how many of them no access line has come.
struct PassedNumbers {
  std::uint64_t passed = 0;
  std::uint64_t missing = 0;
};

class Sequence {
 public:
  /// Of a line that anybody may have written into a mixed log.
  [[nodiscard]] Fit judge(const Claim& claim);
  /// Of a line that only Synapse can have written: fine, or a copy.
  [[nodiscard]] Fit follow(const Claim& claim);

  /// The process says that it started again: its ids begin at 0.
  void restart(TimePoint time);
  /// By its number the line would be one of a process that has started again, unannounced.
  [[nodiscard]] bool may_be_restart(const Claim& claim) const;
  /// The id goes on where the counter is, which a process started again would not.
  [[nodiscard]] bool goes_on(std::uint64_t id) const;

  /// A line of it was believed.
  [[nodiscard]] bool is_known() const { return anchored_; }

  /// Several sources report this process: copies may be thousands of lines apart.
  void expect_copies();

  [[nodiscard]] PassedNumbers numbers() const { return numbers_; }

  /// Restarts that turned out to be none: numbers of the old range went on.
  [[nodiscard]] std::uint64_t false_restarts() const { return false_restarts_; }

  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

 private:
  /// Lines that do not fit, as long as no line fits in between: perhaps the clock was set, or the
  /// log has a gap.
  struct Candidate {
    std::uint64_t highest = 0;
    TimePoint newest;
    std::uint64_t lines = 0;
  };

  struct Ended {
    std::uint64_t id = std::numeric_limits<std::uint64_t>::max();
    TimePoint time;
    std::uint64_t fingerprint = 0;
  };

  enum class Standing : std::uint8_t { usual, unusual, jump, copy, reused, range, time };

  [[nodiscard]] Standing compare(const Claim& claim) const;
  [[nodiscard]] bool is_copy(const Claim& claim) const;
  [[nodiscard]] bool believe(const Claim& claim, Standing standing);
  [[nodiscard]] bool return_to_former(const Claim& claim);
  void anchor(const Claim& claim);
  void absorb(const Claim& claim, TimePoint time);
  void advance_to(std::uint64_t id);
  void note_end(const Claim& claim);

  bool anchored_ = false;
  Epoch now_;
  Epoch former_;  ///< the epoch before, in case its lines still come; unused while !has_former_
  bool has_former_ = false;
  bool is_shared_ = false;  ///< by several sources
  Candidate candidate_;
  std::vector<Ended> ended_;  ///< by id modulo its size; a copy comes soon after its original
  PassedNumbers numbers_;
  std::uint64_t false_restarts_ = 0;
};

/// The counter of a request id `METHOD-n`; unset for background contexts, for nested ones and for
/// what request_id_header puts there.
[[nodiscard]] std::optional<std::uint64_t> request_counter(std::string_view request_id);

}  // namespace noci
