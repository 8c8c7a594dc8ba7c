#include "parse/access_line.hpp"

#include <string>

#include "support/catch.hpp"
#include "unit/parse/reading.hpp"

namespace noci {
namespace {

using test::Line;

/// Keeps the last message, which the fields point into.
AccessLine read(const Line& line) {
  static std::string kept;
  kept = line.message();
  AccessLine access;
  REQUIRE(parse_access_line(kept, line.tag, access) == AccessFault::none);
  return access;
}

AccessFault fault_of(const Line& line, std::string_view tag = "8008") {
  AccessLine access;
  return parse_access_line(line.message(), tag, access);
}

}  // namespace

TEST_CASE("an access line comes apart into its fields") {
  const AccessLine access = read(Line{});
  CHECK(access.address == "203.0.113.7");
  CHECK(access.requester == "@bob:hs.test");
  CHECK(access.duration == 37'000'000);
  CHECK(access.bytes == 5057);
  CHECK(access.status == 200);
  CHECK_FALSE(access.aborted);
  CHECK(access.method == "GET");
  CHECK(access.uri == "/_matrix/client/v3/account/whoami");
  CHECK(access.protocol == "HTTP/1.1");
  CHECK(access.user_agent == "Python-urllib/3.11");
  CHECK(access.dbevts == 3);
}

TEST_CASE("every spelling of the numbers is read") {
  struct Case {
    const char* numbers;
    std::int64_t duration;
    std::int64_t status;
    bool aborted;
  };

  const Case cases[] = {
      {"0.100sec/-0.000sec ru=(0.000sec, 0.000sec) db=(0.001sec/0.090sec/3) 11B 200", 100'000'000,
       200, false},
      {"30.009sec/-29.008sec (0.000sec, 0.000sec) (0.000sec/0.000sec/0) 0B 200!", 1'001'000'000,
       200, true},
      {"1.000sec/-2.000sec (0.000sec, 0.000sec) (0.000sec/0.000sec/0) 0B 499!", 0, 499, true},
      {"0.001sec/0.000sec (0.000sec, 0.000sec) (0.000sec/0.000sec/0) 0B !200", 1'000'000, 200,
       true},
      {"0.001sec/0.000sec (0.000sec, 0.000sec) (0.000sec/0.000sec/0) 7B HTTPStatus.OK", 1'000'000,
       200, false},
      {"0.001sec/0.000sec (0.000sec, 0.000sec) (0.000sec/0.000sec/0) 7B HTTPStatus.NOT_FOUND!",
       1'000'000, 404, true},
  };
  for (const Case& spelling : cases) {
    INFO(spelling.numbers);
    Line line;
    line.numbers = spelling.numbers;
    const AccessLine access = read(line);
    CHECK(access.duration == spelling.duration);
    CHECK(access.status == spelling.status);
    CHECK(access.aborted == spelling.aborted);
  }
}

TEST_CASE("numbers that Synapse cannot print make no access line") {
  const char* broken[] = {
      "0.036/0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) 5057B 200",
      "0.36sec/0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) 5057B 200",
      "0.036sec/0.001sec (0.009sec 0.000sec) (0.018sec/0.004sec/26) 5057B 200",
      "0.036sec/0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) -1B 200",
      "0.036sec/0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) 5057B 20",
      "0.036sec/0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) 5057B HTTPStatus.FINE",
      "99999999999999999999.000sec/0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) 5057B 200",
      "0.036sec/0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) 99999999999999999999B 200",
      "",
  };
  for (const char* numbers : broken) {
    INFO(numbers);
    Line line;
    line.numbers = numbers;
    CHECK(fault_of(line) == AccessFault::grammar);
  }
}

TEST_CASE("an agent may hold anything, also the end of an access line") {
  const char* agents[] = {
      "x\" [0 dbevts]",
      "\"\" [999999 dbevts]",
      "evil\\\" } ] [ {",
      "\x1b[31mred\x1b[0m",
      "a\x0b\x0c\x1c\x7f",
      "{@bystander:hs.test} Processed request: ",
      ("1.2.3.4 - 8008 - {@bystander:hs.test} Processed request: 0.001sec/0.000sec (0.001sec, "
       "0.000sec) (0.000sec/0.000sec/0) 99B 200 \"GET /x HTTP/1.1\" \"y\" [1000 dbevts]"),
      " ",
      "\"",
  };
  for (const char* agent : agents) {
    INFO(agent);
    Line line;
    line.agent = agent;
    const AccessLine access = read(line);
    CHECK(access.requester == "@bob:hs.test");
    CHECK(access.user_agent == agent);
    CHECK(access.bytes == 5057);
  }
}

TEST_CASE("a missing agent is printed as a dash and is empty") {
  Line line;
  line.agent = "-";
  CHECK(read(line).user_agent.empty());
}

TEST_CASE("quotes in method, URI and protocol are part of them") {
  Line line;
  line.request = "GE\"T /x?a=\"[0dbevts]\"HTTP/1.1\" \"x\"";
  const AccessLine access = read(line);
  CHECK(access.method == "GE\"T");
  CHECK(access.uri == "/x?a=\"[0dbevts]\"HTTP/1.1\"");
  CHECK(access.protocol == "\"x\"");
}

TEST_CASE("an address from X-Forwarded-For never moves the requester") {
  // A client's text ends at its first comma, so it cannot hold complete numbers.
  const char* addresses[] = {
      "",
      "-",
      "/run/synapse.sock",
      "unknown",
      "::1%eth0",
      "\"1.2.3.4\" - {None}",
      "1.2.3.4 - 8008 - {@bystander:hs.test} Processed request: 0.001sec",
      "1.2.3.4 - 8008 - {@bystander:hs.test} Processed request: 0.001sec/0.000sec (0.001sec",
      "{@x:y} - {None} Processed request:",
      "1.2.3.4 - 8008 - {@bystander:hs.test} Processed request: ",
      "x - 8008 - {",
      // All of a line but the comma that it cannot hold.
      ("1.2.3.4 - 8008 - {@bystander:hs.test} Processed request: 0.001sec/0.000sec "
       "(0.001sec0.000sec) (0.000sec/0.000sec/0) 99B 200 \"GET /x HTTP/1.1\" \"y"),
  };
  for (const char* address : addresses) {
    INFO(address);
    Line line;
    line.ip = address;
    const AccessLine access = read(line);
    CHECK(access.address == address);
    CHECK(access.requester == "@bob:hs.test");
    CHECK(access.bytes == 5057);
  }
}

TEST_CASE("the message must name the logger's tag") {
  Line line;
  CHECK(fault_of(line, "8448") == AccessFault::tag);
  CHECK(fault_of(line, "008") == AccessFault::tag);
  line.tag = "my - own tag";
  CHECK(fault_of(line, "my - own tag") == AccessFault::none);
}

TEST_CASE("JSON keys must match the message byte for byte") {
  const Line line;
  const AccessKeys keys{"203.0.113.7",  "8008",
                        "@bob:hs.test", "@bob:hs.test",
                        "GET",          "/_matrix/client/v3/account/whoami",
                        "HTTP/1.1",     "Python-urllib/3.11"};
  AccessLine access;
  const std::string message = line.message();
  REQUIRE(parse_access_line(message, keys, access));
  CHECK(access.bytes == 5057);
  CHECK(access.status == 200);
  CHECK(access.dbevts == 3);
  CHECK(access.requester == "@bob:hs.test");
  for (const auto field : {&AccessKeys::address, &AccessKeys::tag, &AccessKeys::requester,
                           &AccessKeys::authenticated_entity, &AccessKeys::method, &AccessKeys::uri,
                           &AccessKeys::protocol, &AccessKeys::user_agent}) {
    AccessKeys other = keys;
    other.*field = "else";
    CHECK_FALSE(parse_access_line(message, other, access));
  }
}

TEST_CASE("JSON keys make any address unambiguous") {
  Line line;
  line.ip = "1.2.3.4 - 8008 - {@bystander:hs.test} Processed request: 0.001sec/0.000sec (0.001sec";
  line.who = "@admin:hs.test|@bob:hs.test";
  line.agent = "-";
  const AccessKeys keys{line.ip,          "8008", "@bob:hs.test",
                        "@admin:hs.test", "GET",  "/_matrix/client/v3/account/whoami",
                        "HTTP/1.1",       ""};
  AccessLine access;
  const std::string message = line.message();
  REQUIRE(parse_access_line(message, keys, access));
  CHECK(access.requester == "@admin:hs.test|@bob:hs.test");
  CHECK(access.user_agent.empty());
}

TEST_CASE("only access loggers have a tag") {
  CHECK(access_tag("synapse.access.http.8008") == "8008");
  CHECK(access_tag("synapse.access.https.a b") == "a b");
  CHECK(access_tag("synapse.access.ftp.8008").empty());
  CHECK(access_tag("xsynapse.access.http.8008").empty());
  CHECK(access_tag("synapse.http.server").empty());
}

}  // namespace noci
