#pragma once
// Answers what `noci alerts` asks about the outbox, as JSON: in the daemon over its control socket,
// and in the command itself where no daemon runs. One question is one object:
//   {"do": "list", "id", "state", "webhook", "level", "since", "most", "payload": true}
//   {"do": "resend"} or {"do": "discard"} with the same filters
// An answer has `alerts` and `more`, or `deliveries` and `events` that were changed, or `error`.

#include <map>
#include <string>

#include <boost/json/object.hpp>

#include "base/time.hpp"
#include "store/database.hpp"

namespace noci {

/// The configured webhooks, and until when each is left alone because it failed.
using KnownWebhooks = std::map<std::string, TimePoint>;

inline constexpr std::int64_t most_alerts_listed = 1000;

[[nodiscard]] boost::json::object answer_alerts(Database& database,
                                                const boost::json::object& question,
                                                const KnownWebhooks& webhooks, TimePoint now);

}  // namespace noci
