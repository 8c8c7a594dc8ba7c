#include "parse/endpoint.hpp"

#include <limits>
#include <string>

#include "parse/endpoint_query.hpp"
#include "support/catch.hpp"

using namespace noci;

namespace {

Arena arena;

Endpoint asked(std::string_view method, std::string_view path, std::string_view query = "") {
  return classify(method, path, query, arena);
}

std::optional<std::int64_t> limit_of(std::string_view query) {
  return asked("GET", "/_matrix/client/v3/rooms/!r:hs/messages", query).limit;
}

}  // namespace

TEST_CASE("a room is the same however its id is escaped, and is decoded once") {
  const auto room = [](std::string_view id) {
    const std::string path = "/_matrix/client/v3/rooms/" + std::string(id) + "/messages";
    return std::string(asked("GET", path).room_id);
  };
  REQUIRE(room("!abc:hs") == "!abc:hs");
  REQUIRE(room("%21abc%3Ahs") == "!abc:hs");
  REQUIRE(room("%21abc%3ahs") == "!abc:hs");
  REQUIRE(room("%2521abc") == "%21abc");
  REQUIRE(room("!roomversion12nodomain") == "!roomversion12nodomain");
  REQUIRE(room("!a%2Fb:hs") == "!a/b:hs");
  REQUIRE(room("").empty());
  REQUIRE(room("%") == "%");
}

TEST_CASE("an id without escapes is a view of the path") {
  const std::string path = "/_matrix/client/v3/rooms/!abc:hs/messages";
  const Endpoint endpoint = asked("GET", path);
  REQUIRE(endpoint.room_id.data() == path.data() + 25);
}

TEST_CASE("a join names a room or an alias, by either route") {
  REQUIRE(asked("POST", "/_matrix/client/v3/join/%23german%3Ahs").room_id == "#german:hs");
  REQUIRE(asked("PUT", "/_matrix/client/v3/join/%21r%3Ahs/m1").room_id == "!r:hs");
  REQUIRE(asked("POST", "/_matrix/client/r0/rooms/!r:hs/join").room_id == "!r:hs");
}

TEST_CASE("a membership state event is a join of its state key") {
  const Endpoint plain =
      asked("PUT", "/_matrix/client/v3/rooms/!r:hs/state/m.room.member/%40me%3Ahs");
  REQUIRE(plain.action == Action::room_join_state);
  REQUIRE(plain.room_id == "!r:hs");
  REQUIRE(plain.target_user_id == "@me:hs");
  // The type is a captured part, so Synapse decodes it: an escape in it hides nothing.
  REQUIRE(asked("PUT", "/_matrix/client/v3/rooms/!r:hs/state/m.room%2Emember/@me:hs").action ==
          Action::room_join_state);
  REQUIRE(asked("PUT", "/_matrix/client/v3/rooms/!r:hs/state/m.room.member/").action ==
          Action::room_join_state);
  REQUIRE(asked("PUT", "/_matrix/client/v3/rooms/!r:hs/state/m.room.member").action ==
          Action::room_set_state);
  REQUIRE(asked("GET", "/_matrix/client/v3/rooms/!r:hs/state/m.room.member/@x:hs").target_user_id ==
          "@x:hs");
}

TEST_CASE("media ids are server and id, whatever file name follows") {
  const Endpoint legacy = asked("GET", "/_matrix/media/v3/download/hs.example/AbC/file%20a.pdf");
  REQUIRE(legacy.media_id == "hs.example/AbC");
  REQUIRE(legacy.target_server == "hs.example");
  REQUIRE(asked("GET", "/_matrix/media/r0/download/hs%2Eexample/A%62C").media_id ==
          "hs.example/AbC");
  REQUIRE(asked("GET", "/_matrix/client/v1/media/download/hs%3A8448/AbC/x").media_id ==
          "hs:8448/AbC");
  REQUIRE(asked("GET", "/_matrix/client/v1/media/thumbnail/hs/AbC").media_id == "hs/AbC");
  REQUIRE(asked("GET", "/_matrix/federation/v1/media/download/AbC").media_id == "AbC");
  REQUIRE(asked("GET", "/_matrix/federation/v1/media/download/AbC").target_server.empty());
}

TEST_CASE("people and servers asked about are found in paths and queries") {
  REQUIRE(asked("GET", "/_matrix/client/v3/profile/%40a%3Ahs/displayname").target_user_id ==
          "@a:hs");
  REQUIRE(asked("GET", "/_matrix/client/v3/presence/@a:hs/status").target_user_id == "@a:hs");
  REQUIRE(asked("GET", "/_synapse/admin/v2/users/%40a%3Ahs").target_user_id == "@a:hs");
  REQUIRE(asked("GET", "/_synapse/admin/v1/whois/@a:hs").target_user_id == "@a:hs");
  REQUIRE(asked("GET", "/_matrix/federation/v1/user/devices/@a:hs").target_user_id == "@a:hs");
  REQUIRE(asked("GET", "/_matrix/client/v1/mutual_rooms", "user_id=%40a%3Ahs").target_user_id ==
          "@a:hs");
  const Endpoint fed_profile =
      asked("GET", "/_matrix/federation/v1/query/profile", "user_id=%40a%3Ahs&field=displayname");
  REQUIRE(fed_profile.action == Action::fed_query_profile);
  REQUIRE(fed_profile.target_user_id == "@a:hs");
  REQUIRE(asked("GET", "/_matrix/federation/v1/query/%70rofile", "user_id=@a:hs").action ==
          Action::fed_query_profile);
  REQUIRE(asked("GET", "/_matrix/federation/v1/query/directory", "room_alias=%23a%3Ahs").room_id ==
          "#a:hs");
  REQUIRE(
      asked("GET", "/_matrix/client/v3/publicRooms", "limit=20&server=o.example").target_server ==
      "o.example");
  REQUIRE(asked("GET", "/_matrix/client/v3/events", "room_id=!r:hs").room_id == "!r:hs");
  REQUIRE(asked("GET", "/_matrix/key/v2/query/o.example/ed25519:1").target_server == "o.example");
  REQUIRE(asked("GET", "/_matrix/client/v3/sync").target_user_id.empty());
}

TEST_CASE("fixed segments may be escaped only where Synapse decodes them") {
  for (const char* path :
       {"/_matrix/media/v3/%64ownload/hs/ID", "/_matrix/medi%61/v3/download/hs/ID",
        "/%5fmatrix/media/r0/download/hs/ID"}) {
    CAPTURE(path);
    const Endpoint endpoint = asked("GET", path);
    REQUIRE(endpoint.action == Action::media_download_legacy);
    REQUIRE(endpoint.encoded_path);
    REQUIRE(endpoint.media_id == "hs/ID");
  }
  REQUIRE(asked("GET", "/%2Ewell-known/matrix/client").action == Action::well_known);
  REQUIRE(asked("GET", "/_synapse/client/%6Fidc/callback").action == Action::sso_callback);
  REQUIRE_FALSE(asked("GET", "/_matrix/media/v3/download/hs/%49D").encoded_path);
  REQUIRE(asked("GET", "/_matrix/%63lient/v3/sync").action == Action::unknown);
  REQUIRE(asked("GET", "/_matrix/medi%61/v3/download/hs%2Fx/I%2544").media_id == "hs/x/I%44");
}

TEST_CASE("an unescaped dot of Synapse's pattern takes any character") {
  const Endpoint dashes =
      asked("POST", "/_matrix/client/unstable/org-matrix-simplified_msc3575/sync");
  REQUIRE(dashes.action == Action::sliding_sync);
  REQUIRE(dashes.encoded_path);
  REQUIRE(asked("POST", "/_matrix/client/unstable/org/matrix/simplified_msc3575/sync").action ==
          Action::sliding_sync);
  REQUIRE(asked("GET", "/_matrix/client/unstable/im/nheko/summary/rooms/!r:hs/summary").room_id ==
          "!r:hs");
  REQUIRE(asked("POST", "/_matrix/client/unstable/org.matrix.simplified_msc3575x/sync").action ==
          Action::unknown);
}

TEST_CASE("HEAD is routed as GET") {
  REQUIRE(asked("HEAD", "/_matrix/media/v3/download/hs/ID").action ==
          Action::media_download_legacy);
  REQUIRE(asked("HEAD", "/_matrix/client/v3/join/!r:hs").action == Action::unknown);
}

TEST_CASE("traffic that is no client's request is not counted") {
  REQUIRE_FALSE(asked("POST", "/_synapse/replication/remote_join/!r:hs/@a:hs").counted);
  REQUIRE_FALSE(asked("GET", "/health").counted);
  REQUIRE_FALSE(asked("GET", "/_synapse/metrics").counted);
  REQUIRE_FALSE(asked("GET", "matrix-federation://o/_matrix/key/v2/server").counted);
  REQUIRE_FALSE(asked("OPTIONS", "/_matrix/client/v3/sync").counted);
  REQUIRE(asked("GET", "/_synapse/replication").counted);
  REQUIRE(asked("GET", "/_synapse/%72eplication/x").counted);
  REQUIRE(asked("GET", "/nowhere").counted);
}

TEST_CASE("a path deeper than any route matches only routes without an end") {
  const std::string deep = "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p";
  REQUIRE(asked("GET", "/_matrix/client/v3/profile/@a:hs" + deep).action == Action::profile);
  REQUIRE(asked("GET", "/_matrix/media/v3/download/hs/ID" + deep).media_id == "hs/ID");
  REQUIRE(asked("GET", "/_matrix/client/v3/rooms/!r:hs/messages" + deep).action == Action::unknown);
  REQUIRE(asked("GET", deep).action == Action::unknown);
}

TEST_CASE("the limit is the first parameter as Synapse reads it") {
  REQUIRE(limit_of("") == 10);
  REQUIRE(limit_of("dir=b&limit=50") == 50);
  REQUIRE(limit_of("li%6Dit=3") == 3);
  REQUIRE(limit_of("limit=+7") == 7);
  REQUIRE(limit_of("limit=%2B7") == 7);
  REQUIRE(limit_of("dir=b;limit=4") == 4);
  REQUIRE(limit_of("limit=2&limit=900") == 2);
  REQUIRE(limit_of("limit=5;limit=6") == 5);
  REQUIRE(limit_of("limit&limit=8") == 8);
  REQUIRE(limit_of("xlimit=9") == 10);
  REQUIRE(limit_of("limit=5000") == 1000);
  REQUIRE(limit_of("limit=99999999999999999999999") == 1000);
  REQUIRE(limit_of("limit=0") == 0);
}

TEST_CASE("a limit that Synapse refuses is none") {
  REQUIRE_FALSE(limit_of("limit=-1"));
  REQUIRE_FALSE(limit_of("limit="));
  REQUIRE_FALSE(limit_of("limit=ten"));
  REQUIRE_FALSE(limit_of("limit=1e3"));
  REQUIRE_FALSE(limit_of("limit=+"));
  REQUIRE_FALSE(limit_of("limit=%00"));
}

TEST_CASE("each endpoint has the limit of its own") {
  const auto limit = [](std::string_view path, std::string_view query = "") {
    return asked("GET", path, query).limit;
  };
  REQUIRE(limit("/_synapse/admin/v1/rooms/!r:hs/messages") == 10);
  REQUIRE(limit("/_matrix/client/v3/rooms/!r:hs/context/$e", "limit=50000") == 50000);
  REQUIRE(limit("/_matrix/client/v1/rooms/!r:hs/relations/$e") == 5);
  REQUIRE(limit("/_matrix/client/v1/rooms/!r:hs/relations/$e", "limit=2000") == 1000);
  REQUIRE(limit("/_matrix/client/v1/rooms/!r:hs/threads", "limit=2000") == 2000);
  REQUIRE(limit("/_matrix/client/v3/initialSync") == 10);
  REQUIRE(limit("/_matrix/client/v3/rooms/!r:hs/initialSync", "limit=20") == 20);
  REQUIRE(limit("/_matrix/client/v3/notifications", "limit=900") == 500);
  REQUIRE(limit("/_matrix/client/v1/rooms/!r:hs/hierarchy") == 50);
  REQUIRE(limit("/_matrix/federation/v1/backfill/!r:hs", "v=$e&limit=500") == 100);
  REQUIRE_FALSE(limit("/_matrix/federation/v1/backfill/!r:hs"));
  REQUIRE_FALSE(limit("/_matrix/client/v3/publicRooms"));
  REQUIRE_FALSE(limit("/_matrix/client/v3/publicRooms", "limit=0"));
  REQUIRE(limit("/_matrix/client/v3/publicRooms", "limit=20") == 20);
  REQUIRE_FALSE(limit("/_matrix/client/v3/sync", "limit=5"));
  REQUIRE_FALSE(limit("/_matrix/client/v3/rooms/!r:hs/members", "limit=5"));
}

TEST_CASE("counts are read as Python reads integers") {
  REQUIRE(parse_count(" 12\t") == 12);
  REQUIRE(parse_count("1_000") == 1000);
  REQUIRE(parse_count("007") == 7);
  REQUIRE(parse_count("-0") == 0);
  REQUIRE(parse_count("9223372036854775808") == std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"", "1__0", "_1", "1_", "--1", "+-1", "0x10", "1.0", "\xd9\xa3"}) {
    CAPTURE(text);
    REQUIRE_FALSE(parse_count(text));
  }
}

TEST_CASE("escaped parameter names are compared decoded") {
  REQUIRE(query_parameter("%66rom=t1-2", "from", arena) == "t1-2");
  REQUIRE(query_parameter("a=1&&;;from=x%20y+z", "from", arena) == "x y z");
  REQUIRE(query_parameter("from=a=b", "from", arena) == "a=b");
  REQUIRE_FALSE(query_parameter("From=1", "from", arena));
  REQUIRE_FALSE(query_parameter("", "from", arena));
  REQUIRE_FALSE(query_parameter("=1", "from", arena));
}
