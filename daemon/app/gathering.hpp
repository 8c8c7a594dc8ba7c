#pragma once
// When a webhook's events are told together instead of one by one: late ones, so that a night's
// downtime is one message, and what exceeds its rate. One for each webhook. Critical events and
// those about noci's own sight are never held back, and what is held back is told soon.

#include <deque>
#include <optional>
#include <string>

#include "model/alert.hpp"
#include "model/settings.hpp"
#include "store/digest.hpp"

namespace noci {

/// What is older than this when it could be sent is late.
inline constexpr Duration late_from = std::chrono::minutes{5};
/// So many in one digest: its body stays within what receivers take.
inline constexpr std::size_t most_in_digest = 100;

class Gathering {
 public:
  struct Plan {
    std::optional<DigestReason> digest;  ///< to be made now, of what happened before …
    std::optional<TimePoint> before;     ///< … or to be held back until
    Duration look_again{};
  };

  /// `well`: the receiver's last answer was good, or there was none yet. Else one event at a time
  /// asks whether it is back.
  [[nodiscard]] Result<Plan> look(Database& database, const std::string& webhook,
                                  const RateSettings& rate, std::int64_t digest_from, bool well,
                                  TimePoint now);

  /// One event went out by itself.
  void note_sent(TimePoint now) { sent_.push_back(now); }

  void note_digest() { suppressed_until_.reset(); }

 private:
  [[nodiscard]] Result<std::optional<Plan>> look_at_rate(Database& database,
                                                         const std::string& webhook,
                                                         const RateSettings& rate, bool well,
                                                         TimePoint now);

  std::deque<TimePoint> sent_;  ///< one by one, within the rate's time
  std::optional<TimePoint> suppressed_until_;
};

}  // namespace noci
