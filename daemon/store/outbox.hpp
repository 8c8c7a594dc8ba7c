#pragma once
// What must be said, until it is said: written as soon as it is raised, then sent. A row is
// one event for one webhook, and (webhook, event_id) is unique, so an alert that a crash raises
// again is not doubled. Events of one alert are handed out in their order; when to try again and
// when to give up is the deliverer's. All times given in are wall clock but `event_time`.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "store/database.hpp"

namespace noci {

/// `webhook` empty: nobody is to be told, the row is only for `noci alerts list`.
struct OutboxItem {
  std::string webhook;
  std::string event_id;
  std::string alert_id;
  std::uint64_t sequence = 1;
  std::string payload;
  TimePoint event_time;
  std::string level;
  std::string status;
  std::string rule_title;
  std::string summary;
  bool urgent = false;  ///< never put off for a digest: critical, or about noci's own sight
};

/// Part of save_commit's transaction. Items that are known already are passed over.
[[nodiscard]] Result<void> add_items(Database& database, const std::vector<OutboxItem>& items,
                                     TimePoint wall_now);

/// Whether that webhook's event is known; false when the database cannot say.
[[nodiscard]] bool has_item(Database& database, std::string_view webhook,
                            std::string_view event_id);

struct Delivery {
  std::int64_t id = 0;
  std::string webhook;
  std::string event_id;
  std::string payload;
  int attempts = 0;   ///< that failed
  TimePoint created;  ///< from which its age is counted
  bool digest = false;
};

/// No event is put off longer than this; one that is due later was put off by a wrong clock, and
/// counts as due.
inline constexpr Duration longest_delay = std::chrono::hours{2};

/// The longest due event that no earlier pending event of the same alert holds back. Events that a
/// digest carries are due with it. What happened before `put_off` and may wait (digest.hpp) is
/// passed over.
[[nodiscard]] Result<std::optional<Delivery>> next_due(Database& database,
                                                       const std::string& webhook, TimePoint now,
                                                       std::optional<TimePoint> put_off = {});
/// When next_due will have something, if nothing else happens.
[[nodiscard]] Result<std::optional<TimePoint>> next_time(Database& database,
                                                         const std::string& webhook,
                                                         std::optional<TimePoint> put_off = {});

[[nodiscard]] Result<void> mark_delivered(Database& database, std::int64_t id, TimePoint now);
[[nodiscard]] Result<void> mark_failed(Database& database, std::int64_t id, TimePoint retry_at,
                                       std::string_view why);
/// The dead-letter list: visible until pruned, never sent, and holding nothing back.
[[nodiscard]] Result<void> mark_dead(Database& database, std::int64_t id, TimePoint now,
                                     std::string_view why);
/// Pending events of webhooks that are not configured any more are dead.
[[nodiscard]] Result<void> retire_webhooks(Database& database,
                                           const std::vector<std::string>& configured,
                                           TimePoint now);

/// How many deliveries to each webhook.
using GivenUp = std::map<std::string, std::uint64_t>;

/// Pending events of this webhook that were created before become dead.
[[nodiscard]] Result<GivenUp> give_up_old(Database& database, const std::string& webhook,
                                          TimePoint created_before, std::string_view why,
                                          TimePoint now);

struct OutboxLimits {
  std::int64_t rows = 0;   ///< that are pending, over all webhooks
  std::int64_t bytes = 0;  ///< of their payloads
};

/// What is pending beyond the limits becomes dead: the lowest level first, and of one level the
/// oldest.
[[nodiscard]] Result<GivenUp> give_up_excess(Database& database, const OutboxLimits& limits,
                                             std::string_view why, TimePoint now);

struct OutboxCounts {
  std::string webhook;
  std::int64_t pending = 0;
  std::int64_t dead = 0;
  std::optional<TimePoint> oldest;  ///< when the oldest pending event was created
  std::int64_t bytes = 0;           ///< of pending payloads
};

/// One entry for each webhook that has rows, by name.
[[nodiscard]] Result<std::vector<OutboxCounts>> count_outbox(Database& database);

struct Retention {
  Duration age = std::chrono::days{30};
  std::int64_t rows = 10'000;
  std::int64_t bytes = std::int64_t{64} << 20;  ///< of their payloads
};

/// Forgets finished rows that are older than `age`, or not among the last `rows` and `bytes`;
/// pending ones stay.
[[nodiscard]] Result<void> prune(Database& database, TimePoint now, const Retention& keep = {});

}  // namespace noci
