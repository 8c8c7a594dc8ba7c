// Other homeservers: synapse/federation/transport/server/*.py and synapse/rest/key/v2/*.py.

#include <array>

#include "parse/endpoint_table.hpp"

namespace noci::routing {
namespace {

constexpr Base fed = Base::federation;
constexpr Base tree = Base::tree;

constexpr auto routes = std::to_array<Route>({
    {fed, put, "send/{}/?", Action::fed_send},
    {fed, get, "event/{}/?", Action::fed_event},
    {fed, get, "state/{room}/?", Action::fed_state},
    {fed, get, "state_ids/{room}/?", Action::fed_state_ids},
    {fed, get, "backfill/{room}/?", Action::fed_backfill},
    {fed, post, "get_missing_events/{room}/?", Action::fed_missing_events},
    {fed, get, "timestamp_to_event/{room}/?", Action::fed_timestamp_to_event},
    {fed, get, "org.matrix.msc3030/timestamp_to_event/{room}/?", Action::fed_timestamp_to_event},
    {fed, get, "event_auth/{room}/{}", Action::fed_event_auth},
    {fed, get, "make_join/{room}/{user}", Action::fed_make_join},
    {fed, put, "send_join/{room}/{}", Action::fed_send_join},
    {fed, get, "make_leave/{room}/{user}", Action::fed_make_leave},
    {fed, put, "send_leave/{room}/{}", Action::fed_send_leave},
    {fed, get, "make_knock/{room}/{user}", Action::fed_make_knock},
    {fed, put, "send_knock/{room}/{}", Action::fed_send_knock},
    {fed, put, "invite/{room}/{}", Action::fed_invite},
    {fed, put, "exchange_third_party_invite/{room}", Action::fed_exchange_3pid_invite},
    {fed, get | post, "publicRooms", Action::fed_public_rooms},
    // fed_query_profile or fed_query_directory by the decoded {type}.
    {fed, get, "query/{type}", Action::fed_query_other},
    {fed, get, "user/devices/{user}", Action::fed_user_devices},
    {fed, post, "user/keys/query", Action::fed_keys_query},
    {fed, post, "user/keys/claim", Action::fed_keys_claim},
    {fed, get, "hierarchy/{room}", Action::fed_hierarchy},
    {fed, get | post, "org.matrix.msc2946/hierarchy|spaces/{room}", Action::fed_hierarchy},
    {fed, get, "openid/userinfo", Action::fed_openid_userinfo},
    {fed, get, "version", Action::fed_version},
    {fed, get, "rooms/{room}/complexity", Action::fed_complexity},
    {fed, get, "org.matrix.msc4370/extremities/{room}", Action::fed_extremities},
    {fed, post, "org.matrix.msc3720/query/account_status", Action::fed_account_status},
    {fed, post, "3pid/onbind", Action::fed_3pid_onbind},
    {fed, any, "groups/{}*", Action::fed_groups},  // ≤ 1.60
    {fed, post, "get_groups_publicised", Action::fed_groups},
    {fed, get, "media/download/{media}", Action::fed_media_download},
    {fed, get, "media/thumbnail/{media}", Action::fed_media_thumbnail},
    {fed, get, "org.matrix.msc3916.v2/media/download/{media}", Action::fed_media_download},
    {fed, get, "org.matrix.msc3916.v2/media/thumbnail/{media}", Action::fed_media_thumbnail},

    {tree, get, "_matrix/key/v2/server*", Action::key_server},
    {tree, get, "_matrix/key/v2/query/{server}*", Action::key_server},
    {tree, post, "_matrix/key/v2/query*", Action::key_server},
});

}  // namespace

std::span<const Route> federation_routes() {
  return routes;
}

}  // namespace noci::routing
