#include "parse/messages_estimate.hpp"

#include <string>

#include "support/catch.hpp"

using namespace noci;

namespace {

constexpr std::string_view messages = "/_matrix/client/v3/rooms/!r:hs/messages";

std::optional<MessagesEstimate> estimate(std::string_view path, std::string_view query,
                                         std::int64_t bytes, std::int64_t status = 200,
                                         std::string_view method = "GET",
                                         Encoding encoding = Encoding::unknown) {
  Arena arena;
  const Endpoint endpoint = classify(method, path, query, arena);
  return estimate_messages(endpoint, method, query, status, bytes, encoding);
}

}  // namespace

TEST_CASE("what delivers no messages has no estimate") {
  for (const char* path :
       {"/_matrix/client/v3/rooms/!r:hs/members", "/_matrix/client/v3/rooms/!r:hs/state",
        "/_matrix/client/v1/rooms/!r:hs/timestamp_to_event", "/_matrix/media/v3/download/hs/ID",
        "/_matrix/client/v3/profile/@a:hs", "/_matrix/federation/v1/state/!r:hs", "/nowhere"}) {
    CAPTURE(path);
    REQUIRE_FALSE(estimate(path, "", 50000));
  }
}

TEST_CASE("failures and HEAD deliver nothing") {
  REQUIRE(estimate(messages, "", 131, 403) == MessagesEstimate{});
  REQUIRE(estimate(messages, "", 5000, 500) == MessagesEstimate{});
  REQUIRE(estimate(messages, "", 0, 200, "HEAD") == MessagesEstimate{});
}

TEST_CASE("empty last pages are empty, plain or compressed") {
  for (const std::int64_t bytes : {45, 46, 47, 50, 52}) {
    REQUIRE(estimate(messages, "limit=100", bytes) == MessagesEstimate{});
  }
}

TEST_CASE("a full page is its limit, whatever the events weigh") {
  const std::int64_t unencrypted = 100 * 433;
  const std::int64_t tiny = 100 * 337 + 80;
  const std::int64_t encrypted = 100 * 1050;
  for (const std::int64_t bytes : {unencrypted, tiny, encrypted}) {
    CAPTURE(bytes);
    REQUIRE(estimate(messages, "limit=100", bytes)->best == 100);
    REQUIRE(estimate(messages, "limit=100", bytes)->high == 100);
  }
  REQUIRE(estimate(messages, "limit=1000", 1000 * 433)->best == 1000);
  REQUIRE(estimate(messages, "", 10 * 433)->best == 10);
}

TEST_CASE("the upper bound holds for a compressed page, the lower for one huge event") {
  // 1,000 short texts in one room compress to 57 bytes each, ciphertext to 405.
  REQUIRE(estimate(messages, "limit=1000", 56605)->high == 1000);
  REQUIRE(estimate(messages, "limit=1000", 40563)->high >= 100);
  REQUIRE(estimate(messages, "limit=10", 277)->high >= 1);
  REQUIRE(estimate(messages, "limit=10", 65536 + 600)->low == 1);
  REQUIRE(estimate(messages, "limit=1000", 1000 * 433)->low > 50);
}

TEST_CASE("when the client is known the guess and the bound follow") {
  const auto plain = estimate(messages, "limit=1000", 9000, 200, "GET", Encoding::plain);
  const auto gzip = estimate(messages, "limit=1000", 9000, 200, "GET", Encoding::gzip);
  REQUIRE(plain->best == 21);
  REQUIRE(gzip->best == 84);
  REQUIRE(plain->high < gzip->high);
}

TEST_CASE("single events are one message") {
  for (const char* path :
       {"/_matrix/client/v3/rooms/!r:hs/event/$e", "/_matrix/client/v3/events/$e",
        "/_matrix/federation/v1/event/$e", "/_synapse/admin/v1/fetch_event/$e"}) {
    CAPTURE(path);
    REQUIRE(estimate(path, "", 406) == MessagesEstimate{1, 1, 1});
    REQUIRE(estimate(path, "", 60000) == MessagesEstimate{1, 1, 1});
    REQUIRE(estimate(path, "", 58, 404) == MessagesEstimate{});
  }
}

TEST_CASE("context is the event, what stands around it and the room's state") {
  const std::string path = "/_matrix/client/v3/rooms/!r:hs/context/$e";
  // Genuine: 5,336 to 5,481 bytes at limit=0, all but one event of it state.
  REQUIRE(estimate(path, "limit=0", 5336) == MessagesEstimate{1, 1, 1});
  REQUIRE(estimate(path, "", 11 * 433 + 5000)->best == 11);
  REQUIRE(estimate(path, "limit=50000", 2'000'000)->best > 3000);
}

TEST_CASE("relations and threads hold what their bytes say, up to the limit") {
  const std::string room = "/_matrix/client/v1/rooms/!r:hs/";
  REQUIRE(estimate(room + "relations/$e", "", 12) == MessagesEstimate{});
  REQUIRE(estimate(room + "relations/$e", "", 5 * 450)->best == 5);
  REQUIRE(estimate(room + "relations/$e", "limit=50", 5 * 450)->best == 5);
  REQUIRE(estimate(room + "threads", "limit=100", 20'000)->best == 20);
}

TEST_CASE("a room's initial sync is a page and its state") {
  // Genuine: limit=20 in rooms of more than 20 messages answered with 13,854 to 14,194 bytes.
  const std::string path = "/_matrix/client/v3/rooms/!r:hs/initialSync";
  REQUIRE(estimate(path, "limit=20", 13854)->best == 20);
  REQUIRE(estimate(path, "limit=20", 14194)->best == 20);
}

TEST_CASE("a later sync without events counts none") {
  const std::string path = "/_matrix/client/v3/sync";
  for (const std::int64_t bytes : {0, 194, 239, 345, 402, 550, 628}) {
    CAPTURE(bytes);
    REQUIRE(estimate(path, "since=s1_2&timeout=30000", bytes)->best == 0);
  }
  REQUIRE(estimate(path, "since=s1_2", 785)->best == 1);
  REQUIRE(estimate(path, "since=s1_2", 1297)->best == 1);
  REQUIRE(estimate(path, "since=s1_2", 785)->low == 0);
}

TEST_CASE("a first sync counts by the timeline its filter asks for") {
  const std::string path = "/_matrix/client/v3/sync";
  const auto first = [&](std::string_view query) { return estimate(path, query, 104800)->best; };
  REQUIRE(estimate(path, "timeout=0", 4775)->best == 0);
  const std::string inline_filter = "filter=%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A";
  const auto five = first(inline_filter + "5%7D%7D%7D");
  const auto fifty = first(inline_filter + "50%7D%7D%7D");
  REQUIRE(five < first("timeout=0"));
  REQUIRE(first("timeout=0") < first("filter=0"));
  REQUIRE(first("filter=0") < fifty);
  REQUIRE(first(inline_filter + "5000%7D%7D%7D") == first(inline_filter + "100%7D%7D%7D"));
  REQUIRE(first(inline_filter + "0%7D%7D%7D") == 0);
  REQUIRE(first("filter=%7B%22room%22%3A%7B%22state%22%3A%7B%22limit%22%3A5%7D%7D%7D") ==
          first("timeout=0"));
  REQUIRE(first("filter={\"room\":{\"timeline\":{},\"state\":{\"limit\":5}}}") ==
          first("timeout=0"));
}

TEST_CASE("federation pages are at most what Synapse hands out") {
  const std::string fed = "/_matrix/federation/v1/";
  REQUIRE(estimate(fed + "backfill/!r:hs", "v=$e&limit=100", 100'000)->best == 100);
  REQUIRE(estimate(fed + "backfill/!r:hs", "v=$e", 10'000'000)->high == 100);
  REQUIRE(estimate(fed + "backfill/!r:hs", "v=$e&limit=7", 10'000'000)->high == 7);
  REQUIRE(estimate(fed + "get_missing_events/!r:hs", "", 10'000'000, 200, "POST")->high == 20);
}

TEST_CASE("an abandoned request proves nothing") {
  REQUIRE(estimate(messages, "limit=100", 43300, 499)->best == 100);
  REQUIRE(estimate(messages, "limit=100", 43300, 499)->low == 0);
}

TEST_CASE("answers of a known size show whether the client asked for gzip") {
  const auto shown = [](std::string_view method, std::string_view path, std::int64_t bytes,
                        std::int64_t status = 200) {
    Arena arena;
    return encoding_shown_by(classify(method, path, "", arena), method, status, bytes);
  };
  const std::string rooms = "/_matrix/client/v3/rooms/!r:hs/";
  REQUIRE(shown("POST", rooms + "receipt/m.read/$e", 2) == Encoding::plain);
  REQUIRE(shown("POST", rooms + "receipt/m.read/$e", 22) == Encoding::gzip);
  REQUIRE(shown("POST", rooms + "receipt/m.read/$e", 22, 429) == Encoding::unknown);
  REQUIRE(shown("POST", rooms + "receipt/m.read/$e", 0) == Encoding::unknown);
  // Genuine: {"room_id":"!JTPscXnamxsxlyAwYJ:hs.example"} is 44 bytes, 64 in gzip.
  const std::string join = "/_matrix/client/v3/join/%21JTPscXnamxsxlyAwYJ%3Ahs.example";
  REQUIRE(shown("POST", join, 44) == Encoding::plain);
  REQUIRE(shown("POST", join, 64) == Encoding::gzip);
  REQUIRE(shown("POST", "/_matrix/client/v3/join/%23german%3Ahs.example", 44) == Encoding::unknown);
  REQUIRE(shown("GET", messages, 2) == Encoding::unknown);
}
