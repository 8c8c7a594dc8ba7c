#include "parse/parser.hpp"

#include <string>

#include "support/catch.hpp"
#include "unit/parse/reading.hpp"

namespace noci {
namespace {

using test::Line;
using test::Reading;

SourceInfo source(LineFormat format) {
  SourceInfo info;
  info.name = "homeserver.log";
  info.homeserver = "hs.test";
  info.worker = "main";
  info.format = format;
  return info;
}

std::string json(const std::string& log, const std::string& more = "",
                 const std::string& logger = "synapse.access.http.8008") {
  std::string escaped;
  for (const char c : log) {
    escaped += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return R"({"log":")" + escaped + R"(","namespace":")" + logger +
         R"(","level":"INFO","time":1795380951.6,"request":"GET-65")" + more + "}";
}

}  // namespace

TEST_CASE("a text access line becomes a request with every field") {
  Reading reading(source(LineFormat::detect));
  Line line;
  line.request = "GET /_matrix/client/v3/rooms/%21a%3Ahs.test/messages?dir=b&limit=50 HTTP/1.1";
  const Event event = reading.line(line.text());
  CHECK(event.kind == Kind::request);
  CHECK(event.action == Action::room_messages);
  CHECK(event.outcome == Outcome::success);
  CHECK(event.reason.empty());
  CHECK(format_rfc3339(event.timestamp) == "2026-11-22T20:55:51.598Z");
  CHECK(event.homeserver == "hs.test");
  CHECK(event.user_id == "@bob:hs.test");
  CHECK(event.effective_user_id.empty());
  CHECK(event.server_name.empty());
  CHECK(event.source_ip == "203.0.113.7");
  CHECK(event.user_agent == "Python-urllib/3.11");
  CHECK(event.method == "GET");
  CHECK(event.path == "/_matrix/client/v3/rooms/%21a%3Ahs.test/messages");
  CHECK(event.query == "dir=b&limit=50");
  CHECK(event.room_id == "!a:hs.test");
  CHECK(event.status == 200);
  CHECK(event.bytes == 5057);
  CHECK(event.limit == 50);
  CHECK(event.dbevts == 3);
  CHECK(event.duration == 37'000'000);
  CHECK(event.log_source == "homeserver.log");
  CHECK(event.log_worker == "main");
  CHECK(event.request_id == "GET-65");
  CHECK(event.messages_basis == MessagesBasis::estimate);
  CHECK(event.position.line == 1);
}

TEST_CASE("the line's worker wins over the setting") {
  Reading reading(source(LineFormat::detect));
  CHECK(reading.line("media1 | " + Line{}.text()).log_worker == "media1");
  std::string text = Line{}.text();
  text.insert(text.find(" - ") + 3, "worker:w2 - ");
  CHECK(reading.line(text).log_worker == "w2");
}

TEST_CASE("outcomes follow status and disconnection") {
  struct Case {
    const char* status;
    Outcome outcome;
  };

  const Case cases[] = {
      {"200", Outcome::success},  {"304", Outcome::success}, {"302", Outcome::success},
      {"403", Outcome::failure},  {"500", Outcome::failure}, {"200!", Outcome::aborted},
      {"!200", Outcome::aborted}, {"499", Outcome::aborted}, {"499!", Outcome::aborted}};
  for (const Case& status : cases) {
    INFO(status.status);
    Reading reading;
    Line line;
    line.numbers = std::string("0.1") +
                   "00sec/0.000sec ru=(0.000sec, 0.000sec) "
                   "db=(0.000sec/0.000sec/0) 1B " +
                   status.status;
    const Event event = reading.line(line.text());
    REQUIRE(event.kind == Kind::request);
    CHECK(event.outcome == status.outcome);
  }
}

TEST_CASE("replication and health are not requests") {
  Reading reading;
  Line line;
  line.request = "GET /health HTTP/1.1";
  const Event health = reading.line(line.text());
  CHECK(health.kind == Kind::ignored);
  CHECK(health.reason == "health");
  line.id = "POST-66";
  line.request = "POST /_synapse/replication/send_event/x HTTP/1.1";
  const Event replication = reading.line(line.text());
  CHECK(replication.kind == Kind::ignored);
  CHECK(replication.reason == "replication");
}

TEST_CASE("lines behind a text record belong to it, whatever they hold") {
  Reading reading;
  CHECK(reading.line("Traceback (most recent call last):").kind == Kind::error);
  CHECK(reading.line("stray").reason == "no_prefix");
  CHECK(reading.line(Line{}.text()).kind == Kind::request);
  for (const std::string& line : {std::string("Traceback (most recent call last):"), std::string(),
                                  std::string("{\"not\": \"a record\""), Line{}.message()}) {
    const Event event = reading.line(line);
    CHECK(event.kind == Kind::ignored);
    CHECK(event.reason == "continuation");
    CHECK(event.user_id.empty());
  }
}

TEST_CASE("a JSON source holds Python's own lines too") {
  Reading reading(source(LineFormat::json));
  CHECK(reading.line(json("m")).kind == Kind::error);
  CHECK(reading.line("a warning").reason == "not_json");
  CHECK(reading.line(Line{}.text()).reason == "not_json");
  CHECK(reading.line("--- Logging error ---").reason == "continuation");
  CHECK(reading.line("  File \"x\"").reason == "continuation");
  CHECK(reading.line(json(Line{}.message())).kind == Kind::request);
  CHECK(reading.line("a warning").reason == "not_json");
  CHECK(reading.line("{broken").reason == "bad_json");
}

TEST_CASE("the format is seen line by line unless it is set") {
  Reading reading;
  CHECK(reading.line(Line{}.text()).kind == Kind::request);
  Line next;
  next.id = "GET-66";
  std::string other = json(next.message());
  other.replace(other.find("GET-65"), 6, "GET-66");
  CHECK(reading.line(other).kind == Kind::request);
  CHECK(reading.line("worker1 | " + json(next.message())).log_worker == "worker1");
  Reading text(source(LineFormat::text));
  CHECK(text.line(json(Line{}.message())).reason == "no_prefix");
}

TEST_CASE("JSON before 1.32 is read from its message") {
  Reading reading(source(LineFormat::json));
  const Event event = reading.line(json(Line{}.message()));
  CHECK(event.kind == Kind::request);
  CHECK(event.user_id == "@bob:hs.test");
  CHECK(event.request_id == "GET-65");
  CHECK(format_rfc3339(event.timestamp) == "2026-11-22T20:55:51.600Z");
}

TEST_CASE("JSON without a time happened when it arrived") {
  Reading reading(source(LineFormat::json));
  reading.arrival = test::at("2026-01-02T03:04:05Z");
  CHECK(reading.line(R"({"log":"x","namespace":"root"})").timestamp == reading.arrival);
}

TEST_CASE("JSON keys say who and what even where the message is hostile") {
  Reading reading(source(LineFormat::json));
  Line line;
  line.ip = "1.2.3.4 - 8008 - {@bystander:hs.test} Processed request: 0.001sec";
  line.who = "@admin:hs.test|@bob:hs.test";
  const Event event = reading.line(
      json(line.message(), R"(,"ip_address":")" + line.ip +
                               R"(","site_tag":"8008","requester":"@bob:hs.test",)"
                               R"("authenticated_entity":"@admin:hs.test","method":"GET",)"
                               R"("url":"/_matrix/client/v3/account/whoami","protocol":"HTTP/1.1",)"
                               R"("user_agent":"Python-urllib/3.11","server_name":"other.test")"));
  CHECK(event.kind == Kind::request);
  CHECK(event.user_id == "@admin:hs.test");
  CHECK(event.effective_user_id == "@bob:hs.test");
  CHECK(event.source_ip.empty());
  CHECK(event.homeserver == "hs.test");
}

TEST_CASE("JSON names its homeserver where the settings do not") {
  Reading reading;
  CHECK(reading.line(json("x", R"(,"server_name":"hs.two")", "root")).homeserver == "hs.two");
  CHECK(reading.line(json("x", R"(,"server_name":"unknown_server_from_main")", "root"))
            .homeserver.empty());
}

TEST_CASE("JSON keys that contradict the message make a forgery") {
  Reading reading(source(LineFormat::json));
  const Event event = reading.line(
      json(Line{}.message(), R"(,"ip_address":"203.0.113.7","site_tag":"8008",)"
                             R"("requester":"@bob:hs.test","authenticated_entity":"@bob:hs.test",)"
                             R"("method":"GET","url":"/other","protocol":"HTTP/1.1",)"
                             R"("user_agent":"Python-urllib/3.11")"));
  CHECK(event.kind == Kind::forged);
  CHECK(event.reason == "json_keys");
}

TEST_CASE("a forged line credits nobody and names whom it would frame") {
  struct Case {
    const char* reason;
    void (*change)(Line&);
  };

  const Case cases[] = {
      {"tag", [](Line& line) { line.tag = "8448"; }},
      {"request_id_method", [](Line& line) { line.id = "POST-66"; }},
      {"requester", [](Line& line) { line.who = "@two words"; }},
  };
  for (const Case& forgery : cases) {
    INFO(forgery.reason);
    Reading reading;
    CHECK(reading.line(Line{}.text()).kind == Kind::request);
    Line line;
    line.id = "GET-66";
    line.who = "@bystander:hs.test";
    forgery.change(line);
    const Event event = reading.line(line.text());
    CHECK(event.kind == Kind::forged);
    CHECK(event.reason == forgery.reason);
    CHECK(event.action == Action::log_forgery);
    CHECK(event.user_id.empty());
    CHECK(event.source_ip.empty());
    CHECK_FALSE(event.bytes);
  }
}

TEST_CASE("ids from request_id_header are no counters and no forgeries") {
  Reading reading;
  for (const char* id : {"GET-550e8400-e29b-41d4-a716-446655440000", "GET-12345678-90", "GET-",
                         "GET-x y", "", "sentinel", "GET-abc", "GET-abc"}) {
    INFO(id);
    Line line;
    line.id = id;
    CHECK(reading.line(line.text()).kind == Kind::request);
  }
}

TEST_CASE("the word Received is no request") {
  Reading reading;
  const Event event = reading.line(
      "2026-11-22 20:55:51,598 - synapse.access.http.8008 - 1 - DEBUG - GET-1 - Received request: "
      "GET /x");
  CHECK(event.kind == Kind::ignored);
  CHECK(event.reason == "received_request");
}

TEST_CASE("a truncated access line is an error, a bad date too") {
  Reading reading;
  const std::string text = Line{}.text();
  CHECK(reading.line(text.substr(0, text.size() - 3)).reason == "access_grammar");
  Line line;
  line.time = "2026-02-30 20:55:51,598";
  CHECK(reading.line(line.text()).reason == "bad_time");
}

TEST_CASE("a carriage return at the end is not Synapse's") {
  Reading reading;
  CHECK(reading.line(Line{}.text() + "\r").kind == Kind::request);
}

TEST_CASE("local time is read in the source's zone, through both changes of the clock") {
  SourceInfo paris;
  paris.zone = test::zone("Europe/Paris");
  Reading reading(paris);

  struct Case {
    const char* local;
    const char* utc;
  };

  const Case cases[] = {
      {"2026-10-25 01:59:59,000", "2026-10-24T23:59:59.000Z"},
      {"2026-10-25 02:00:00,000", "2026-10-25T00:00:00.000Z"},
      {"2026-10-25 02:30:00,000", "2026-10-25T00:30:00.000Z"},
      {"2026-10-25 02:59:59,999", "2026-10-25T00:59:59.999Z"},
      {"2026-10-25 02:00:00,500", "2026-10-25T01:00:00.500Z"},  // the hour again
      {"2026-10-25 02:30:00,000", "2026-10-25T01:30:00.000Z"},
      {"2026-10-25 03:00:00,000", "2026-10-25T02:00:00.000Z"},
      {"2027-03-28 01:59:59,000", "2027-03-28T00:59:59.000Z"},
      {"2027-03-28 03:00:00,000", "2027-03-28T01:00:00.000Z"},
  };
  for (const Case& stamp : cases) {
    INFO(stamp.local);
    const Event event =
        reading.line(std::string(stamp.local) + " - synapse.x - 1 - INFO - main - anything");
    CHECK(format_rfc3339(event.timestamp) == stamp.utc);
  }
}

TEST_CASE("a restored parser goes on where the saved one was") {
  const SourceInfo info = source(LineFormat::detect);
  Reading first(info);
  CHECK(first.line(Line{}.text()).kind == Kind::request);
  ByteWriter out;
  first.parser.save(out, first.parser.newest());
  Reading second(info);
  ByteReader in(out.bytes());
  second.parser.restore(in);
  CHECK(in.ok());
  CHECK(in.at_end());
  CHECK(second.line("  continued").reason == "continuation");
  CHECK(second.line(Line{}.text()).kind == Kind::request);
  ByteWriter again;
  first.line("  continued");
  first.line(Line{}.text());
  first.parser.save(again, first.parser.newest());
  ByteWriter same;
  second.parser.save(same, second.parser.newest());
  CHECK(again.bytes() == same.bytes());
}

}  // namespace noci
