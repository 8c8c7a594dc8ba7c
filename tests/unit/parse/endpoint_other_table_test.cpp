// Media, federation, administration and services of the endpoint inventory, and what is none of it,
// written down from Synapse's documentation and sources and not from the table under test: method
// and path in, action out.

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

TEST_CASE("media endpoints are known under every prefix") {
  const Row rows[] = {
      {"GET", "/_matrix/media/r0/download/hs/ID", Action::media_download_legacy},
      {"GET", "/_matrix/media/v1/download/hs/ID", Action::media_download_legacy},
      {"GET", "/_matrix/media/v3/download/hs/ID", Action::media_download_legacy},
      {"GET", "/_matrix/media/v3/download/hs/ID/file.pdf", Action::media_download_legacy},
      {"GET", "/_matrix/media/v3/download/hs/ID/a/b/c", Action::media_download_legacy},
      {"GET", "/_matrix/media/r0/thumbnail/hs/ID", Action::media_thumbnail_legacy},
      {"GET", "/_matrix/client/v1/media/download/hs/ID", Action::media_download},
      {"GET", "/_matrix/client/v1/media/download/hs/ID/file.pdf", Action::media_download},
      {"GET", "/_matrix/client/v1/media/thumbnail/hs/ID", Action::media_thumbnail},
      {"GET", "/_matrix/client/unstable/org.matrix.msc3916/media/thumbnail/hs/ID",
       Action::media_thumbnail},
      {"GET", "/_matrix/media/v3/preview_url", Action::media_preview},
      {"GET", "/_matrix/client/v1/media/preview_url", Action::media_preview},
      {"GET", "/_matrix/media/v3/config", Action::media_config},
      {"GET", "/_matrix/client/v1/media/config", Action::media_config},
      {"POST", "/_matrix/media/v3/upload", Action::media_upload},
      {"PUT", "/_matrix/media/v3/upload/hs/ID", Action::media_upload},
      {"POST", "/_matrix/media/v1/create", Action::media_create},
      {"GET", "/_matrix/federation/v1/media/download/ID", Action::fed_media_download},
      {"GET", "/_matrix/federation/v1/media/thumbnail/ID", Action::fed_media_thumbnail},
  };
  for (const Row& row : rows) {
    check(row);
  }
}

TEST_CASE("federation endpoints are known, with the optional slash where Synapse takes it") {
  const Row rows[] = {
      {"PUT", "/_matrix/federation/v1/send/123", Action::fed_send},
      {"PUT", "/_matrix/federation/v1/send/123/", Action::fed_send},
      {"GET", "/_matrix/federation/v1/event/$e", Action::fed_event},
      {"GET", "/_matrix/federation/v1/event/$e/", Action::fed_event},
      {"GET", "/_matrix/federation/v1/state/!r:hs/", Action::fed_state},
      {"GET", "/_matrix/federation/v1/state_ids/!r:hs", Action::fed_state_ids},
      {"GET", "/_matrix/federation/v1/backfill/!r:hs", Action::fed_backfill},
      {"POST", "/_matrix/federation/v1/get_missing_events/!r:hs", Action::fed_missing_events},
      {"GET", "/_matrix/federation/v1/timestamp_to_event/!r:hs", Action::fed_timestamp_to_event},
      {"GET", "/_matrix/federation/unstable/org.matrix.msc3030/timestamp_to_event/!r:hs",
       Action::fed_timestamp_to_event},
      {"GET", "/_matrix/federation/v1/event_auth/!r:hs/$e", Action::fed_event_auth},
      {"GET", "/_matrix/federation/v1/event_auth/!r:hs/$e/", Action::unknown},
      {"GET", "/_matrix/federation/v1/make_join/!r:hs/@u:o", Action::fed_make_join},
      {"PUT", "/_matrix/federation/v1/send_join/!r:hs/$e", Action::fed_send_join},
      {"PUT", "/_matrix/federation/v2/send_join/!r:hs/$e", Action::fed_send_join},
      {"GET", "/_matrix/federation/v1/make_leave/!r:hs/@u:o", Action::fed_make_leave},
      {"PUT", "/_matrix/federation/v2/send_leave/!r:hs/$e", Action::fed_send_leave},
      {"GET", "/_matrix/federation/v1/make_knock/!r:hs/@u:o", Action::fed_make_knock},
      {"PUT", "/_matrix/federation/v1/send_knock/!r:hs/$e", Action::fed_send_knock},
      {"PUT", "/_matrix/federation/v2/invite/!r:hs/$e", Action::fed_invite},
      {"PUT", "/_matrix/federation/v1/exchange_third_party_invite/!r:hs",
       Action::fed_exchange_3pid_invite},
      {"GET", "/_matrix/federation/v1/publicRooms", Action::fed_public_rooms},
      {"POST", "/_matrix/federation/v1/publicRooms", Action::fed_public_rooms},
      {"GET", "/_matrix/federation/v1/query/profile", Action::fed_query_profile},
      {"GET", "/_matrix/federation/v1/query/directory", Action::fed_query_directory},
      {"GET", "/_matrix/federation/v1/query/client_keys", Action::fed_query_other},
      {"GET", "/_matrix/federation/v1/user/devices/@u:hs", Action::fed_user_devices},
      {"POST", "/_matrix/federation/v1/user/keys/query", Action::fed_keys_query},
      {"POST", "/_matrix/federation/unstable/user/keys/claim", Action::fed_keys_claim},
      {"GET", "/_matrix/federation/v1/hierarchy/!r:hs", Action::fed_hierarchy},
      {"GET", "/_matrix/federation/unstable/org.matrix.msc2946/spaces/!r:hs",
       Action::fed_hierarchy},
      {"GET", "/_matrix/federation/v1/openid/userinfo", Action::fed_openid_userinfo},
      {"GET", "/_matrix/federation/v1/version", Action::fed_version},
      {"GET", "/_matrix/federation/unstable/rooms/!r:hs/complexity", Action::fed_complexity},
      {"GET", "/_matrix/federation/unstable/org.matrix.msc4370/extremities/!r:hs",
       Action::fed_extremities},
      {"POST", "/_matrix/federation/unstable/org.matrix.msc3720/query/account_status",
       Action::fed_account_status},
      {"POST", "/_matrix/federation/v1/3pid/onbind", Action::fed_3pid_onbind},
      {"GET", "/_matrix/federation/v1/groups/+g:hs/profile", Action::fed_groups},
      {"GET", "/_matrix/key/v2/server", Action::key_server},
      {"GET", "/_matrix/key/v2/server/ed25519:a", Action::key_server},
      {"GET", "/_matrix/key/v2/query/other.example", Action::key_server},
      {"POST", "/_matrix/key/v2/query", Action::key_server},
  };
  for (const Row& row : rows) {
    check(row);
  }
}

TEST_CASE("admin endpoints are known, and what is not named is admin_other") {
  const Row rows[] = {
      {"GET", "/_synapse/admin/v1/rooms", Action::admin_rooms},
      {"GET", "/_synapse/admin/v1/rooms/!r:hs", Action::admin_rooms},
      {"GET", "/_synapse/admin/v2/rooms/delete_status/id", Action::admin_rooms},
      {"GET", "/_synapse/admin/v2/rooms/!r:hs/delete_status", Action::admin_rooms},
      {"GET", "/_synapse/admin/v1/rooms/!r:hs/messages", Action::admin_room_messages},
      {"GET", "/_synapse/admin/v1/rooms/!r:hs/context/$e", Action::admin_room_context},
      {"GET", "/_synapse/admin/v1/rooms/!r:hs/state", Action::admin_room_state},
      {"GET", "/_synapse/admin/v1/rooms/!r:hs/members", Action::admin_room_members},
      {"GET", "/_synapse/admin/v1/rooms/!r:hs/hierarchy", Action::admin_room_hierarchy},
      {"DELETE", "/_synapse/admin/v2/rooms/!r:hs", Action::admin_room_edit},
      {"PUT", "/_synapse/admin/v1/rooms/!r:hs/block", Action::admin_room_edit},
      {"POST", "/_synapse/admin/v1/join/!r:hs", Action::admin_room_edit},
      {"GET", "/_synapse/admin/v1/fetch_event/$e", Action::admin_event},
      {"GET", "/_synapse/admin/v2/users", Action::admin_users},
      {"GET", "/_synapse/admin/v3/users", Action::admin_users},
      {"GET", "/_synapse/admin/v2/users/@a:hs", Action::admin_user},
      {"PUT", "/_synapse/admin/v2/users/@a:hs", Action::admin_user_edit},
      {"POST", "/_synapse/admin/v1/deactivate/@a:hs", Action::admin_user_edit},
      {"PUT", "/_synapse/admin/v1/suspend/@a:hs", Action::admin_user_edit},
      {"POST", "/_synapse/admin/v1/reset_password/@a:hs", Action::admin_user_edit},
      {"DELETE", "/_synapse/admin/v1/users/@a:hs/shadow_ban", Action::admin_user_edit},
      {"POST", "/_synapse/admin/v2/users/@a:hs/delete_devices", Action::admin_user_edit},
      {"POST", "/_synapse/admin/v1/users/@a:hs/login", Action::admin_user_login},
      {"GET", "/_synapse/admin/v1/users/@a:hs/accountdata", Action::admin_user_accountdata},
      {"GET", "/_synapse/admin/v1/users/@a:hs/media", Action::admin_user_media},
      {"GET", "/_synapse/admin/v2/users/@a:hs/devices", Action::admin_user_devices},
      {"GET", "/_synapse/admin/v1/users/@a:hs/joined_rooms", Action::admin_user_rooms},
      {"GET", "/_synapse/admin/v1/users/@a:hs/cumulative_joined_room_count",
       Action::admin_user_rooms},
      {"GET", "/_synapse/admin/v1/whois/@a:hs", Action::admin_whois},
      {"GET", "/_matrix/client/v3/admin/whois/@a:hs", Action::admin_whois},
      {"GET", "/_matrix/client/r0/admin/whois/@a:hs", Action::admin_whois},
      {"GET", "/_synapse/admin/v1/search_users/@a:hs", Action::admin_search_users},
      {"POST", "/_synapse/admin/v1/media/quarantine/hs/ID", Action::admin_media},
      {"POST", "/_synapse/admin/v1/room/!r:hs/media/quarantine", Action::admin_media},
      {"DELETE", "/_synapse/admin/v1/media/hs/ID", Action::admin_media},
      {"GET", "/_synapse/admin/v1/federation/destinations/o.example/rooms",
       Action::admin_federation},
      {"POST", "/_synapse/admin/v1/register", Action::admin_register},
      {"GET", "/_synapse/admin/v1/server_version", Action::admin_server},
      {"GET", "/_synapse/admin/v1/event_reports", Action::admin_server},
      {"GET", "/_synapse/admin/v1/statistics/users/media", Action::admin_server},
      {"GET", "/_synapse/admin/v1/something/new", Action::admin_other},
      {"GET", "/_synapse/admin/v9/users", Action::unknown},
  };
  for (const Row& row : rows) {
    check(row);
  }
}

TEST_CASE("service endpoints are known") {
  const Row rows[] = {
      {"POST", "/_synapse/replication/fed_send_events/abc", Action::replication},
      {"GET", "/_synapse/replication/get_repl_stream_updates/events", Action::replication},
      {"GET", "matrix-federation://o.example/_matrix/federation/v1/backfill/!r:hs",
       Action::outbound_proxy},
      {"POST", "/_synapse/mas/upsert_device", Action::mas_internal},
      {"GET", "/_synapse/metrics", Action::metrics},
      {"GET", "/health", Action::health},
      {"GET", "/.well-known/matrix/client", Action::well_known},
      {"GET", "/.well-known/matrix/server", Action::well_known},
      {"GET", "/_matrix/static/", Action::static_files},
      {"GET", "/_matrix/static/client/login/style.css", Action::static_files},
      {"GET", "/_matrix/consent", Action::consent},
      {"GET", "/_synapse/client/saml2/metadata.xml", Action::sso_pages},
      {"POST", "/_synapse/client/unsubscribe", Action::unsubscribe},
      {"GET", "/_synapse/client/password_reset/email/submit_token", Action::password_reset},
  };
  for (const Row& row : rows) {
    check(row);
  }
}

TEST_CASE("what Synapse answers with 404 or 405 is unknown") {
  const Row rows[] = {
      {"POST", "/_matrix/client/v3/rooms/!r:hs/messages", Action::unknown},
      {"DELETE", "/_matrix/client/v3/sync", Action::unknown},
      {"get", "/_matrix/client/v3/account/whoami", Action::unknown},
      {"FOO", "/_matrix/client/v3/account/whoami", Action::unknown},
      {"GE\"T", "/_matrix/client/v3/account/whoami", Action::unknown},
      {"TRACE", "/_matrix/client/v3/account/whoami", Action::unknown},
      {"OPTIONS", "/_matrix/client/v3/sync", Action::unknown},
      {"POST", "/_matrix/client/v3/join/!r:hs/txn", Action::unknown},
      {"PUT", "/_matrix/client/v3/join/!r:hs", Action::unknown},
      {"GET", "//_matrix//client//versions", Action::unknown},
      {"GET", "/_matrix/client/v3/sync/", Action::unknown},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/messages/", Action::unknown},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/messagesjunk", Action::unknown},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/messages;x=1", Action::unknown},
      {"GET", "/_matrix/client/versions#frag", Action::unknown},
      {"GET", "http://hs.example/_matrix/client/versions", Action::unknown},
      {"CONNECT", "evil.example:443", Action::unknown},
      {"GET", "/_matrix/client/v2_alpha/sync", Action::unknown},
      {"GET", "/_matrix/client/v3/rooms/!r:hs/%6d%65ssages", Action::unknown},
      {"GET", "/_matrix/clien%74/v3/sync", Action::unknown},
      {"GET", "/_synapse/%61dmin/v1/rooms", Action::unknown},
      {"GET", "/_matrix/client/v3/nope", Action::unknown},
      {"GET", "/_matrix/media/v3/download/hs", Action::unknown},
      {"GET", "/_matrix/media/v4/download/hs/ID", Action::unknown},
      {"GET", "/wp-login.php", Action::unknown},
      {"GET", "/", Action::unknown},
      {"GET", "", Action::unknown},
      {"", "", Action::unknown},
  };
  for (const Row& row : rows) {
    check(row);
  }
}
