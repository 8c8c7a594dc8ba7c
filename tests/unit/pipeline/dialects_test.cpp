// One line for each way in which Synapse 1.20 to 1.157 and what stands behind it print one request.
// What each must mean is written down here from Synapse's sources and the transports' documents.

#include <algorithm>
#include <string>
#include <vector>

#include "pipeline/event_reader.hpp"
#include "support/catch.hpp"

using namespace noci;

namespace {

/// The parts of a request as Synapse prints them, and what they mean.
struct Case {
  const char* what;
  std::string line;
  const char* user = "@bob:hs.test";
  const char* acted_for = "";
  const char* server = "";
  const char* address = "203.0.113.7";
  const char* outcome = "success";
  const char* worker = "";
  const char* request = "GET-65";
  const char* time = "2026-11-22T20:55:51.598Z";
  std::int64_t status = 200;
  const char* prefix = "";
};

const std::string old_numbers = "0.036sec/-0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26)";
const std::string new_numbers =
    "0.036sec/-0.001sec ru=(0.009sec, 0.000sec) db=(0.018sec/0.004sec/26)";
const std::string stamp = "2026-11-22 20:55:51,598";
const std::string logger = "synapse.access.http.8008";

std::string message(const std::string& who = "@bob:hs.test", const std::string& code = "200",
                    const std::string& address = "203.0.113.7", const std::string& tag = "8008",
                    const std::string& numbers = new_numbers) {
  return address + " - " + tag + " - {" + who + "} Processed request: " + numbers + " 5057B " +
         code + " \"GET /_matrix/client/v3/account/whoami HTTP/1.1\" \"x/1\" [0 dbevts]";
}

std::string record(const std::string& text, const std::string& time = stamp,
                   const std::string& name = logger) {
  return time + " - " + name + " - 450 - INFO - GET-65 - " + text;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return out;
}

std::string json(const std::string& text, const std::string& more) {
  return R"({"log":")" + escaped(text) + R"(","namespace":"synapse.access.http.8008",)" +
         R"("level":"INFO")" + more + "}";
}

const std::string keys =
    R"(,"ip_address":"203.0.113.7","site_tag":"8008","requester":"@bob:hs.test",)"
    R"("authenticated_entity":"@bob:hs.test","method":"GET",)"
    R"("url":"/_matrix/client/v3/account/whoami","protocol":"HTTP/1.1","user_agent":"x/1")";
const std::string epoch = R"(,"time":1795380951.6)";
const char* const terse_time = "2026-11-22T20:55:51.600Z";

std::string docker(const std::string& text) {
  return R"({"log":")" + escaped(text) +
         R"(\n","stream":"stderr","time":"2026-11-22T20:55:51.598765432Z"})";
}

std::string journal(const std::string& text, const std::string& more = "") {
  return R"({"MESSAGE":")" + escaped(text) + R"(","__REALTIME_TIMESTAMP":"1795380951598765")" +
         more + "}";
}

void check(const Case& expected) {
  INFO(expected.what);
  INFO(expected.line);
  SourceInfo source;
  source.name = "log";
  source.prefix = expected.prefix;
  EventReader reader({source});
  Chunk chunk;
  const std::string bytes = expected.line + "\n";
  chunk.bytes = bytes;
  chunk.path = "-";
  chunk.arrival = parse_rfc3339("2026-11-22T20:55:53Z").value();
  chunk.end_of_stream = true;
  int events = 0;
  reader.feed(chunk, [&](const Event& event) {
    ++events;
    CHECK(event.reason == "");
    CHECK(name_of(event.kind) == "request");
    CHECK(name_of(event.action) == "whoami");
    CHECK(format_rfc3339(event.timestamp) == expected.time);
    CHECK(event.user_id == expected.user);
    CHECK(event.effective_user_id == expected.acted_for);
    CHECK(event.server_name == expected.server);
    CHECK(event.source_ip == expected.address);
    CHECK(name_of(event.outcome) == expected.outcome);
    CHECK(event.log_worker == expected.worker);
    CHECK(event.request_id == expected.request);
    CHECK(event.status == expected.status);
    CHECK(event.bytes == 5057);
    CHECK(event.user_agent == "x/1");
  });
  CHECK(events == 1);
}

Case case_of(const char* what, std::string line) {
  Case made;
  made.what = what;
  made.line = std::move(line);
  return made;
}

/// A case that differs in one expectation.
template <typename T>
Case with(Case made, T Case::*field, T value) {
  made.*field = value;
  return made;
}

}  // namespace

TEST_CASE("the message of every version of Synapse means the same") {
  check(case_of("labels, 1.150+", record(message())));
  check(case_of("no labels",
                record(message("@bob:hs.test", "200", "203.0.113.7", "8008", old_numbers))));
  const auto puppet = [](const std::string& sep) {
    return with(case_of("puppeting", record(message("@admin:hs.test" + sep + "@bob:hs.test"))),
                &Case::user, "@admin:hs.test");
  };
  for (const char* sep : {",", ".", "|"}) {
    check(with(puppet(sep), &Case::acted_for, "@bob:hs.test"));
  }
  check(with(case_of("anonymous", record(message("None"))), &Case::user, ""));
  check(with(with(case_of("federation", record(message("other.example"))), &Case::user, ""),
             &Case::server, "other.example"));
  for (const char* code : {"200!", "!200"}) {
    check(with(case_of("client gone", record(message("@bob:hs.test", code))), &Case::outcome,
               "aborted"));
  }
  check(
      with(with(case_of("499", record(message("@bob:hs.test", "499!"))), &Case::outcome, "aborted"),
           &Case::status, std::int64_t{499}));
  check(case_of("enum name, < 1.52", record(message("@bob:hs.test", "HTTPStatus.OK"))));
  check(with(with(case_of("enum name of an error",
                          record(message("@bob:hs.test", "HTTPStatus.IM_A_TEAPOT"))),
                  &Case::outcome, "failure"),
             &Case::status, std::int64_t{418}));
  for (const char* address :
       {"", "-", "/run/synapse/main.sock", "a client's words, \"quoted\" {x}"}) {
    check(with(case_of("no address", record(message("@bob:hs.test", "200", address))),
               &Case::address, ""));
  }
  check(with(case_of("IPv6 with a zone", record(message("@bob:hs.test", "200", "fe80::1%eth0"))),
             &Case::address, "fe80::1"));
  check(case_of("IPv4 in IPv6", record(message("@bob:hs.test", "200", "::ffff:203.0.113.7"))));
  check(case_of("a port", record(message("@bob:hs.test", "200", "203.0.113.7:4711"))));
  check(case_of("a tag with blanks and a dash",
                record(message("@bob:hs.test", "200", "203.0.113.7", "my - own tag"), stamp,
                       "synapse.access.https.my - own tag")));
  check(case_of("a Unix socket's listener",
                record(message("@bob:hs.test", "200", "203.0.113.7", "unix"), stamp,
                       "synapse.access.http.unix")));
}

TEST_CASE("the prefix of every text log means the same") {
  const std::string m = message();
  const std::string rest = " - " + logger + " - 450 - INFO - GET-65 - " + m;
  check(case_of("precise", record(m)));
  check(with(case_of("no milliseconds", "2026-11-22 20:55:51" + rest), &Case::time,
             "2026-11-22T20:55:51.000Z"));
  check(case_of("a dot", "2026-11-22 20:55:51.598" + rest));
  check(case_of("T", "2026-11-22T20:55:51,598" + rest));
  check(case_of("T and Z", "2026-11-22T20:55:51.598Z" + rest));
  check(case_of("an offset", "2026-11-22T22:55:51.598+02:00" + rest));
  check(case_of("an offset without a colon", "2026-11-22 15:25:51,598 -0530" + rest));
  check(case_of("the time alone", "20:55:51,598" + rest));
  check(case_of("an old sample", stamp + " - " + logger + " - 450 - INFO - GET-65- " + m));
  check(with(case_of("the workers image to 1.58",
                     stamp + " - worker:w1 - " + logger + " - 450 - INFO - GET-65 - " + m),
             &Case::worker, "w1"));
  check(with(case_of("the workers image", "w1 | " + record(m)), &Case::worker, "w1"));
  check(with(case_of("its forking launcher", "outer | w1 | " + record(m)), &Case::worker, "w1"));
  check(with(case_of("an empty request, 1.142", stamp + " - " + logger + " - 450 - INFO -  - " + m),
             &Case::request, ""));
  check(case_of("RFC 3164", "<30>Nov 22 20:55:51 host synapse[812]: " + record(m)));
  check(case_of("RFC 5424", "<30>1 2026-11-22T20:55:51.1Z host synapse 812 - - " + record(m)));
  check(case_of("RFC 6587", "187 <30>1 2026-11-22T20:55:51.1Z h s 812 - - " + record(m)));
  check(case_of("rsyslog's file", "2026-11-22T20:55:51.1+00:00 host synapse[812]: " + record(m)));
  check(case_of("docker logs -t", "2026-11-22T20:55:51.598765432Z " + record(m)));
}

TEST_CASE("a log that leaves the time to its transport has the transport's") {
  const std::string untimed = logger + ": [GET-65] " + message();
  check(case_of("journald, contrib/systemd", journal(untimed)));
  check(case_of("journald, Python's handler",
                journal(untimed, R"(,"LOGGER":"synapse.access.http.8008")")));
  check(with(case_of("journald, message only",
                     journal(message(), R"(,"LOGGER":"synapse.access.http.8008")")),
             &Case::request, ""));
  check(with(case_of("journald, a worker's unit",
                     journal(untimed, R"(,"_SYSTEMD_UNIT":"matrix-synapse-worker@w1.service")")),
             &Case::worker, "w1"));
  check(case_of("docker", docker(untimed)));
  check(with(case_of("RFC 3164", "Nov 22 20:55:51 host synapse[812]: " + untimed), &Case::time,
             "2026-11-22T20:55:51.000Z"));
  check(case_of("RFC 5424", "<30>1 2026-11-22T20:55:51.598Z host synapse 812 - - " + untimed));
  check(case_of("CRI", "2026-11-22T20:55:51.598765432Z stdout F " + untimed));
  check(case_of("JsonFormatter, docker", docker(json(message(), R"(,"request":"GET-65")" + keys))));
  check(
      with(case_of("no transport: the arrival", untimed), &Case::time, "2026-11-22T20:55:53.000Z"));
}

TEST_CASE("a prefix in Python's words reads what Python writes with it") {
  const std::string m = message();
  const auto prefixed = [&](const char* prefix, const std::string& line) {
    Case made = case_of(prefix, line);
    made.prefix = prefix;
    return made;
  };
  check(prefixed("%(asctime)s %(name)s(%(lineno)d) [%(levelname)-8s]: %(request)s %(message)s",
                 stamp + " " + logger + "(450) [INFO    ]: GET-65 " + m));
  check(prefixed(
      "[%(levelname)8s] %(asctime)s.%(msecs)03dZ %(process)d %(name)-40s %(request)s|",
      "[    INFO] 2026-11-22T20:55:51.598Z 812 " + logger + std::string(16, ' ') + " GET-65|" + m));
  check(with(prefixed("100%% %(name)s %(funcName)s/%(request)s: %(message)s",
                      "100% " + logger + " _finished/GET-65: " + m),
             &Case::time, "2026-11-22T20:55:53.000Z"));
  check(with(prefixed("%(asctime)s %(name)s: %(request)s %(message)s",
                      docker("20:55:51 " + logger + ": GET-65 " + m)),
             &Case::time, "2026-11-22T20:55:51.000Z"));
  check(prefixed("%(asctime)s %(name)s %(request)s %(message)s",
                 "Nov 22 20:55:51 host synapse[1]: " + stamp + " " + logger + " GET-65 " + m));
}

TEST_CASE("every JSON formatter means the same") {
  const std::string m = message();
  const std::string request = R"(,"request":"GET-65")";
  const auto terse = [](const char* what, const std::string& line) {
    return with(case_of(what, line), &Case::time, terse_time);
  };
  check(terse("Terse, 1.32+", json(m, epoch + request + keys)));
  check(terse("Terse, 1.23 to 1.31", json(m, epoch + request)));
  check(terse("with server_name and scope",
              json(m, epoch + request + R"(,"server_name":"hs.test","scope":null)" + keys)));
  check(terse("with what extra= brings",
              json(m, epoch + request + keys + R"(,"x":{"a":[1,"}"]},"stream":"stderr","y":1e3)")));
  check(with(case_of("JsonFormatter", json(m, request + keys)), &Case::time,
             "2026-11-22T20:55:53.000Z"));
  check(with(case_of("Gcp, 1.155+", R"({"severity":"INFO","message":")" + escaped(m) +
                                        R"(","logger":"synapse.access.http.8008",)"
                                        R"("time":"2026-11-22T20:55:51.598Z"})"),
             &Case::request, ""));
  check(terse("structured: true to 1.22, terse network drain",
              R"({"log":")" + escaped(m) + R"(","log_namespace":"synapse.access.http.8008",)" +
                  R"("level":"INFO","time":1795380951.6,"request":"GET-65","scope":null,)" +
                  R"("server_name":"hs.test"})"));
  check(with(case_of("its console drain", R"({"log":")" + escaped(m) +
                                              R"(","log_namespace":"synapse.access.http.8008",)" +
                                              R"("level":"INFO","request":"GET-65","scope":null})"),
             &Case::time, "2026-11-22T20:55:53.000Z"));
  check(terse("docker", docker(json(m, epoch + request + keys))));
  check(terse("CRI", "2026-11-22T20:55:51.1Z stderr F " + json(m, epoch + request + keys)));
  check(terse("journald", journal(json(m, epoch + request + keys))));
  check(with(terse("the workers image", "w1 | " + json(m, epoch + request + keys)), &Case::worker,
             "w1"));
  check(
      terse("syslog", "<30>1 2026-11-22T20:55:51.1Z h s - - - " + json(m, epoch + request + keys)));
}

TEST_CASE("a log with dates holds no records without") {
  const std::string dated = record(message());
  for (const std::string& inside :
       {logger + ": [GET-66] " + message(), "20:55:52,598" + dated.substr(stamp.size())}) {
    INFO(inside);
    EventReader reader({{"log", "", "", LineFormat::detect, Zone::utc()}});
    Chunk chunk;
    const std::string bytes = dated + "\n" + inside + "\n";
    chunk.bytes = bytes;
    chunk.end_of_stream = true;
    std::vector<std::string> seen;
    reader.feed(chunk, [&](const Event& event) {
      seen.emplace_back(event.reason.empty() ? name_of(event.kind) : event.reason);
    });
    std::sort(seen.begin(), seen.end());
    CHECK(seen == std::vector<std::string>{"continuation", "request"});
  }
}
