#pragma once
// The endpoint inventory as data: which methods and paths belong to which action. One line is one
// route of Synapse 1.20 to 1.157 (synapse/rest, synapse/federation/transport/server);
// docs/events.md tells the same for people. The tables are split by section into
// endpoint_table_*.cpp.
//
// A path is written below its base, segment by segment:
//   {room} {user} {media} {server}  captured;  {type} {key} of a state event or federation query
//   {}                              any one segment, not kept (also an empty one, as in Synapse)
//   a|b                             either literal
//   trailing *                      Synapse's pattern has no end: whatever follows is accepted
//   trailing /?                     an optional slash

#include <cstdint>
#include <span>
#include <string_view>

#include "model/action.hpp"

namespace noci::routing {

using Methods = std::uint8_t;
inline constexpr Methods get = 1;  ///< and HEAD, which is routed as GET
inline constexpr Methods post = 2;
inline constexpr Methods put = 4;
inline constexpr Methods del = 8;
inline constexpr Methods other = 16;
inline constexpr Methods any = get | post | put | del | other;
/// POST here, and PUT with a transaction id as one more segment.
inline constexpr Methods transaction = 32;

/// What a path is relative to. An attacker chooses the least watched prefix, so every version of a
/// prefix is taken for every route.
enum class Base : std::uint8_t {
  client,      ///< /_matrix/client/(api/v1|r0|v1|v3|unstable)/
  media,       ///< /_matrix/media/(r0|v1|v3)/: a resource tree before 1.95
  federation,  ///< /_matrix/federation/(v1|v2|unstable)/
  admin,       ///< /_synapse/admin/(v1|v2|v3)/, and …/client/*/admin/ of Synapse ≤ 1.23
  root,        ///< /
  tree,        ///< /, where Synapse (Twisted's resource tree) decodes each segment before matching
};

/// In a resource tree fixed segments may be escaped, and `*` ends at a segment's end.
[[nodiscard]] constexpr bool is_tree(Base base) {
  return base == Base::media || base == Base::tree;
}

struct Route {
  Base base;
  Methods methods;
  std::string_view path;
  Action action;
};

[[nodiscard]] std::span<const Route> account_routes();
[[nodiscard]] std::span<const Route> room_routes();
[[nodiscard]] std::span<const Route> people_routes();
[[nodiscard]] std::span<const Route> media_routes();
[[nodiscard]] std::span<const Route> federation_routes();
[[nodiscard]] std::span<const Route> admin_routes();
[[nodiscard]] std::span<const Route> service_routes();

}  // namespace noci::routing
