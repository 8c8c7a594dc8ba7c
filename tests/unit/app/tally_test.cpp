#include "app/tally.hpp"

#include "support/catch.hpp"

using namespace noci;

namespace {

Event request(Action action, std::string_view room = {}) {
  Event event;
  event.kind = Kind::request;
  event.action = action;
  event.method = "GET";
  event.status = 200;
  event.bytes = 100;
  event.user_id = "@a:hs";
  event.room_id = room;
  return event;
}

}  // namespace

TEST_CASE("rooms are counted once, by whichever route they were joined or read") {
  Totals totals;
  totals.add(request(Action::room_join, "!a:hs"));
  totals.add(request(Action::room_join, "!a:hs"));
  Event by_state = request(Action::room_join_state, "!b:hs");
  by_state.target_user_id = "@a:hs";
  totals.add(by_state);
  by_state.room_id = "!c:hs";
  by_state.target_user_id = "@somebody.else:hs";  // an invitation
  totals.add(by_state);
  for (const Action action : {Action::room_messages, Action::room_context, Action::room_relations,
                              Action::room_threads, Action::room_event}) {
    totals.add(request(action, "!read:hs"));
  }
  totals.add(request(Action::room_state, "!metadata:hs"));
  totals.add(request(Action::room_members, "!metadata:hs"));
  REQUIRE(totals.rooms_joined.size() == 2);
  REQUIRE(totals.rooms_read.size() == 1);
  REQUIRE(totals.requests == 11);
}

TEST_CASE("media files are delivered files: no HEAD, no 304, no thumbnail") {
  Totals totals;
  totals.add(request(Action::media_download));
  totals.add(request(Action::media_download_legacy));
  totals.add(request(Action::media_thumbnail));
  Event head = request(Action::media_download);
  head.method = "HEAD";
  head.bytes = 0;
  totals.add(head);
  Event unchanged = request(Action::media_download);
  unchanged.status = 304;
  unchanged.bytes = 0;
  totals.add(unchanged);
  REQUIRE(totals.media_files == 2);
  REQUIRE(totals.media_bytes == 200);
  REQUIRE(totals.thumbnails == 1);
  REQUIRE(totals.bytes_downloaded == 300);
}

TEST_CASE("failures count as failures and nothing else, aborted responses as neither") {
  Totals totals;
  Event failed = request(Action::room_join, "!a:hs");
  failed.status = 403;
  failed.outcome = Outcome::failure;
  totals.add(failed);
  Event aborted = request(Action::sync);
  aborted.outcome = Outcome::aborted;
  totals.add(aborted);
  REQUIRE(totals.failures == 1);
  REQUIRE(totals.requests == 0);
  REQUIRE(totals.rooms_joined.empty());
  REQUIRE(totals.bytes_downloaded == 0);
}
