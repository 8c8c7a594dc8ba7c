#include "parse/endpoint.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "parse/endpoint_query.hpp"
#include "parse/endpoint_trie.hpp"
#include "parse/find_byte.hpp"

namespace noci {
namespace {

using routing::Capture;
using routing::Found;
using routing::Segments;
using routing::Spelling;

const routing::Trie& routes() {
  static const routing::Trie trie{routing::account_routes(),    routing::room_routes(),
                                  routing::people_routes(),     routing::media_routes(),
                                  routing::federation_routes(), routing::admin_routes(),
                                  routing::service_routes()};
  return trie;
}

routing::Methods method_bit(std::string_view method) {
  if (method == "GET" || method == "HEAD") {
    return routing::get;
  }
  if (method == "POST") {
    return routing::post;
  }
  if (method == "PUT") {
    return routing::put;
  }
  return method == "DELETE" ? routing::del : routing::other;
}

/// The raw segments first. What Synapse would still serve in another spelling is looked for only
/// when they match nothing.
struct Routed {
  Found found;
  Segments segments;
  bool decoded = false;  ///< segments are decoded already
  bool disguised = false;
};

Routed route(std::string_view path, routing::Methods method, Arena& arena) {
  Routed routed;
  routed.segments = routing::split_path(path);
  routed.found = routes().find(routed.segments, method, Spelling::literal);
  if (routed.found.action != Action::unknown) {
    return routed;
  }
  routed.disguised = true;
  routed.found = routes().find(routed.segments, method, Spelling::loose_dots);
  if (routed.found.action != Action::unknown || find_byte(path, '%') == std::string_view::npos) {
    return routed;
  }
  routed.decoded = true;
  for (std::size_t i = 0; i < routed.segments.count; ++i) {
    routed.segments.items[i] = percent_decode(routed.segments.items[i], arena);
  }
  routed.found = routes().find(routed.segments, method, Spelling::decoded);
  return routed;
}

/// The captured parts of a path, decoded.
struct Captured {
  std::string_view room;
  std::string_view user;
  std::string_view media;
  std::string_view server;
  std::string_view type;
  std::string_view key;
};

std::string_view* place_of(Captured& captured, Capture capture) {
  switch (capture) {
    case Capture::room:
      return &captured.room;
    case Capture::user:
      return &captured.user;
    case Capture::media:
      return &captured.media;
    case Capture::server:
      return &captured.server;
    case Capture::type:
      return &captured.type;
    case Capture::key:
      return &captured.key;
    case Capture::none:
      break;
  }
  return nullptr;
}

Captured captured_parts(const Routed& routed, Arena& arena) {
  Captured captured;
  for (std::size_t i = 0; i < routed.found.count; ++i) {
    if (std::string_view* place = place_of(captured, routed.found.captures[i])) {
      const std::string_view segment = routed.segments.items[routed.found.segments[i]];
      *place = routed.decoded ? segment : percent_decode(segment, arena);
    }
  }
  return captured;
}

/// `server/id` as one view: of the path itself when nothing was decoded.
std::string_view join_media(std::string_view server, std::string_view media, Arena& arena) {
  if (server.data() + server.size() + 1 == media.data() && server.data()[server.size()] == '/') {
    return {server.data(), server.size() + 1 + media.size()};
  }
  char* place = arena.allocate(server.size() + 1 + media.size());
  std::copy(server.begin(), server.end(), place);
  place[server.size()] = '/';
  std::copy(media.begin(), media.end(), place + server.size() + 1);
  return {place, server.size() + 1 + media.size()};
}

struct LimitRule {
  std::optional<std::int64_t> fallback;  ///< unset: required, or none is no limit
  std::optional<std::int64_t> cap;
};

/// Defaults and caps of Synapse (synapse/streams/config.py, rest/client/{room,relations,
/// notifications}.py, federation/transport/server/federation.py). Only what the URI can say: the
/// limits of POST endpoints stand in bodies, that of /sync in its filter.
std::optional<LimitRule> limit_rule(Action action) {
  switch (action) {
    case Action::room_messages:
    case Action::admin_room_messages:
    case Action::room_initial_sync:
    case Action::initial_sync:
    case Action::event_stream:
      return LimitRule{10, 1000};
    case Action::room_context:
    case Action::admin_room_context:
      return LimitRule{10, std::nullopt};
    case Action::room_relations:
    case Action::room_aggregations:
      return LimitRule{5, 1000};
    case Action::room_threads:
      return LimitRule{5, std::nullopt};
    case Action::notifications:
      return LimitRule{50, 500};
    case Action::room_hierarchy:
    case Action::admin_room_hierarchy:
      return LimitRule{50, 50};
    case Action::public_rooms:
    case Action::fed_public_rooms:
      return LimitRule{std::nullopt, std::nullopt};  // 0 and none: all, or 100 from 1.99 on
    case Action::fed_backfill:
      return LimitRule{std::nullopt, 100};
    default:
      return std::nullopt;
  }
}

std::optional<std::int64_t> effective_limit(Action action, std::string_view query, Arena& arena) {
  const auto rule = limit_rule(action);
  if (!rule) {
    return std::nullopt;
  }
  const auto text = query_parameter(query, "limit", arena);
  auto limit = text ? parse_count(*text) : rule->fallback;
  if (limit && rule->cap) {
    limit = std::min(*limit, *rule->cap);
  }
  if (limit == 0 && !rule->cap && !rule->fallback) {
    return std::nullopt;
  }
  return limit;
}

bool is_counted(Action action) {
  switch (action) {
    case Action::replication:
    case Action::outbound_proxy:
    case Action::metrics:
    case Action::health:
      return false;
    default:
      return true;
  }
}

std::string_view parameter(std::string_view query, std::string_view name, Arena& arena) {
  return query_parameter(query, name, arena).value_or(std::string_view());
}

/// What the path alone does not settle: a decoded event type, a field's name, ids in the query.
void refine(Endpoint& endpoint, const Routed& routed, const Captured& captured,
            std::string_view query, Arena& arena) {
  switch (endpoint.action) {
    case Action::room_set_state:
    case Action::room_state_event:
      if (captured.type == "m.room.member" && captured.key.data() != nullptr) {
        endpoint.target_user_id = captured.key;
        if (endpoint.action == Action::room_set_state) {
          endpoint.action = Action::room_join_state;
        }
      }
      break;
    case Action::profile:
      // Custom fields have namespaced names (1.135+): `m.tz`, `com.example.colour`.
      if (routed.found.matched < routed.segments.count &&
          routed.segments.items[routed.found.matched].find('.') != std::string_view::npos) {
        endpoint.action = Action::profile_field;
      }
      break;
    case Action::fed_query_other:
      if (captured.type == "profile") {
        endpoint.action = Action::fed_query_profile;
        endpoint.target_user_id = parameter(query, "user_id", arena);
      } else if (captured.type == "directory") {
        endpoint.action = Action::fed_query_directory;
        endpoint.room_id = parameter(query, "room_alias", arena);
      }
      break;
    case Action::mutual_rooms:
      if (endpoint.target_user_id.empty()) {
        endpoint.target_user_id = parameter(query, "user_id", arena);
      }
      break;
    case Action::public_rooms:
    case Action::public_rooms_search:
      endpoint.target_server = parameter(query, "server", arena);
      break;
    case Action::event_stream:
      endpoint.room_id = parameter(query, "room_id", arena);
      break;
    default:
      break;
  }
}

}  // namespace

Endpoint classify(std::string_view method, std::string_view path, std::string_view query,
                  Arena& arena) {
  Endpoint endpoint;
  if (path.starts_with("matrix-federation://")) {
    endpoint.action = Action::outbound_proxy;  // our own request on its way out (1.89+)
    endpoint.counted = false;
    return endpoint;
  }
  if (method == "OPTIONS") {
    endpoint.counted = false;  // a CORS preflight, answered without looking at the path
    return endpoint;
  }
  if (!path.starts_with('/')) {
    return endpoint;
  }
  const Routed routed = route(path, method_bit(method), arena);
  if (routed.found.action == Action::unknown) {
    return endpoint;
  }
  const Captured captured = captured_parts(routed, arena);
  endpoint.action = routed.found.action;
  endpoint.encoded_path = routed.disguised;
  endpoint.counted = is_counted(endpoint.action);
  endpoint.room_id = captured.room;
  endpoint.target_user_id = captured.user;
  endpoint.target_server = captured.server;
  endpoint.media_id = captured.media.data() != nullptr && captured.server.data() != nullptr
                          ? join_media(captured.server, captured.media, arena)
                          : captured.media;
  refine(endpoint, routed, captured, query, arena);
  endpoint.limit = effective_limit(endpoint.action, query, arena);
  return endpoint;
}

}  // namespace noci
