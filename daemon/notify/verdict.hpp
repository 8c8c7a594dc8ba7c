#pragma once
// What an answer means for a delivery, and how long to wait before the next attempt. Success is
// 2xx and nothing else: a redirect or a page that says "ok" with 404 has not taken the alert.
// Counting attempts, and giving up, is the sender's.

#include <optional>
#include <string>

#include "base/http.hpp"
#include "base/time.hpp"

namespace noci {

enum class Verdict { delivered, retry, dead };

struct Judgement {
  Verdict verdict = Verdict::retry;
  std::optional<Duration> retry_after;  ///< what the server asked for, at most `longest_wait`
  std::string why;                      ///< for people; empty when delivered
};

/// A server may ask for more patience than our own schedule has, but not silence an alert.
inline constexpr Duration longest_wait = std::chrono::hours{1};

/// `now` is wall clock, for a Retry-After that names a date.
[[nodiscard]] Judgement judge(const HttpResponse& response, TimePoint now);
/// No answer came: refused, timed out, certificate not accepted. Always worth another attempt.
[[nodiscard]] Judgement judge_failure(const std::string& why);

/// The wait after the given number of failed attempts (1, 2, …): 1 s, 5 s, 15 s, 30 s, 60 s, 2 min,
/// then 5 min, less up to a fifth by `jitter01` (0 to 1) so that webhooks do not move in step.
[[nodiscard]] Duration backoff(int attempts, double jitter01);

}  // namespace noci
