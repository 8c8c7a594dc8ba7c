#pragma once
// What a request was for: one name per endpoint class of Synapse (docs/events.md says which paths
// each covers), and the classes of the other log lines noci understands. A name is spelt the same
// in C++, in rules (`event.action: room_join`), in metrics and in `noci explain`.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace noci {

enum class Action : std::uint8_t {
  unknown, login_flows, login, login_sso_redirect, login_cas_ticket, sso_callback,
  sso_backchannel_logout, login_get_token, token_refresh, token_refresh_legacy, logout, logout_all,
  register_account, register_probe, whoami, account_password, account_deactivate, account_3pid,
  account_status, openid_token, uia_fallback, auth_metadata, devices, devices_edit, rendezvous,
  capabilities, versions, password_policy, sync, sliding_sync, sliding_sync_e2ee, event_stream,
  event_by_id, initial_sync, room_initial_sync, room_messages, room_context, room_event,
  room_relations, room_aggregations, room_threads, room_timestamp_to_event, room_state,
  room_state_event, room_members, room_joined_members, room_aliases, room_hierarchy, room_summary,
  search, notifications, joined_rooms, room_key_backup, dehydrated_device, delayed_events,
  thread_subscriptions, room_join, room_join_state, room_create, room_knock, room_invite,
  room_kick, room_ban, room_unban, room_leave, room_forget, room_upgrade, room_send,
  room_set_state, room_redact, room_batch_send, receipt, read_marker, typing, to_device, report,
  public_rooms, public_rooms_search, directory_alias, directory_alias_edit,
  directory_list_visibility, user_directory_search, profile, profile_field, profile_set, presence,
  mutual_rooms, thirdparty, keys_query, keys_claim, keys_upload, keys_changes, keys_device_signing,
  keys_signatures, account_data, tags, filter, push_rules, pushers, turn_server, appservice_ping,
  matrixrtc, retention, media_download_legacy, media_thumbnail_legacy, media_download,
  media_thumbnail, media_preview, media_config, media_upload, media_create, fed_media_download,
  fed_media_thumbnail, fed_send, fed_event, fed_state, fed_state_ids, fed_backfill,
  fed_missing_events, fed_timestamp_to_event, fed_event_auth, fed_make_join, fed_send_join,
  fed_make_leave, fed_send_leave, fed_make_knock, fed_send_knock, fed_invite,
  fed_exchange_3pid_invite, fed_public_rooms, fed_query_profile, fed_query_directory,
  fed_query_other, fed_user_devices, fed_keys_query, fed_keys_claim, fed_hierarchy,
  fed_openid_userinfo, fed_version, fed_complexity, fed_extremities, fed_account_status,
  fed_3pid_onbind, fed_groups, key_server, admin_rooms, admin_room_messages, admin_room_context,
  admin_room_state, admin_room_members, admin_room_hierarchy, admin_room_edit, admin_event,
  admin_users, admin_user, admin_user_edit, admin_user_login, admin_user_accountdata,
  admin_user_media, admin_user_devices, admin_user_rooms, admin_whois, admin_search_users,
  admin_media, admin_federation, admin_register, admin_server, admin_other, replication,
  outbound_proxy, mas_internal, metrics, health, well_known, static_files, consent, sso_pages,
  unsubscribe, password_reset, token_issued, impersonation_issued, login_failed,
  login_unknown_user, log_forgery
};

inline constexpr std::array action_names{
    std::string_view("unknown"), std::string_view("login_flows"), std::string_view("login"),
    std::string_view("login_sso_redirect"), std::string_view("login_cas_ticket"),
    std::string_view("sso_callback"), std::string_view("sso_backchannel_logout"),
    std::string_view("login_get_token"), std::string_view("token_refresh"),
    std::string_view("token_refresh_legacy"), std::string_view("logout"),
    std::string_view("logout_all"), std::string_view("register_account"),
    std::string_view("register_probe"), std::string_view("whoami"),
    std::string_view("account_password"), std::string_view("account_deactivate"),
    std::string_view("account_3pid"), std::string_view("account_status"),
    std::string_view("openid_token"), std::string_view("uia_fallback"),
    std::string_view("auth_metadata"), std::string_view("devices"),
    std::string_view("devices_edit"), std::string_view("rendezvous"),
    std::string_view("capabilities"), std::string_view("versions"),
    std::string_view("password_policy"), std::string_view("sync"),
    std::string_view("sliding_sync"), std::string_view("sliding_sync_e2ee"),
    std::string_view("event_stream"), std::string_view("event_by_id"),
    std::string_view("initial_sync"), std::string_view("room_initial_sync"),
    std::string_view("room_messages"), std::string_view("room_context"),
    std::string_view("room_event"), std::string_view("room_relations"),
    std::string_view("room_aggregations"), std::string_view("room_threads"),
    std::string_view("room_timestamp_to_event"), std::string_view("room_state"),
    std::string_view("room_state_event"), std::string_view("room_members"),
    std::string_view("room_joined_members"), std::string_view("room_aliases"),
    std::string_view("room_hierarchy"), std::string_view("room_summary"),
    std::string_view("search"), std::string_view("notifications"),
    std::string_view("joined_rooms"), std::string_view("room_key_backup"),
    std::string_view("dehydrated_device"), std::string_view("delayed_events"),
    std::string_view("thread_subscriptions"), std::string_view("room_join"),
    std::string_view("room_join_state"), std::string_view("room_create"),
    std::string_view("room_knock"), std::string_view("room_invite"), std::string_view("room_kick"),
    std::string_view("room_ban"), std::string_view("room_unban"), std::string_view("room_leave"),
    std::string_view("room_forget"), std::string_view("room_upgrade"),
    std::string_view("room_send"), std::string_view("room_set_state"),
    std::string_view("room_redact"), std::string_view("room_batch_send"),
    std::string_view("receipt"), std::string_view("read_marker"), std::string_view("typing"),
    std::string_view("to_device"), std::string_view("report"), std::string_view("public_rooms"),
    std::string_view("public_rooms_search"), std::string_view("directory_alias"),
    std::string_view("directory_alias_edit"), std::string_view("directory_list_visibility"),
    std::string_view("user_directory_search"), std::string_view("profile"),
    std::string_view("profile_field"), std::string_view("profile_set"),
    std::string_view("presence"), std::string_view("mutual_rooms"), std::string_view("thirdparty"),
    std::string_view("keys_query"), std::string_view("keys_claim"),
    std::string_view("keys_upload"), std::string_view("keys_changes"),
    std::string_view("keys_device_signing"), std::string_view("keys_signatures"),
    std::string_view("account_data"), std::string_view("tags"), std::string_view("filter"),
    std::string_view("push_rules"), std::string_view("pushers"), std::string_view("turn_server"),
    std::string_view("appservice_ping"), std::string_view("matrixrtc"),
    std::string_view("retention"), std::string_view("media_download_legacy"),
    std::string_view("media_thumbnail_legacy"), std::string_view("media_download"),
    std::string_view("media_thumbnail"), std::string_view("media_preview"),
    std::string_view("media_config"), std::string_view("media_upload"),
    std::string_view("media_create"), std::string_view("fed_media_download"),
    std::string_view("fed_media_thumbnail"), std::string_view("fed_send"),
    std::string_view("fed_event"), std::string_view("fed_state"),
    std::string_view("fed_state_ids"), std::string_view("fed_backfill"),
    std::string_view("fed_missing_events"), std::string_view("fed_timestamp_to_event"),
    std::string_view("fed_event_auth"), std::string_view("fed_make_join"),
    std::string_view("fed_send_join"), std::string_view("fed_make_leave"),
    std::string_view("fed_send_leave"), std::string_view("fed_make_knock"),
    std::string_view("fed_send_knock"), std::string_view("fed_invite"),
    std::string_view("fed_exchange_3pid_invite"), std::string_view("fed_public_rooms"),
    std::string_view("fed_query_profile"), std::string_view("fed_query_directory"),
    std::string_view("fed_query_other"), std::string_view("fed_user_devices"),
    std::string_view("fed_keys_query"), std::string_view("fed_keys_claim"),
    std::string_view("fed_hierarchy"), std::string_view("fed_openid_userinfo"),
    std::string_view("fed_version"), std::string_view("fed_complexity"),
    std::string_view("fed_extremities"), std::string_view("fed_account_status"),
    std::string_view("fed_3pid_onbind"), std::string_view("fed_groups"),
    std::string_view("key_server"), std::string_view("admin_rooms"),
    std::string_view("admin_room_messages"), std::string_view("admin_room_context"),
    std::string_view("admin_room_state"), std::string_view("admin_room_members"),
    std::string_view("admin_room_hierarchy"), std::string_view("admin_room_edit"),
    std::string_view("admin_event"), std::string_view("admin_users"),
    std::string_view("admin_user"), std::string_view("admin_user_edit"),
    std::string_view("admin_user_login"), std::string_view("admin_user_accountdata"),
    std::string_view("admin_user_media"), std::string_view("admin_user_devices"),
    std::string_view("admin_user_rooms"), std::string_view("admin_whois"),
    std::string_view("admin_search_users"), std::string_view("admin_media"),
    std::string_view("admin_federation"), std::string_view("admin_register"),
    std::string_view("admin_server"), std::string_view("admin_other"),
    std::string_view("replication"), std::string_view("outbound_proxy"),
    std::string_view("mas_internal"), std::string_view("metrics"), std::string_view("health"),
    std::string_view("well_known"), std::string_view("static_files"), std::string_view("consent"),
    std::string_view("sso_pages"), std::string_view("unsubscribe"),
    std::string_view("password_reset"), std::string_view("token_issued"),
    std::string_view("impersonation_issued"), std::string_view("login_failed"),
    std::string_view("login_unknown_user"), std::string_view("log_forgery")
};

inline constexpr std::size_t action_count = action_names.size();
static_assert(static_cast<std::size_t>(Action::log_forgery) + 1 == action_count);

[[nodiscard]] constexpr std::string_view name_of(Action action) {
  return action_names[static_cast<std::size_t>(action)];
}

[[nodiscard]] std::optional<Action> action_named(std::string_view name);

}  // namespace noci
