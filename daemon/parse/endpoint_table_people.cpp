// Directories, people, keys and an account's own settings: synapse/rest/client/{directory,profile,
// presence,keys,account_data,push_rule,…}.py.

#include <array>

#include "parse/endpoint_table.hpp"

namespace noci::routing {
namespace {

constexpr Base client = Base::client;

constexpr auto routes = std::to_array<Route>({
    {client, get, "publicRooms", Action::public_rooms},
    {client, post, "publicRooms", Action::public_rooms_search},
    {client, get, "directory/room/{room}", Action::directory_alias},
    {client, put | del, "directory/room/{room}", Action::directory_alias_edit},
    {client, get | put | del, "directory/list/room/{room}", Action::directory_list_visibility},
    {client, put | del, "directory/list/appservice/{}/{room}", Action::directory_list_visibility},
    {client, post, "user_directory/search", Action::user_directory_search},

    // Without an end: /profile/@a:hs/junk is the whole profile. A name with a dot there is a custom
    // field (1.135+) and becomes profile_field.
    {client, get, "profile/{user}*", Action::profile},
    {client, get, "profile/{user}/displayname|avatar_url*", Action::profile_field},
    {client, put | del, "profile/{user}/{}*", Action::profile_set},
    {client, get, "uk.tcpip.msc4133/profile/{user}/{}*", Action::profile_field},
    {client, put | del, "uk.tcpip.msc4133/profile/{user}/{}*", Action::profile_set},
    {client, get | put, "presence/{user}/status*", Action::presence},
    {client, get, "mutual_rooms", Action::mutual_rooms},
    {client, get, "uk.half-shot.msc2666/user/mutual_rooms", Action::mutual_rooms},
    {client, get, "uk.half-shot.msc2666/user/mutual_rooms|shared_rooms/{user}*",
     Action::mutual_rooms},
    {client, get, "thirdparty/protocols*", Action::thirdparty},
    {client, get, "thirdparty/protocol/{}", Action::thirdparty},
    {client, get, "thirdparty/user|location", Action::thirdparty},
    {client, get, "thirdparty/user|location/{}", Action::thirdparty},

    {client, post, "keys/query", Action::keys_query},
    {client, post, "keys/claim", Action::keys_claim},
    {client, post, "org.matrix.msc3983/keys/claim", Action::keys_claim},
    {client, post, "keys/upload", Action::keys_upload},
    {client, post, "keys/upload/{}", Action::keys_upload},
    {client, get, "keys/changes", Action::keys_changes},
    {client, post, "keys/device_signing/upload", Action::keys_device_signing},
    {client, post, "keys/signatures/upload", Action::keys_signatures},

    {client, get | put | del, "user/{}/account_data/{}*", Action::account_data},
    {client, get | put | del, "user/{}/rooms/{room}/account_data/{}*", Action::account_data},
    {client, del, "org.matrix.msc3391/user/{}/account_data/{}*", Action::account_data},
    {client, del, "org.matrix.msc3391/user/{}/rooms/{room}/account_data/{}*", Action::account_data},
    {client, get | put | del, "user/{}/rooms/{room}/tags*", Action::tags},
    {client, get | post, "user/{}/filter*", Action::filter},
    {client, get | put | del, "pushrules/{}*", Action::push_rules},
    {client, get, "pushers", Action::pushers},
    {client, post, "pushers/set", Action::pushers},
    {client, get, "pushers/remove", Action::pushers},
});

}  // namespace

std::span<const Route> people_routes() {
  return routes;
}

}  // namespace noci::routing
