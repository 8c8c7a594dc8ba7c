#pragma once
// The few lines beside the access line that tell something an alarm needs: exact message counts,
// tokens issued, wrong passwords, search hits, restarts. Each format cites the Synapse file that
// prints it. Parts of them are a client's text, so only what Synapse guarantees is taken.

#include <string_view>

#include "base/arena.hpp"
#include "model/event.hpp"

namespace noci {

/// Reason of the ignored line that says whose login a request is: `matrix.target.user.id` holds
/// what the client typed, a name or an id.
inline constexpr std::string_view login_identifier = "login_identifier";

/// Fills kind, action, outcome, accounts, room and messages; kind `ignored`, reason `other_logger`
/// when the line is none of them. Ids stay views into `message` or the arena.
void read_ancillary(std::string_view logger, std::string_view message, Event& event, Arena& arena);

}  // namespace noci
