#pragma once
// What a request was for, from its method and URI: the endpoint class, and the room, media, people
// and limit it names. Matches as Synapse routes (synapse/http/server.py, rest/client/_base.py):
// the raw path from its start, captured parts percent-decoded once. Total on hostile input, and in
// time that depends on the path alone, not on the size of the table. Whether the request succeeded
// is not looked at; what a response delivered is messages_estimate.hpp's part.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.hpp"
#include "model/action.hpp"

namespace noci {

/// An empty view means that the path names none.
struct Endpoint {
  Action action = Action::unknown;
  std::string_view room_id;   ///< decoded; room id or alias, as the path names it
  std::string_view media_id;  ///< `server/id`, decoded; from federation the bare id (it is ours)
  std::string_view target_user_id;  ///< whom the request asks about
  std::string_view target_server;   ///< whose media, room list or keys
  /// How many items the answer may hold: the parameter as Synapse reads it, else the endpoint's
  /// default, never above its cap. Unset where the endpoint has none or the value is refused.
  std::optional<std::int64_t> limit;
  /// The path is not in its literal form (escaped fixed segments where Synapse decodes them, other
  /// characters where its pattern has an unescaped dot): nobody but an evader writes it so.
  bool encoded_path = false;
  /// False for what is no request of a client or server: replication, health and the like.
  bool counted = true;
};

/// Never fails: a path or method that Synapse would refuse is Action::unknown. `path` ends before
/// the first `?`, `query` begins after it. Views are into `path`, `query` or `arena`.
[[nodiscard]] Endpoint classify(std::string_view method, std::string_view path,
                                std::string_view query, Arena& arena);

}  // namespace noci
