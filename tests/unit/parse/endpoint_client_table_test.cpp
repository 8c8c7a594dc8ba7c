// The client-server part of the endpoint inventory, written down from Synapse's documentation and
// sources and not from the table under test: method and path in, action out.

#include <string>
#include <string_view>

#include "parse/endpoint.hpp"
#include "support/catch.hpp"

using namespace noci;

namespace {

struct Row {
  const char* method;
  const char* path;
  Action action;
};

void check(const Row& row) {
  Arena arena;
  CAPTURE(row.method, row.path);
  REQUIRE(name_of(classify(row.method, row.path, "", arena).action) == name_of(row.action));
}

}  // namespace

TEST_CASE("session and account endpoints are known") {
  const Row rows[] = {
      {"GET", "/_matrix/client/r0/login", Action::login_flows},
      {"POST", "/_matrix/client/api/v1/login", Action::login},
      {"POST", "/_matrix/client/unstable/login", Action::login},
      {"GET", "/_matrix/client/r0/login/cas/redirect", Action::login_sso_redirect},
      {"GET", "/_matrix/client/v3/login/sso/redirect", Action::login_sso_redirect},
      {"GET", "/_matrix/client/v3/login/sso/redirect/oidc-github", Action::login_sso_redirect},
      {"GET", "/_matrix/client/v3/login/cas/ticket", Action::login_cas_ticket},
      {"GET", "/_matrix/client/v3/login/cas/ticketjunk", Action::login_cas_ticket},
      {"GET", "/_synapse/client/oidc/callback", Action::sso_callback},
      {"POST", "/_synapse/client/oidc/callback", Action::sso_callback},
      {"GET", "/_synapse/oidc/callback", Action::sso_callback},
      {"POST", "/_synapse/client/saml2/authn_response", Action::sso_callback},
      {"POST", "/_matrix/saml2/authn_response", Action::sso_callback},
      {"GET", "/_synapse/client/pick_idp", Action::sso_callback},
      {"GET", "/_synapse/client/pick_username/account_details", Action::sso_callback},
      {"POST", "/_synapse/client/new_user_consent", Action::sso_callback},
      {"GET", "/_synapse/client/sso_register", Action::sso_callback},
      {"POST", "/_synapse/client/oidc/backchannel_logout", Action::sso_backchannel_logout},
      {"POST", "/_matrix/client/v1/login/get_token", Action::login_get_token},
      {"POST", "/_matrix/client/unstable/org.matrix.msc3882/login/token", Action::login_get_token},
      {"POST", "/_matrix/client/v3/refresh", Action::token_refresh},
      {"POST", "/_matrix/client/v1/refresh", Action::token_refresh},
      {"POST", "/_matrix/client/unstable/org.matrix.msc2918.refresh_token/refresh",
       Action::token_refresh},
      {"POST", "/_matrix/client/r0/tokenrefresh", Action::token_refresh_legacy},
      {"POST", "/_matrix/client/v3/logout", Action::logout},
      {"POST", "/_matrix/client/v3/logout/all", Action::logout_all},
      {"POST", "/_matrix/client/v3/register", Action::register_account},
      {"GET", "/_matrix/client/v3/register/available", Action::register_probe},
      {"POST", "/_matrix/client/v3/register/email/requestToken", Action::register_probe},
      {"POST", "/_matrix/client/v3/register/msisdn/requestToken", Action::register_probe},
      {"GET", "/_matrix/client/v1/register/m.login.registration_token/validity",
       Action::register_probe},
      {"GET", "/_matrix/client/v3/account/whoami", Action::whoami},
      {"POST", "/_matrix/client/v3/account/password", Action::account_password},
      {"POST", "/_matrix/client/v3/account/password/email/requestToken", Action::account_password},
      {"POST", "/_matrix/client/v3/account/deactivate", Action::account_deactivate},
      {"GET", "/_matrix/client/v3/account/3pid", Action::account_3pid},
      {"POST", "/_matrix/client/v3/account/3pid", Action::account_3pid},
      {"POST", "/_matrix/client/v3/account/3pid/add", Action::account_3pid},
      {"POST", "/_matrix/client/v3/account/3pid/bind", Action::account_3pid},
      {"POST", "/_matrix/client/v3/account/3pid/unbind", Action::account_3pid},
      {"POST", "/_matrix/client/v3/account/3pid/delete", Action::account_3pid},
      {"POST", "/_matrix/client/v3/account/3pid/msisdn/requestToken", Action::account_3pid},
      {"POST", "/_matrix/client/unstable/org.matrix.msc3720/account_status",
       Action::account_status},
      {"POST", "/_matrix/client/v3/user/@a:hs/openid/request_token", Action::openid_token},
      {"GET", "/_matrix/client/r0/auth/m.login.recaptcha/fallback/web", Action::uia_fallback},
      {"POST", "/_matrix/client/r0/auth/m.login.terms/fallback/web", Action::uia_fallback},
      {"GET", "/_matrix/client/v1/auth_metadata", Action::auth_metadata},
      {"GET", "/_matrix/client/unstable/org.matrix.msc2965/auth_metadata", Action::auth_metadata},
      {"GET", "/_matrix/client/v3/devices", Action::devices},
      {"GET", "/_matrix/client/v3/devices/ABC", Action::devices},
      {"PUT", "/_matrix/client/v3/devices/ABC", Action::devices_edit},
      {"DELETE", "/_matrix/client/v3/devices/ABC", Action::devices_edit},
      {"POST", "/_matrix/client/v3/delete_devices", Action::devices_edit},
      {"POST", "/_matrix/client/v3/delete_devices/junk", Action::devices_edit},
      {"POST", "/_matrix/client/unstable/org.matrix.msc4108/rendezvous", Action::rendezvous},
      {"PUT", "/_synapse/client/rendezvous/01HX", Action::rendezvous},
      {"POST", "/_matrix/client/unstable/io.element.msc4388/rendezvous", Action::rendezvous},
      {"GET", "/_matrix/client/v3/capabilities", Action::capabilities},
      {"GET", "/_matrix/client/versions", Action::versions},
      {"GET", "/_matrix/client/r0/password_policy", Action::password_policy},
      {"GET", "/_matrix/client/v3/voip/turnServer", Action::turn_server},
      {"POST", "/_matrix/client/v1/appservice/telegram/ping", Action::appservice_ping},
      {"GET", "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports", Action::matrixrtc},
      {"GET", "/_matrix/client/unstable/org.matrix.msc1763/retention/configuration",
       Action::retention},
  };
  for (const Row& row : rows) {
    check(row);
  }
}

TEST_CASE("sync and room reading endpoints are known") {
  const Row rows[] = {
      {"GET", "/_matrix/client/v3/sync", Action::sync},
      {"GET", "/_matrix/client/r0/sync", Action::sync},
      {"GET", "/_matrix/client/unstable/sync", Action::sync},
      {"POST", "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync", Action::sliding_sync},
      {"POST", "/_matrix/client/unstable/org.matrix.msc3575/sync/e2ee", Action::sliding_sync_e2ee},
      {"GET", "/_matrix/client/api/v1/events", Action::event_stream},
      {"GET", "/_matrix/client/v3/events/$e", Action::event_by_id},
      {"GET", "/_matrix/client/v3/initialSync", Action::initial_sync},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/initialSync", Action::room_initial_sync},
      {"GET", "/_matrix/client/api/v1/rooms/!r:hs/messages", Action::room_messages},
      {"GET", "/_matrix/client/r0/rooms/!r:hs/messages", Action::room_messages},
      {"GET", "/_matrix/client/v1/rooms/!r:hs/messages", Action::room_messages},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/messages", Action::room_messages},
      {"GET", "/_matrix/client/unstable/rooms/!r:hs/messages", Action::room_messages},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/context/$e", Action::room_context},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/event/$e", Action::room_event},
      {"GET", "/_matrix/client/v1/rooms/!r:hs/relations/$e", Action::room_relations},
      {"GET", "/_matrix/client/v1/rooms/!r:hs/relations/$e/m.thread", Action::room_relations},
      {"GET", "/_matrix/client/unstable/rooms/!r:hs/relations/$e/m.thread/m.room.message",
       Action::room_relations},
      {"GET", "/_matrix/client/unstable/rooms/!r:hs/aggregations/$e/m.annotation/m.reaction/k",
       Action::room_aggregations},
      {"GET", "/_matrix/client/v1/rooms/!r:hs/threads", Action::room_threads},
      {"GET", "/_matrix/client/v1/rooms/!r:hs/threadsjunk", Action::room_threads},
      {"GET", "/_matrix/client/v1/rooms/!r:hs/threads/junk", Action::room_threads},
      {"GET", "/_matrix/client/v1/rooms/!r:hs/timestamp_to_event", Action::room_timestamp_to_event},
      {"GET", "/_matrix/client/unstable/org.matrix.msc3030/rooms/!r:hs/timestamp_to_event",
       Action::room_timestamp_to_event},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/state", Action::room_state},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/state/m.room.name", Action::room_state_event},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/state/m.room.name/", Action::room_state_event},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/members", Action::room_members},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/joined_members", Action::room_joined_members},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/aliases", Action::room_aliases},
      {"GET", "/_matrix/client/unstable/org.matrix.msc2432/rooms/!r:hs/aliases",
       Action::room_aliases},
      {"GET", "/_matrix/client/v1/rooms/!r:hs/hierarchy", Action::room_hierarchy},
      {"GET", "/_matrix/client/unstable/org.matrix.msc2946/rooms/!r:hs/hierarchy",
       Action::room_hierarchy},
      {"POST", "/_matrix/client/unstable/org.matrix.msc2946/rooms/!r:hs/spaces",
       Action::room_hierarchy},
      {"GET", "/_matrix/client/v1/room_summary/!r:hs", Action::room_summary},
      {"GET", "/_matrix/client/unstable/im.nheko.summary/summary/!r:hs", Action::room_summary},
      {"GET", "/_matrix/client/unstable/im.nheko.summary/rooms/!r:hs/summary",
       Action::room_summary},
      {"POST", "/_matrix/client/v3/search", Action::search},
      {"GET", "/_matrix/client/v3/notifications", Action::notifications},
      {"GET", "/_matrix/client/v3/joined_rooms", Action::joined_rooms},
      {"GET", "/_matrix/client/v3/room_keys/keys", Action::room_key_backup},
      {"PUT", "/_matrix/client/v3/room_keys/keys/!r:hs", Action::room_key_backup},
      {"DELETE", "/_matrix/client/v3/room_keys/keys/!r:hs/session", Action::room_key_backup},
      {"GET", "/_matrix/client/v3/room_keys/version", Action::room_key_backup},
      {"GET", "/_matrix/client/v3/room_keys/version/3", Action::room_key_backup},
      {"PUT", "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device",
       Action::dehydrated_device},
      {"POST", "/_matrix/client/unstable/org.matrix.msc2697.v2/dehydrated_device/claim",
       Action::dehydrated_device},
      {"GET", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events", Action::delayed_events},
      {"POST", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/id/send",
       Action::delayed_events},
      {"GET", "/_matrix/client/unstable/io.element.msc4308/thread_subscriptions",
       Action::thread_subscriptions},
      {"PUT", "/_matrix/client/unstable/io.element.msc4306/rooms/!r:hs/thread/$e/subscription",
       Action::thread_subscriptions},
  };
  for (const Row& row : rows) {
    check(row);
  }
}

TEST_CASE("membership and sending endpoints are known, with their transaction twins") {
  const Row rows[] = {
      {"POST", "/_matrix/client/v3/join/!r:hs", Action::room_join},
      {"PUT", "/_matrix/client/v3/join/!r:hs/txn1", Action::room_join},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/join", Action::room_join},
      {"PUT", "/_matrix/client/api/v1/rooms/!r:hs/join/txn1", Action::room_join},
      {"PUT", "/_matrix/client/v3/rooms/!r:hs/state/m.room.member/@me:hs", Action::room_join_state},
      {"POST", "/_matrix/client/v3/createRoom", Action::room_create},
      {"PUT", "/_matrix/client/v3/createRoom/txn", Action::room_create},
      {"POST", "/_matrix/client/v3/knock/!r:hs", Action::room_knock},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/invite", Action::room_invite},
      {"PUT", "/_matrix/client/v3/rooms/!r:hs/invite/t", Action::room_invite},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/kick", Action::room_kick},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/ban", Action::room_ban},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/unban", Action::room_unban},
      {"PUT", "/_matrix/client/v3/rooms/!r:hs/leave/t", Action::room_leave},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/forget", Action::room_forget},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/upgrade", Action::room_upgrade},
      {"PUT", "/_matrix/client/v3/rooms/!r:hs/send/m.room.message/t", Action::room_send},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/send/m.room.message", Action::room_send},
      {"PUT", "/_matrix/client/v3/rooms/!r:hs/state/m.room.topic", Action::room_set_state},
      {"PUT", "/_matrix/client/v3/rooms/!r:hs/state/m.room.topic/", Action::room_set_state},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/redact/$e", Action::room_redact},
      {"PUT", "/_matrix/client/v3/rooms/!r:hs/redact/$e/t", Action::room_redact},
      {"POST", "/_matrix/client/unstable/org.matrix.msc2716/rooms/!r:hs/batch_send",
       Action::room_batch_send},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/receipt/m.read/$e", Action::receipt},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/read_markers", Action::read_marker},
      {"PUT", "/_matrix/client/v3/rooms/!r:hs/typing/@me:hs", Action::typing},
      {"PUT", "/_matrix/client/v3/sendToDevice/m.room.encrypted/t", Action::to_device},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/report/$e", Action::report},
      {"POST", "/_matrix/client/v3/rooms/!r:hs/report", Action::report},
      {"POST", "/_matrix/client/v3/users/@a:hs/report", Action::report},
  };
  for (const Row& row : rows) {
    check(row);
  }
}

TEST_CASE("directory, people and key endpoints are known") {
  const Row rows[] = {
      {"GET", "/_matrix/client/v3/publicRooms", Action::public_rooms},
      {"POST", "/_matrix/client/v3/publicRooms", Action::public_rooms_search},
      {"GET", "/_matrix/client/v3/directory/room/%23a:hs", Action::directory_alias},
      {"PUT", "/_matrix/client/v3/directory/room/%23a:hs", Action::directory_alias_edit},
      {"DELETE", "/_matrix/client/v3/directory/room/%23a:hs", Action::directory_alias_edit},
      {"GET", "/_matrix/client/v3/directory/list/room/!r:hs", Action::directory_list_visibility},
      {"PUT", "/_matrix/client/v3/directory/list/room/!r:hs", Action::directory_list_visibility},
      {"POST", "/_matrix/client/v3/user_directory/search", Action::user_directory_search},
      {"GET", "/_matrix/client/v3/profile/@a:hs", Action::profile},
      {"GET", "/_matrix/client/v3/profile/@a:hs/junk", Action::profile},
      {"GET", "/_matrix/client/v3/profile/@a:hs/displayname", Action::profile_field},
      {"GET", "/_matrix/client/api/v1/profile/@a:hs/avatar_url", Action::profile_field},
      {"GET", "/_matrix/client/v3/profile/@a:hs/m.tz", Action::profile_field},
      {"GET", "/_matrix/client/unstable/uk.tcpip.msc4133/profile/@a:hs/us.cloke.msc4175.tz",
       Action::profile_field},
      {"PUT", "/_matrix/client/v3/profile/@a:hs/displayname", Action::profile_set},
      {"DELETE", "/_matrix/client/v3/profile/@a:hs/m.tz", Action::profile_set},
      {"GET", "/_matrix/client/v3/presence/@a:hs/status", Action::presence},
      {"PUT", "/_matrix/client/v3/presence/@a:hs/status", Action::presence},
      {"GET", "/_matrix/client/v1/mutual_rooms", Action::mutual_rooms},
      {"GET", "/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms",
       Action::mutual_rooms},
      {"GET", "/_matrix/client/unstable/uk.half-shot.msc2666/user/shared_rooms/@a:hs",
       Action::mutual_rooms},
      {"GET", "/_matrix/client/v3/thirdparty/protocols", Action::thirdparty},
      {"GET", "/_matrix/client/v3/thirdparty/protocol/irc", Action::thirdparty},
      {"GET", "/_matrix/client/v3/thirdparty/user/irc", Action::thirdparty},
      {"GET", "/_matrix/client/v3/thirdparty/location", Action::thirdparty},
      {"POST", "/_matrix/client/v3/keys/query", Action::keys_query},
      {"POST", "/_matrix/client/v3/keys/claim", Action::keys_claim},
      {"POST", "/_matrix/client/v3/keys/upload", Action::keys_upload},
      {"POST", "/_matrix/client/r0/keys/upload/DEVICE", Action::keys_upload},
      {"GET", "/_matrix/client/v3/keys/changes", Action::keys_changes},
      {"POST", "/_matrix/client/v3/keys/device_signing/upload", Action::keys_device_signing},
      {"POST", "/_matrix/client/v3/keys/signatures/upload", Action::keys_signatures},
      {"GET", "/_matrix/client/v3/user/@a:hs/account_data/m.direct", Action::account_data},
      {"PUT", "/_matrix/client/v3/user/@a:hs/rooms/!r:hs/account_data/m.tag", Action::account_data},
      {"GET", "/_matrix/client/v3/user/@a:hs/rooms/!r:hs/tags", Action::tags},
      {"PUT", "/_matrix/client/v3/user/@a:hs/rooms/!r:hs/tags/m.favourite", Action::tags},
      {"POST", "/_matrix/client/v3/user/@a:hs/filter", Action::filter},
      {"GET", "/_matrix/client/v3/user/@a:hs/filter/0", Action::filter},
      {"GET", "/_matrix/client/v3/pushrules/", Action::push_rules},
      {"PUT", "/_matrix/client/v3/pushrules/global/content/x", Action::push_rules},
      {"GET", "/_matrix/client/v3/pushers", Action::pushers},
      {"POST", "/_matrix/client/v3/pushers/set", Action::pushers},
  };
  for (const Row& row : rows) {
    check(row);
  }
}
