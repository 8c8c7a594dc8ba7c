#pragma once
// Who is behind a request, from the field in braces of the access line and from the address field
// (synapse/http/site.py, get_authenticated_entity and get_client_ip_if_available). Ids of old
// accounts hold unusual characters, so nothing is checked that Synapse does not guarantee.

#include <string_view>

#include "base/arena.hpp"

namespace noci {

struct Requester {
  std::string_view user_id;            ///< who authenticated
  std::string_view effective_user_id;  ///< whose data is read, when an admin acts as another
  std::string_view server_name;        ///< federation: the origin
};

/// `None`, `@user:hs`, `@admin:hs|@user:hs` (1.43+; `.` or `,` between them before) or a bare
/// server name. False when Synapse cannot have printed that.
[[nodiscard]] bool read_requester(std::string_view text, Requester& out);

/// The address in one canonical spelling, without port, brackets and zone; an IPv4-mapped one as
/// IPv4. Empty when it is no address: a socket's path, `-`, or what a client put into
/// X-Forwarded-For. The view is into `text` or the arena.
[[nodiscard]] std::string_view read_address(std::string_view text, Arena& arena);

}  // namespace noci
