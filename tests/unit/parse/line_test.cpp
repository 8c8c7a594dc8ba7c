#include "parse/line.hpp"

#include <string>

#include "parse/envelope.hpp"
#include "support/catch.hpp"

namespace noci {
namespace {

constexpr const char* access = "203.0.113.7 - 8008 - {None} Processed request: …";

struct Dialect {
  const char* what;
  std::string line;
  const char* worker;
  const char* request;
  int milliseconds;
};

}  // namespace

TEST_CASE("every dialect of the text prefix gives the same parts") {
  const std::string tail = access;
  const std::string stamp = "2026-11-22 20:55:51";
  const std::string logger = "synapse.access.http.8008 - 450 - INFO - ";
  const Dialect dialects[] = {
      {"precise", stamp + ",598 - " + logger + "GET-65 - " + tail, "", "GET-65", 51598},
      {"a dot", stamp + ".598 - " + logger + "GET-65 - " + tail, "", "GET-65", 51598},
      {"no milliseconds", stamp + " - " + logger + "GET-65 - " + tail, "", "GET-65", 51000},
      {"microseconds", stamp + ".598123 - " + logger + "GET-65 - " + tail, "", "GET-65", 51598},
      {"the old sample", stamp + ",598 - " + logger + "GET-65- " + tail, "", "GET-65", 51598},
      {"an empty request", stamp + ",598 - " + logger + " - " + tail, "", "", 51598},
      {"the old sample, empty", stamp + ",598 - " + logger + "- " + tail, "", "", 51598},
      {"sentinel", stamp + ",598 - " + logger + "sentinel - " + tail, "", "sentinel", 51598},
      {"a nested context", stamp + ",598 - " + logger + "PUT-42-$ev - " + tail, "", "PUT-42-$ev",
       51598},
      {"an id with a dash at its end", stamp + ",598 - " + logger + "GET-x- - " + tail, "",
       "GET-x-", 51598},
      {"an id with a blank", stamp + ",598 - " + logger + "GET-a b - " + tail, "", "GET-a b",
       51598},
      {"the workers image",
       stamp + ",598 - worker:generic_worker1 - " + logger + "GET-65 - " + tail, "generic_worker1",
       "GET-65", 51598},
  };
  for (const Dialect& dialect : dialects) {
    INFO(dialect.what);
    LogLine line;
    REQUIRE(parse_log_line(dialect.line, line));
    CHECK(line.stamp.minute == "2026-11-22 20:55");
    CHECK(line.stamp.within == Duration(dialect.milliseconds));
    CHECK(line.worker == dialect.worker);
    CHECK(line.logger == "synapse.access.http.8008");
    CHECK(line.level == "INFO");
    CHECK(line.request == dialect.request);
    CHECK(line.message == access);
  }
}

TEST_CASE("a listener's tag may hold blanks and dashes") {
  LogLine line;
  REQUIRE(parse_log_line(
      "2026-11-22 20:55:51,598 - synapse.access.http.my - own tag - 450 - INFO - GET-1 - m", line));
  CHECK(line.logger == "synapse.access.http.my - own tag");
  CHECK(line.message == "m");
}

TEST_CASE("a message may be empty") {
  LogLine line;
  REQUIRE(parse_log_line("2026-11-22 21:43:28,492 - twisted - 275 - CRITICAL - sentinel - ", line));
  CHECK(line.logger == "twisted");
  CHECK(line.level == "CRITICAL");
  CHECK(line.message.empty());
}

TEST_CASE("what is not a whole prefix at the line's beginning is no record") {
  const char* strays[] = {
      "",
      "Traceback (most recent call last):",
      "  File \"/x.py\", line 3, in f",
      "2026-11-22",
      "2026-11-22 20:55:51,598",
      " 2026-11-22 20:55:51,598 - synapse.x - 450 - INFO - GET-65 - m",
      "2026-11-22 20:55:61,598 - synapse.x - 450 - INFO - GET-65 - m",
      "2026-11-2x 20:55:51,598 - synapse.x - 450 - INFO - GET-65 - m",
      "2026-11-22 20:55:51,598 - synapse.x - abc - INFO - GET-65 - m",
      "2026-11-22 20:55:51,598 - synapse.x - 450 - LOUD - GET-65 - m",
      "2026-11-22 20:55:51,598 -  - 450 - INFO",
      "2026-11-22 20:55:51,598 - synapse.x - 450 - INFO - GET-65",
      "2031-01-01 00:00:00,000 - synapse:hs.example but they do not exist",
  };
  for (const char* stray : strays) {
    INFO(stray);
    LogLine line;
    CHECK_FALSE(parse_log_line(stray, line));
  }
}

TEST_CASE("wrappers come off, and the innermost names the worker") {
  const std::string record = "2026-11-22 20:55:51,598 - a - 1 - INFO - GET-65 - m";
  const std::string json = R"({"log":"m","namespace":"a"})";

  struct Case {
    std::string line;
    const char* worker;
    std::string body;
  };

  const Case cases[] = {
      {record, "", record},
      {json, "", json},
      {"\xef\xbb\xbf" + record, "", record},
      {"generic_worker1 | " + record, "generic_worker1", record},
      {"synapse-1    | " + record, "synapse-1", record},
      {"synapse-1  | media | " + record, "media", record},
      {"media | " + json, "media", json},
      {"Nov 22 20:55:51 host synapse[812]: " + record, "", record},
      {"Nov  2 20:55:51 host matrix-synapse: " + record, "", record},
      {"<30>Nov 22 20:55:51 host synapse[812]: " + record, "", record},
      {"2026-11-22T20:55:51.598+00:00 host synapse[812]: " + record, "", record},
      {"<30>1 2026-11-22T20:55:51.598Z host synapse 812 - - " + record, "", record},
      {"<30>1 2026-11-22T20:55:51.598Z host synapse 812 ID7 [a@1 k=\"x\\\"] y\"][b@1] "
       "\xef\xbb\xbf" +
           record,
       "", record},
      {"Nov 22 20:55:51 host synapse[812]: main | " + json, "main", json},
      // No record behind it: nothing is taken off.
      {"note | to self", "", "note | to self"},
      {"Nov 22 20:55:51 host synapse[812]: Traceback", "",
       "Nov 22 20:55:51 host synapse[812]: Traceback"},
      {"<999>1 x", "", "<999>1 x"},
      {"<30>1 ", "", "<30>1 "},
      {"", "", ""},
      {"|", "", "|"},
  };
  for (const Case& wrapped : cases) {
    INFO(wrapped.line);
    const Envelope envelope = open_envelope(wrapped.line);
    CHECK(envelope.worker == wrapped.worker);
    CHECK(envelope.body == wrapped.body);
  }
}

}  // namespace noci
