#pragma once
// Alerts that no log raised and no rule: digests of others, and that noci lives. They have every
// part that receivers and templates rely on, about nothing.

#include <string>

#include "model/alert.hpp"
#include "notify/payload.hpp"

namespace noci {

/// Of at least one entry; its level is the highest among them. `alert_id` is the caller's to make
/// unique.
[[nodiscard]] Alert digest_alert(Digest digest, TimePoint at, std::string alert_id);

[[nodiscard]] Alert heartbeat_alert(Pulse pulse, const Node& node, TimePoint at,
                                    std::string alert_id);

}  // namespace noci
