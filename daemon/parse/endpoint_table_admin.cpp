// The admin API: synapse/rest/admin/*.py. What a stolen admin token can read has actions of its
// own; anything else under the prefix is admin_other, also what a later Synapse adds.

#include <array>

#include "parse/endpoint_table.hpp"

namespace noci::routing {
namespace {

constexpr Base admin = Base::admin;

constexpr auto routes = std::to_array<Route>({
    {admin, get, "rooms", Action::admin_rooms},
    {admin, get, "rooms/{room}", Action::admin_rooms},
    {admin, get, "rooms/{room}/block|forward_extremities", Action::admin_rooms},
    {admin, get, "rooms/{room}/delete_status|timestamp_to_event", Action::admin_rooms},
    {admin, get, "rooms/delete_status/{}", Action::admin_rooms},
    {admin, get, "purge_history_status/{}", Action::admin_rooms},
    {admin, get, "rooms/{room}/messages", Action::admin_room_messages},
    {admin, get, "rooms/{room}/context/{}", Action::admin_room_context},
    {admin, get, "rooms/{room}/state", Action::admin_room_state},
    {admin, get, "rooms/{room}/members", Action::admin_room_members},
    {admin, get, "rooms/{room}/hierarchy", Action::admin_room_hierarchy},
    {admin, del, "rooms/{room}", Action::admin_room_edit},
    {admin, post, "rooms/{room}/delete|make_room_admin", Action::admin_room_edit},
    {admin, put, "rooms/{room}/block", Action::admin_room_edit},
    {admin, del, "rooms/{room}/forward_extremities", Action::admin_room_edit},
    {admin, post, "join|shutdown_room|purge_history/{room}", Action::admin_room_edit},
    {admin, post, "purge_history/{room}/{}", Action::admin_room_edit},
    {admin, post, "purge_room", Action::admin_room_edit},
    {admin, get, "fetch_event/{}", Action::admin_event},

    {admin, get, "users", Action::admin_users},
    {admin, get, "users/{user}", Action::admin_user},
    {admin, get, "users/{user}/admin|override_ratelimit|pushers", Action::admin_user},
    {admin, get, "auth_providers|threepid/{}/users/{}", Action::admin_user},
    {admin, get, "experimental_features/{user}*", Action::admin_user},
    {admin, put, "users/{user}", Action::admin_user_edit},
    {admin, put, "users/{user}/admin", Action::admin_user_edit},
    {admin, post | del, "users/{user}/override_ratelimit|shadow_ban", Action::admin_user_edit},
    {admin, post, "users/{user}/delete_devices", Action::admin_user_edit},
    {admin, put | del, "users/{user}/devices/{}", Action::admin_user_edit},
    {admin, post, "users/{user}/devices", Action::admin_user_edit},
    {admin, post, "users/{user}/_allow_cross_signing_replacement_without_uia",
     Action::admin_user_edit},
    {admin, post, "deactivate|reset_password/{user}", Action::admin_user_edit},
    {admin, put, "suspend/{user}", Action::admin_user_edit},
    {admin, put, "experimental_features/{user}*", Action::admin_user_edit},
    {admin, post, "user/{user}/redact*", Action::admin_user_edit},
    {admin, post, "users/{user}/login", Action::admin_user_login},
    {admin, get, "users/{user}/accountdata*", Action::admin_user_accountdata},
    {admin, get, "users/{user}/media", Action::admin_user_media},
    {admin, get, "users/{user}/devices", Action::admin_user_devices},
    {admin, get, "users/{user}/devices/{}", Action::admin_user_devices},
    {admin, get, "users/{user}/joined_rooms|memberships", Action::admin_user_rooms},
    {admin, get, "users/{user}/cumulative_joined_room_count|sent_invite_count*",
     Action::admin_user_rooms},
    {admin, get, "whois/{user}", Action::admin_whois},
    {admin, get, "search_users/{user}", Action::admin_search_users},

    {admin, get | del, "media/{server}/{media}", Action::admin_media},
    {admin, post, "media/quarantine|unquarantine/{server}/{media}", Action::admin_media},
    {admin, post, "media/protect|unprotect/{media}", Action::admin_media},
    {admin, get, "media/quarantine_changes", Action::admin_media},
    {admin, post, "media/delete", Action::admin_media},
    {admin, post, "media/{server}/delete", Action::admin_media},
    {admin, get, "room/{room}/media", Action::admin_media},
    {admin, post, "room/{room}/media/quarantine", Action::admin_media},
    {admin, post, "quarantine_media/{room}", Action::admin_media},
    {admin, post, "user/{user}/media/quarantine", Action::admin_media},
    {admin, del, "users/{user}/media", Action::admin_media},
    {admin, post, "purge_media_cache", Action::admin_media},

    {admin, get, "federation/destinations", Action::admin_federation},
    {admin, get, "federation/destinations/{server}", Action::admin_federation},
    {admin, get, "federation/destinations/{server}/rooms", Action::admin_federation},
    {admin, post, "federation/destinations/{server}/reset_connection", Action::admin_federation},
    {admin, get | post, "register", Action::admin_register},
    {admin, get, "registration_tokens", Action::admin_register},
    {admin, post, "registration_tokens/new", Action::admin_register},
    {admin, get | put | del, "registration_tokens/{}", Action::admin_register},
    {admin, get, "server_version|scheduled_tasks|event_reports|user_reports", Action::admin_server},
    {admin, get | del, "event_reports|user_reports/{}", Action::admin_server},
    {admin, get | post, "background_updates/enabled|status|start_job", Action::admin_server},
    {admin, get, "statistics/users/media", Action::admin_server},
    {admin, get, "statistics/database/rooms", Action::admin_server},
    {admin, transaction, "send_server_notice", Action::admin_server},

    {admin, any, "{}*", Action::admin_other},
});

}  // namespace

std::span<const Route> admin_routes() {
  return routes;
}

}  // namespace noci::routing
