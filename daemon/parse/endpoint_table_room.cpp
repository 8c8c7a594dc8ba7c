// Rooms: reading, membership, sending. synapse/rest/client/{sync,events,room,relations,…}.py.

#include <array>

#include "parse/endpoint_table.hpp"

namespace noci::routing {
namespace {

constexpr Base client = Base::client;

constexpr auto routes = std::to_array<Route>({
    {client, get, "sync", Action::sync},
    {client, post, "org.matrix.simplified_msc3575/sync", Action::sliding_sync},
    {client, post, "org.matrix.msc3575/sync/e2ee", Action::sliding_sync_e2ee},
    {client, get, "events", Action::event_stream},
    {client, get, "events/{}", Action::event_by_id},
    {client, get, "initialSync", Action::initial_sync},
    {client, get, "rooms/{room}/initialSync", Action::room_initial_sync},
    {client, get, "rooms/{room}/messages", Action::room_messages},
    {client, get, "rooms/{room}/context/{}", Action::room_context},
    {client, get, "rooms/{room}/event/{}", Action::room_event},
    {client, get, "rooms/{room}/relations/{}", Action::room_relations},
    {client, get, "rooms/{room}/relations/{}/{}", Action::room_relations},
    {client, get, "rooms/{room}/relations/{}/{}/{}", Action::room_relations},
    {client, get, "rooms/{room}/aggregations/{}*", Action::room_aggregations},
    {client, get, "rooms/{room}/threads*", Action::room_threads},
    {client, get, "rooms/{room}/timestamp_to_event", Action::room_timestamp_to_event},
    {client, get, "org.matrix.msc3030/rooms/{room}/timestamp_to_event",
     Action::room_timestamp_to_event},
    {client, get, "rooms/{room}/state", Action::room_state},
    {client, get, "rooms/{room}/state/{type}", Action::room_state_event},
    {client, get, "rooms/{room}/state/{type}/{key}", Action::room_state_event},
    {client, get, "rooms/{room}/members", Action::room_members},
    {client, get, "rooms/{room}/joined_members", Action::room_joined_members},
    {client, get, "rooms/{room}/aliases", Action::room_aliases},
    {client, get, "org.matrix.msc2432/rooms/{room}/aliases", Action::room_aliases},
    {client, get, "rooms/{room}/hierarchy", Action::room_hierarchy},
    {client, get | post, "org.matrix.msc2946/rooms/{room}/hierarchy|spaces",
     Action::room_hierarchy},
    {client, get, "room_summary/{room}", Action::room_summary},
    {client, get, "im.nheko.summary/summary/{room}", Action::room_summary},
    {client, get, "im.nheko.summary/rooms/{room}/summary", Action::room_summary},
    {client, post, "search", Action::search},
    {client, get, "notifications", Action::notifications},
    {client, get, "joined_rooms", Action::joined_rooms},

    {client, get | put | del, "room_keys/keys", Action::room_key_backup},
    {client, get | put | del, "room_keys/keys/{room}", Action::room_key_backup},
    {client, get | put | del, "room_keys/keys/{room}/{}", Action::room_key_backup},
    {client, get | post, "room_keys/version", Action::room_key_backup},
    {client, get | put | del, "room_keys/version/{}", Action::room_key_backup},
    {client, any, "org.matrix.msc4140/delayed_events", Action::delayed_events},
    {client, any, "org.matrix.msc4140/delayed_events/{}", Action::delayed_events},
    {client, any, "org.matrix.msc4140/delayed_events/{}/cancel|restart|send",
     Action::delayed_events},
    {client, any, "io.element.msc4306/rooms/{room}/thread/{}/subscription",
     Action::thread_subscriptions},
    {client, get, "io.element.msc4308/thread_subscriptions", Action::thread_subscriptions},

    {client, transaction, "join/{room}", Action::room_join},
    {client, transaction, "rooms/{room}/join", Action::room_join},
    {client, transaction, "createRoom", Action::room_create},
    {client, post | put, "knock/{room}*", Action::room_knock},
    {client, transaction, "rooms/{room}/invite", Action::room_invite},
    {client, transaction, "rooms/{room}/kick", Action::room_kick},
    {client, transaction, "rooms/{room}/ban", Action::room_ban},
    {client, transaction, "rooms/{room}/unban", Action::room_unban},
    {client, transaction, "rooms/{room}/leave", Action::room_leave},
    {client, transaction, "rooms/{room}/forget", Action::room_forget},
    {client, post, "rooms/{room}/upgrade", Action::room_upgrade},

    {client, transaction, "rooms/{room}/send/{}", Action::room_send},
    {client, transaction, "rooms/{room}/send_relation/{}/{}/{}", Action::room_send},  // ≤ 1.56
    // room_join_state when the decoded {type} is m.room.member.
    {client, put, "rooms/{room}/state/{type}", Action::room_set_state},
    {client, put, "rooms/{room}/state/{type}/{key}", Action::room_set_state},
    {client, transaction, "rooms/{room}/redact/{}", Action::room_redact},
    {client, post, "org.matrix.msc2716/rooms/{room}/batch_send", Action::room_batch_send},
    {client, post, "rooms/{room}/receipt/{}/{}", Action::receipt},
    {client, post, "rooms/{room}/read_markers", Action::read_marker},
    {client, put, "rooms/{room}/typing/{}", Action::typing},
    {client, put, "sendToDevice/{}/{}", Action::to_device},
    {client, post, "rooms/{room}/report", Action::report},
    {client, post, "rooms/{room}/report/{}", Action::report},
    {client, post, "org.matrix.msc4151/rooms/{room}/report", Action::report},
    {client, post, "users/{user}/report", Action::report},
});

}  // namespace

std::span<const Route> room_routes() {
  return routes;
}

}  // namespace noci::routing
