#include "pipeline/event_reader.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace noci;

namespace {

/// What synapse/rest/client/room.py (1.144+) and synapse/http/site.py print for one /messages.
std::string messages_line(const std::string& request, int count) {
  return "2026-06-07 00:00:01,000 - synapse.rest.client.room - 800 - INFO - " + request +
         " - Responding to `/messages` request: {@a:hs} GET "
         "/_matrix/client/v3/rooms/!r:hs/messages?dir=b&limit=100 -> " +
         std::to_string(count) + " messages with end_token=t1\n";
}

std::string access_line(const std::string& request) {
  return "2026-06-07 00:00:01,010 - synapse.access.http.8008 - 508 - INFO - " + request +
         " - 192.0.2.1 - 8008 - {@a:hs} Processed request: 0.036sec/0.001sec ru=(0.009sec, "
         "0.000sec) db=(0.018sec/0.004sec/26) 5057B 200 \"GET "
         "/_matrix/client/v3/rooms/!r:hs/messages?dir=b&limit=100 HTTP/1.1\" \"x/1\" [0 dbevts]\n";
}

/// The same access line by TerseJsonFormatter, which rounds the time and names the homeserver.
std::string json_line(const std::string& request) {
  std::string message = access_line(request);
  message = message.substr(message.find("192.0.2.1"));
  message.pop_back();
  for (std::size_t quote = 0; (quote = message.find('"', quote)) != std::string::npos; quote += 2) {
    message.insert(quote, 1, '\\');
  }
  return R"({"log":")" + message +
         R"(","namespace":"synapse.access.http.8008","level":"INFO","time":1780790401.01,)"
         R"("request":")" +
         request +
         R"(","server_name":"hs","ip_address":"192.0.2.1","site_tag":"8008","requester":"@a:hs",)"
         R"("authenticated_entity":"@a:hs","method":"GET",)"
         R"("url":"/_matrix/client/v3/rooms/!r:hs/messages?dir=b&limit=100","protocol":"1.1",)"
         R"("user_agent":"x/1"})"
         "\n";
}

/// A login that a worker answers, and what the main process says of it under an id of its own.
std::string json_login(const std::string& request, const char* time) {
  std::string line = json_line(request);
  const auto put = [&](std::string_view from, std::string_view by) {
    for (std::size_t at = 0; (at = line.find(from, at)) != std::string::npos; at += by.size()) {
      line.replace(at, from.size(), by);
    }
  };
  put("{@a:hs}", "{None}");
  put(R"("requester":"@a:hs","authenticated_entity":"@a:hs")", R"("requester":null)");
  put("GET", "POST");
  put("/_matrix/client/v3/rooms/!r:hs/messages?dir=b&limit=100", "/_matrix/client/v3/login");
  put("1780790401.01", time);
  return line;
}

std::string json_issued(const std::string& request, const char* time) {
  return R"({"log":"Logging in user @a:hs on device X","namespace":"synapse.handlers.auth",)"
         R"("level":"INFO","time":)" +
         std::string(time) + R"(,"request":")" + request + R"(","server_name":"hs"})" + "\n";
}

struct Read {
  std::string homeserver;
  std::string worker;
  std::int64_t messages = 0;
  MessagesBasis basis = MessagesBasis::none;
};

/// Feeds text to a stream of its own and gives its requests.
std::vector<Read> feed(EventReader& reader, const std::string& path, const std::string& text) {
  static std::uint64_t stream = 0;
  Chunk chunk;
  chunk.bytes = text;
  chunk.path = path;
  chunk.stream = ++stream;
  chunk.end_of_stream = true;
  std::vector<Read> requests;
  reader.feed(chunk, [&](const Event& event) {
    if (event.kind == Kind::request) {
      requests.push_back({std::string(event.homeserver), std::string(event.log_worker),
                          event.messages.value_or(-1), event.messages_basis});
    }
  });
  return requests;
}

}  // namespace

TEST_CASE("lines of one request are joined within one process and not across two") {
  EventReader reader({{"workers", "", "", LineFormat::detect, Zone::utc()}});
  feed(reader, "/var/log/client-1.log", messages_line("GET-7", 93));
  const auto other = feed(reader, "/var/log/client-2.log", access_line("GET-7"));
  REQUIRE(other.size() == 1);
  REQUIRE(other[0].worker == "client-2");
  REQUIRE(other[0].basis == MessagesBasis::estimate);
  const auto own = feed(reader, "/var/log/client-1.log", access_line("GET-7"));
  REQUIRE(own.size() == 1);
  REQUIRE(own[0].worker == "client-1");
  REQUIRE(own[0].basis == MessagesBasis::exact);
  REQUIRE(own[0].messages == 93);
}

TEST_CASE("a join that waits is part of what survives a restart") {
  EventReader reader({{"workers", "", "", LineFormat::detect, Zone::utc()}});
  feed(reader, "client-1.log", messages_line("GET-7", 93));
  ByteWriter out;
  reader.save(out);
  EventReader restored({{"workers", "", "", LineFormat::detect, Zone::utc()}});
  ByteReader in(out.bytes());
  restored.restore(in);
  REQUIRE(in.ok());
  const auto requests = feed(restored, "client-1.log", access_line("GET-7"));
  REQUIRE(requests.size() == 1);
  REQUIRE(requests[0].messages == 93);
}

TEST_CASE("a record that a rotation or a restart cuts in two is read once") {
  const std::string line = access_line("GET-7");
  const auto cri = [](const std::string& tag, std::string_view text) {
    return "2026-06-07T00:00:01.010Z stderr " + tag + " " + std::string(text) + "\n";
  };
  const std::string head = cri("P", line.substr(0, 100));
  const std::string tail = cri("F", line.substr(100, line.size() - 101));
  const std::vector<SourceInfo> sources{{"pod", "", "", LineFormat::detect, Zone::utc()}};

  EventReader rotated(sources);
  REQUIRE(feed(rotated, "0.log", head).empty());
  REQUIRE(feed(rotated, "0.log", tail).size() == 1);

  EventReader before(sources);
  REQUIRE(feed(before, "0.log", head).empty());
  ByteWriter out;
  before.save(out);
  EventReader after(sources);
  ByteReader in(out.bytes());
  after.restore(in);
  REQUIRE(feed(after, "0.log", tail).size() == 1);
}

TEST_CASE("the settings name a process better than its transport does") {
  const std::string line =
      R"({"MESSAGE":")" + std::string("2026-06-07 00:00:01,010 - synapse.x - 1 - INFO - main - m") +
      R"(","__REALTIME_TIMESTAMP":"1","_SYSTEMD_UNIT":"matrix-synapse-worker@w1.service"})" + "\n";
  const auto worker_of = [&](const std::string& worker) {
    EventReader reader({{"journal", "", worker, LineFormat::detect, Zone::utc()}});
    Chunk chunk;
    chunk.bytes = line;
    chunk.path = "segment-1.log";
    std::string seen;
    reader.feed(chunk, [&](const Event& event) { seen = event.log_worker; });
    return seen;
  };
  REQUIRE(worker_of("") == "w1");
  REQUIRE(worker_of("main") == "main");
}

TEST_CASE("a process that has been silent goes on in the order of all") {
  EventReader reader({{"workers", "", "", LineFormat::detect, Zone::utc()}});
  std::string order;
  const auto write = [&](const std::string& worker, const std::string& time,
                         const std::string& text) {
    Chunk chunk;
    const std::string line = "2026-06-07 " + time + text.substr(23);
    const std::string path = worker + ".log";
    chunk.bytes = line;
    chunk.path = path;
    chunk.stream = worker == "quiet" ? 1 : 2;
    reader.feed(chunk, [&](const Event& event) {
      if (event.kind == Kind::request) {
        order += std::string(event.log_worker) + " " + std::string(event.request_id) + "\n";
      }
    });
  };
  // What a client can have written into: both logs are held.
  const std::string error =
      "2026-06-07 00:00:00,000 - synapse.http.server - 132 - INFO - POST-0 - "
      "<XForwardedForRequest at 0x7f method='POST' uri='/x' clientproto='HTTP/1.1' site='8008'> "
      "SynapseError: 404 - Unrecognized request\n";
  for (const char* worker : {"quiet", "busy"}) {
    write(worker, "00:00:00,000", error);
    write(worker, "00:00:01,000", access_line("GET-1"));
  }
  for (int minute = 1; minute < 4; ++minute) {
    write("busy", "00:0" + std::to_string(minute) + ":00,000",
          access_line("GET-" + std::to_string(minute + 1)));
  }
  write("busy", "00:03:30,000", access_line("GET-5"));
  write("quiet", "00:03:30,010", access_line("GET-2"));
  write("busy", "00:03:30,020", access_line("GET-6"));
  write("busy", "00:03:40,000", access_line("GET-7"));
  REQUIRE(order.ends_with("busy GET-4\nbusy GET-5\nquiet GET-2\nbusy GET-6\n"));
}

TEST_CASE("text and JSON of one process count once, though JSON alone names the homeserver") {
  const SourceInfo plain{"s", "", "", LineFormat::detect, Zone::utc()};
  for (const bool text_first : {false, true}) {
    CAPTURE(text_first);
    EventReader reader({plain, plain});
    const auto read = [&](bool text, const std::string& request) {
      return text ? feed(reader, "/logs/homeserver.log",
                         messages_line(request, 93) + access_line(request))
                  : feed(reader, "/logs/homeserver.json.log", json_line(request));
    };
    REQUIRE(read(text_first, "GET-7").size() == 1);
    REQUIRE(read(!text_first, "GET-7").empty());
    // From then on both are the homeserver's.
    const auto later = read(true, "GET-8");
    REQUIRE(later.size() == 1);
    REQUIRE(later[0].homeserver == "hs");
    REQUIRE(later[0].messages == 93);
    REQUIRE(read(false, "GET-8").empty());
  }
}

TEST_CASE("logs of one name in two folders, or of two homeservers, are two processes'") {
  const SourceInfo plain{"s", "", "", LineFormat::detect, Zone::utc()};
  EventReader folders({plain});
  REQUIRE(feed(folders, "/a/homeserver.log", access_line("GET-7")).size() == 1);
  REQUIRE(feed(folders, "/b/homeserver.json.log", json_line("GET-7")).size() == 1);
  EventReader servers({plain});
  std::string other = json_line("GET-7");
  other.replace(other.find(R"("hs")"), 4, R"("xx")");
  REQUIRE(feed(servers, "/a/homeserver.1.log", json_line("GET-7")).size() == 1);
  REQUIRE(feed(servers, "/a/homeserver.2.log", other).size() == 1);
}

TEST_CASE("a worker's login waits for the main process to say whose it is") {
  EventReader reader({{"workers", "", "", LineFormat::detect, Zone::utc()}});
  std::uint64_t offset[2] = {};
  std::vector<std::string> told;
  const auto sink = [&](const Event& event) {
    if (event.kind == Kind::request) {
      told.push_back(std::string(event.request_id) + " " + std::string(event.user_id));
    }
  };
  const auto write = [&](int stream, const std::string& line) {
    Chunk chunk;
    chunk.bytes = line;
    chunk.path = stream == 0 ? "homeserver.json" : "client-1.json";
    chunk.stream = static_cast<std::uint64_t>(stream);
    chunk.offset = offset[stream];
    offset[stream] += line.size();
    reader.feed(chunk, sink);
  };
  write(0, json_line("GET-1"));
  write(1, json_line("GET-1"));
  told.clear();

  SECTION("told before: at once") {
    write(0, json_issued("POST-9", "1780790401.02"));
    write(1, json_login("POST-2", "1780790401.02"));
    CHECK(told == std::vector<std::string>{"POST-2 @a:hs"});
  }
  SECTION("told after, in the same hundredth of a second") {
    const std::uint64_t before = offset[1];
    write(1, json_login("POST-2", "1780790401.02"));
    write(1, json_line("GET-3"));
    CHECK(told.empty());
    CHECK(reader.consumed(1).offset == before);
    write(0, json_issued("POST-9", "1780790401.02"));
    write(0, json_issued("POST-10", "1780790403.03"));
    CHECK(told == std::vector<std::string>{"POST-2 @a:hs", "GET-3 @a:hs"});
    CHECK(reader.consumed(1).offset == offset[1]);
  }
  SECTION("a restart reads it again") {
    write(1, json_login("POST-2", "1780790401.02"));
    write(1, json_line("GET-3"));
    ByteWriter out;
    reader.save(out);
    EventReader restored({{"workers", "", "", LineFormat::detect, Zone::utc()}});
    ByteReader in(out.bytes());
    restored.restore(in);
    REQUIRE(in.ok());
    std::swap(reader, restored);
    write(1, json_login("POST-2", "1780790401.02") + json_line("GET-3"));
    write(0, json_issued("POST-9", "1780790401.02"));
    (void)reader.release(TimePoint::max(), sink);
    CHECK(told == std::vector<std::string>{"POST-2 @a:hs", "GET-3 @a:hs"});
  }
  SECTION("never told: the wall clock lets it go") {
    write(1, json_login("POST-2", "1780790401.02"));
    write(1, json_line("GET-3"));
    const auto moved = reader.release(TimePoint::max(), sink);
    CHECK(moved.size() == 1);
    CHECK(told == std::vector<std::string>{"POST-2 ", "GET-3 @a:hs"});
    write(1, json_line("GET-4"));
    CHECK(told.back() == "GET-4 @a:hs");
  }
}
