#include "app/gathering.hpp"

namespace noci {
namespace {

/// While noci catches up late events come in a row: the digest waits for a pause, but not for long.
constexpr Duration pause = std::chrono::seconds{10};
constexpr Duration longest_wait = std::chrono::minutes{2};
/// Share of the rate's time after which what was held back is told.
constexpr int digests_per_rate = 10;

}  // namespace

Result<Gathering::Plan> Gathering::look(Database& database, const std::string& webhook,
                                        const RateSettings& rate, std::int64_t digest_from,
                                        bool well, TimePoint now) {
  auto limited = look_at_rate(database, webhook, rate, well, now);
  if (!limited) {
    return tl::unexpected(limited.error());
  }
  if (*limited) {
    return **limited;
  }
  if (digest_from == 0) {
    return Plan{};
  }
  const TimePoint before = now - late_from;
  const auto waiting = count_waiting(database, webhook, before);
  if (!waiting) {
    return tl::unexpected(waiting.error());
  }
  if (waiting->events == 0) {
    return Plan{};
  }
  const Duration quiet = now - waiting->newest;
  if (quiet >= Duration::zero() && quiet < pause && now - waiting->oldest < longest_wait) {
    return Plan{{}, before, pause - quiet};
  }
  if (waiting->events >= digest_from && well) {
    return Plan{DigestReason::late, before, {}};
  }
  return Plan{};
}

Result<std::optional<Gathering::Plan>> Gathering::look_at_rate(Database& database,
                                                               const std::string& webhook,
                                                               const RateSettings& rate, bool well,
                                                               TimePoint now) {
  // A clock that was set back must not hold anything back.
  std::erase_if(sent_, [&](TimePoint at) { return at > now || at <= now - rate.per; });
  if (rate.alerts == 0 || sent_.size() < static_cast<std::size_t>(rate.alerts) || !well) {
    suppressed_until_.reset();
    return std::nullopt;
  }
  const auto waiting = count_waiting(database, webhook, TimePoint::max());
  if (!waiting) {
    return tl::unexpected(waiting.error());
  }
  if (waiting->events == 0) {
    return std::nullopt;
  }
  const Duration wait = rate.per / digests_per_rate;
  if (!suppressed_until_ || *suppressed_until_ > now + wait) {
    suppressed_until_ = now + wait;
  }
  const bool is_full = waiting->events >= static_cast<std::int64_t>(most_in_digest);
  if (now >= *suppressed_until_ || is_full) {
    return Plan{DigestReason::suppressed, TimePoint::max(), {}};
  }
  return Plan{{}, TimePoint::max(), *suppressed_until_ - now};
}

}  // namespace noci
