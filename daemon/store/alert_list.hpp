#pragma once
// The outbox as its operator sees it: events newest first, each with the fate of its deliveries,
// and the two things an operator may decide, to send again and to give up. Reading needs no more
// than a read-only database. Sending itself is outbox.hpp's and the deliverer's.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "store/database.hpp"

namespace noci {

enum class DeliveryState : std::uint8_t { pending, delivered, dead };

[[nodiscard]] std::string_view name_of(DeliveryState state);
[[nodiscard]] std::optional<DeliveryState> delivery_state_named(std::string_view name);

/// Every part that is set must hold. An event is listed when any of its deliveries fits.
struct AlertFilter {
  std::string id;  ///< of the event, or of the alert and with it all its events
  std::optional<DeliveryState> state;
  std::string webhook;
  std::string level;
  std::optional<TimePoint> since;  ///< by event time
};

struct AlertDelivery {
  std::string webhook;
  DeliveryState state = DeliveryState::pending;
  std::int64_t attempts = 0;  ///< that failed
  std::string why;            ///< of the last one, or who gave it up
  std::string digest;         ///< event id of the digest that carries it
  TimePoint created;
  TimePoint due;                      ///< of a pending one
  std::optional<TimePoint> finished;  ///< of the others
};

struct ListedAlert {
  std::string event_id;
  std::string alert_id;
  TimePoint event_time;
  std::string level;
  std::string status;
  std::string rule_title;
  std::string summary;
  std::string payload;
  std::vector<AlertDelivery> deliveries;  ///< none when no webhook wanted it
};

/// Newest first, at most `most`.
[[nodiscard]] Result<std::vector<ListedAlert>> list_alerts(Database& database,
                                                           const AlertFilter& filter,
                                                           std::size_t most);

/// What was changed: deliveries, of how many events.
struct Changed {
  std::int64_t deliveries = 0;
  std::int64_t events = 0;
};

/// Puts dead and delivered deliveries that fit back as if they were new, and makes pending ones due
/// at once. Only those to webhooks in `configured`: others could never be sent. The event id stays.
[[nodiscard]] Result<Changed> resend(Database& database, const AlertFilter& filter,
                                     const std::vector<std::string>& configured, TimePoint now);

/// Pending deliveries that fit become dead, `discarded by operator`.
[[nodiscard]] Result<Changed> discard(Database& database, const AlertFilter& filter, TimePoint now);

}  // namespace noci
