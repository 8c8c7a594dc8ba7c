#pragma once
// Events of the outbox that are told together: which may wait to be gathered, and the digest that
// then carries them. A digest is an event of its own, a row of status `digest`; what becomes of it
// becomes of those it carries, by a trigger of the schema.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/alert.hpp"
#include "store/database.hpp"
#include "store/outbox.hpp"

namespace noci {

/// SQL about a pending row of `outbox`: neither it nor another event of its alert is urgent, and no
/// digest carries it.
inline constexpr std::string_view may_wait =
    " urgent = 0 AND digest = '' AND status <> 'digest' AND NOT EXISTS (SELECT 1 FROM outbox AS "
    "loud"
    " WHERE loud.webhook = outbox.webhook AND loud.alert_id = outbox.alert_id AND loud.state = 0"
    " AND loud.urgent = 1)";

/// When they were raised.
struct Waiting {
  std::int64_t events = 0;
  TimePoint oldest;
  TimePoint newest;
};

/// What may wait of this webhook's, and happened before.
[[nodiscard]] Result<Waiting> count_waiting(Database& database, const std::string& webhook,
                                            TimePoint happened_before);

struct Gathered {
  std::vector<std::int64_t> ids;
  Digest digest;  ///< in the order in which the events were raised
};

/// At most `most` of the same, oldest first.
[[nodiscard]] Result<Gathered> gather(Database& database, const std::string& webhook,
                                      TimePoint happened_before, std::size_t most);

/// The digest is due at once, and carries these from now on. All or nothing.
[[nodiscard]] Result<void> add_digest(Database& database, const OutboxItem& digest,
                                      const std::vector<std::int64_t>& ids, TimePoint wall_now);

}  // namespace noci
