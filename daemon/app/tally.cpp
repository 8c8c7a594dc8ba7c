#include "app/tally.hpp"

namespace noci {

bool reads_room(Action action) {
  switch (action) {
    case Action::room_messages:
    case Action::room_context:
    case Action::room_relations:
    case Action::room_aggregations:
    case Action::room_threads:
    case Action::room_event:
    case Action::room_initial_sync:
    case Action::admin_room_messages:
    case Action::admin_room_context:
    case Action::fed_backfill:
    case Action::fed_missing_events:
      return true;
    default:
      return false;
  }
}

bool joins_room(const Event& request) {
  switch (request.action) {
    case Action::room_join:
    case Action::fed_send_join:
      return true;
    case Action::room_join_state:
      // The body is not logged: one's own m.room.member may also be a new display name in a room
      // that one is in already, which leaves the set of rooms as it is.
      return request.target_user_id ==
             (request.effective_user_id.empty() ? request.user_id : request.effective_user_id);
    default:
      return false;
  }
}

bool downloads_media(Action action) {
  return action == Action::media_download || action == Action::media_download_legacy ||
         action == Action::fed_media_download;
}

bool reads_profile(Action action) {
  return action == Action::profile || action == Action::profile_field ||
         action == Action::fed_query_profile;
}

void Totals::add(const Event& request) {
  if (request.outcome == Outcome::failure) {
    ++failures;
  }
  if (request.outcome != Outcome::success) {
    return;
  }
  ++requests;
  bytes_downloaded += request.bytes.value_or(0);
  messages_fetched += request.messages.value_or(0);
  messages_low += request.messages_low.value_or(0);
  messages_high += request.messages_high.value_or(0);
  if (!request.room_id.empty() && joins_room(request)) {
    rooms_joined.emplace(request.room_id);
  }
  if (request.method == "HEAD") {
    return;  // nothing was delivered
  }
  if (!request.room_id.empty() && reads_room(request.action)) {
    rooms_read.emplace(request.room_id);
  }
  if (downloads_media(request.action) && request.status != 304) {
    ++media_files;
    media_bytes += request.bytes.value_or(0);
  }
  thumbnails += request.action == Action::media_thumbnail ||
                request.action == Action::media_thumbnail_legacy ||
                request.action == Action::fed_media_thumbnail;
  profiles_read += reads_profile(request.action);
  logins += request.action == Action::login;
}

}  // namespace noci
