#include "parse/json_line.hpp"

#include <string>

#include "support/catch.hpp"

namespace noci {
namespace {

constexpr const char* record =
    R"({"log":"a \"quoted\"\nmessage","namespace":"synapse.access.http.8008","level":"INFO",)"
    R"("time":1795380951.6,"request":"GET-65","ip_address":"203.0.113.7","site_tag":"8008",)"
    R"("requester":"@bob:hs.test","authenticated_entity":"@admin:hs.test","method":"GET",)"
    R"("url":"/x?y","protocol":"HTTP/1.1","user_agent":"","server_name":"hs.test",)"
    R"("scope":{"a":[1,{"log":"inner"}]},"extra":7})";

}  // namespace

TEST_CASE("a terse record comes apart into its keys") {
  JsonReader reader;
  Arena arena;
  JsonLine line;
  REQUIRE(reader.read(record, arena, line));
  CHECK(line.message == "a \"quoted\"\nmessage");
  CHECK(line.logger == "synapse.access.http.8008");
  CHECK(line.level == "INFO");
  CHECK(line.request == "GET-65");
  CHECK(line.server_name == "hs.test");
  REQUIRE(line.time);
  CHECK(format_rfc3339(*line.time) == "2026-11-22T20:55:51.600Z");
  CHECK(line.has_request_keys);
  CHECK(line.request_keys.address == "203.0.113.7");
  CHECK(line.request_keys.tag == "8008");
  CHECK(line.request_keys.requester == "@bob:hs.test");
  CHECK(line.request_keys.authenticated_entity == "@admin:hs.test");
  CHECK(line.request_keys.method == "GET");
  CHECK(line.request_keys.uri == "/x?y");
  CHECK(line.request_keys.protocol == "HTTP/1.1");
  CHECK(line.request_keys.user_agent.empty());
}

TEST_CASE("the other JSON formatters are read too") {
  JsonReader reader;
  Arena arena;
  JsonLine line;
  REQUIRE(reader.read(R"({"log":"m","namespace":"root","level":"INFO","requester":null})", arena,
                      line));
  CHECK_FALSE(line.time);
  CHECK(line.request_keys.requester.empty());
  // GcpJsonFormatter
  REQUIRE(reader.read(R"({"severity":"INFO","message":"m","logger":"synapse.x",)"
                      R"("time":"2026-11-22T20:55:51.598Z"})",
                      arena, line));
  CHECK(line.logger == "synapse.x");
  CHECK(line.level == "INFO");
  CHECK(format_rfc3339(*line.time) == "2026-11-22T20:55:51.598Z");
  CHECK_FALSE(line.has_request_keys);
  // structured drains up to 1.22
  REQUIRE(reader.read(R"({"log":"m","log_namespace":"synapse.y","level":"INFO","time":1.25})",
                      arena, line));
  CHECK(line.logger == "synapse.y");
  CHECK(line.time == TimePoint(Duration(1250)));
}

TEST_CASE("views of earlier lines stay when the reader goes on") {
  JsonReader reader;
  Arena arena;
  JsonLine first;
  JsonLine second;
  REQUIRE(reader.read(record, arena, first));
  REQUIRE(reader.read(R"({"log":"b\tc","namespace":"root"})", arena, second));
  CHECK(first.message == "a \"quoted\"\nmessage");
  CHECK(first.logger == "synapse.access.http.8008");
  CHECK(second.message == "b\tc");
}

TEST_CASE("what is not exactly one record is refused") {
  const std::string broken[] = {
      "",
      "{",
      "{}",
      "[]",
      "1",
      "text",
      R"({"log":"m")",
      R"({"log":"m","namespace":"a"} trailing)",
      R"({"log":"m","namespace":"a"}{"log":"m","namespace":"a"})",
      R"({"log":"m","namespace":"a","time":"\q"})",
      R"({"log":"m","namespace":"a","time":[]})",
      R"({"log":"m","namespace":"a","time":-1})",
      R"({"log":"m","namespace":"a","time":1e300})",
      R"({"log":"m"})",
      "{\"log\":\"m\xff\",\"namespace\":\"a\"}",
      "{\"log\":\"m\n\",\"namespace\":\"a\"}",
      std::string(2000, '{'),
      std::string(2000, '['),
  };
  JsonReader reader;
  Arena arena;
  for (const std::string& line : broken) {
    INFO(line);
    JsonLine out;
    CHECK_FALSE(reader.read(line, arena, out));
  }
}

}  // namespace noci
