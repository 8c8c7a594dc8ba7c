#include "parse/unwrap.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "unit/parse/reading.hpp"

namespace noci {
namespace {

struct Seen {
  std::string bytes;
  std::uint64_t line = 0;
  std::string written;
  std::string worker;
  std::string logger;
  bool oversize = false;
  bool continuation = false;
};

/// Physical lines through an Unwrapper, numbered from 1.
class Unwrapping {
 public:
  explicit Unwrapping(std::size_t longest = Framer::default_longest) : unwrapper(longest) {}

  std::vector<Seen> line(const std::string& text, bool oversize = false) {
    Record physical;
    physical.bytes = text;
    physical.position = {offset_, ++lines_};
    offset_ += text.size() + 1;
    std::vector<Seen> seen;
    unwrapper.push(physical, oversize, 1, [&](const Record& record, bool is_oversize) {
      seen.push_back({std::string(record.bytes), record.position.line,
                      record.written ? format_rfc3339(*record.written) : "",
                      std::string(record.worker), std::string(record.logger), is_oversize,
                      record.continuation});
    });
    return seen;
  }

  Unwrapper unwrapper;

 private:
  std::uint64_t offset_ = 0;
  std::uint64_t lines_ = 0;
};

bool never(std::uint64_t, std::uint64_t) {
  return false;
}

constexpr const char* moment = "2026-11-22T20:55:51.598Z";

std::string docker(const std::string& log, const std::string& stream = "stderr") {
  return R"({"log":")" + log + R"(","stream":")" + stream +
         R"(","time":"2026-11-22T20:55:51.598123456Z"})";
}

std::string cri(const std::string& tag, const std::string& text,
                const std::string& stream = "stderr") {
  return "2026-11-22T21:55:51.598123456+01:00 " + stream + " " + tag + " " + text;
}

}  // namespace

TEST_CASE("every wrapper comes off one line") {
  struct Case {
    const char* what;
    std::string line;
    std::string bytes;
    std::string written;
    std::string worker;
    std::string logger;
  };

  const std::string message = "synapse.x: [GET-1] m";
  const Case cases[] = {
      {"docker json-file", docker(R"(a \"b\" \u00e9\\\n)"), "a \"b\" \xc3\xa9\\", moment, "", ""},
      {"docker json-file with labels",
       R"({"log":"m\n","stream":"stdout","attrs":{"tag":"hs"},"time":"2026-11-22T20:55:51.598Z"})",
       "m", moment, "", ""},
      {"CRI", cri("F", "a  b"), "a  b", moment, "", ""},
      {"CRI, several tags", cri("F:x", "m"), "m", moment, "", ""},
      {"CRI, an empty record", cri("F", ""), "", moment, "", ""},
      {"CRI, an empty record without its blank", "2026-11-22T20:55:51.598123456Z stdout F", "",
       moment, "", ""},
      {"journald, Python's handler",
       R"({"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1795380951598123","PRIORITY":"6",)"
       R"("LOGGER":"synapse.x","CODE_LINE":"450","SYSLOG_IDENTIFIER":"synapse",)"
       R"("_SYSTEMD_UNIT":"matrix-synapse.service","MESSAGE":"synapse.x: [GET-1] m"})",
       message, moment, "matrix-synapse", "synapse.x"},
      {"journald, standard error of a worker's unit",
       R"({"MESSAGE":"m","__REALTIME_TIMESTAMP":"1795380951598123","_TRANSPORT":"stdout",)"
       R"("_SYSTEMD_UNIT":"matrix-synapse-worker@generic1.service"})",
       "m", moment, "generic1", ""},
      {"journald, bytes",
       R"({"__REALTIME_TIMESTAMP":"1795380951598123","MESSAGE":[97,27,255,0,98]})",
       std::string("a\x1b\xff\0b", 5), moment, "", ""},
      {"journald, docker's driver",
       R"({"MESSAGE":"m","__REALTIME_TIMESTAMP":"1795380951598123","CONTAINER_NAME":"synapse",)"
       R"("_SYSTEMD_UNIT":"docker.service"})",
       "m", moment, "synapse", ""},
      {"Vector", R"({"file":"/a","host":"h","message":"m","timestamp":"2026-11-22T20:55:51.598Z"})",
       "m", moment, "", ""},
      {"Fluent Bit", R"({"date":1795380951.598,"log":"m"})", "m", moment, "", ""},
      {"Fluent Bit, CRI parsed",
       R"({"date":1795380951.598,"stream":"stderr","logtag":"F","message":"m"})", "m", moment, "",
       ""},
      {"docker's fluentd driver",
       R"({"container_id":"1","container_name":"/synapse","source":"stderr","log":"m"})", "m", "",
       "synapse", ""},
  };
  for (const Case& wrapped : cases) {
    INFO(wrapped.what);
    Unwrapping unwrapping;
    const auto seen = unwrapping.line(wrapped.line);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].bytes == wrapped.bytes);
    CHECK(seen[0].written == wrapped.written);
    CHECK(seen[0].worker == wrapped.worker);
    CHECK(seen[0].logger == wrapped.logger);
    CHECK_FALSE(seen[0].oversize);
    CHECK_FALSE(seen[0].continuation);
  }
}

TEST_CASE("what is no wrapper goes through untouched") {
  const std::string lines[] = {
      "",
      "{",
      "{}",
      "2026-11-22 20:55:51,598 - a - 1 - INFO - GET-65 - m",
      "2026-11-22T20:55:51.598Z stderr",
      "2026-11-22T20:55:51.598Z stderr X m",
      "2026-11-22T20:55:51.598Z stdlog F m",
      "2026-11-22Tnot-a-time-at-all stderr F m",
      R"({"log":"m","namespace":"synapse.x","level":"INFO","time":1795380951.6})",
      R"({"namespace":"synapse.x","log":"m","stream":"stderr","time":"2026-11-22T20:55:51Z"})",
      R"({"severity":"INFO","message":"m","logger":"synapse.x","time":"2026-11-22T20:55:51Z"})",
      R"({"message":"m","logger":"synapse.x","timestamp":"2026-11-22T20:55:51Z"})",
      R"({"log":"m","level":"INFO","log_namespace":"synapse.x","request":"GET-1","scope":null})",
      R"({"log":"m","stream":"stderr","time":"2026-11-22T20:55:51Z"} trailing)",
      R"({"time":"2026-11-22T20:55:51Z"})",
      R"({"log":7})",
  };
  for (const std::string& line : lines) {
    INFO(line);
    Unwrapping unwrapping;
    const auto seen = unwrapping.line(line);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].bytes == line);
    CHECK(seen[0].written.empty());
  }
}

TEST_CASE("a record that was cut is whole again, where its first piece stood") {
  struct Case {
    const char* what;
    std::vector<std::string> lines;
    std::string bytes;
  };

  const std::string journal = R"(","__REALTIME_TIMESTAMP":"1795380951598123","_STREAM_ID":"7",)";
  const Case cases[] = {
      {"docker", {docker("one "), docker("two "), docker("three\\n")}, "one two three"},
      {"docker, the line feed alone", {docker("one"), docker("\\n")}, "one"},
      {"CRI", {cri("P", "one "), cri("P", ""), cri("F", "two")}, "one two"},
      {"journald, LineMax=",
       {R"({"MESSAGE":"one )" + journal + R"("_LINE_BREAK":"line-max"})",
        R"({"MESSAGE":"two)" + journal + R"("_PID":"3"})"},
       "one two"},
      {"journald, a NUL in the text",
       {R"({"MESSAGE":"one )" + journal + R"("_LINE_BREAK":"nul"})",
        R"({"MESSAGE":"two)" + journal + R"("_PID":"3"})"},
       std::string("one \0two", 8)},
      {"docker's journald driver",
       {R"({"MESSAGE":"one )" + journal + R"("CONTAINER_PARTIAL_MESSAGE":"true"})",
        R"({"MESSAGE":"two)" + journal + R"("CONTAINER_PARTIAL_LAST":"true"})"},
       "one two"},
      {"docker's fluentd driver",
       {R"({"log":"one ","partial_message":"true","partial_id":"a","partial_last":"false"})",
        R"({"log":"two","partial_message":"true","partial_id":"a","partial_last":"true"})"},
       "one two"},
      {"Fluent Bit",
       {R"({"date":1,"stream":"stderr","_p":"P","log":"one "})",
        R"({"date":1,"stream":"stderr","_p":"F","log":"two"})"},
       "one two"},
  };
  for (const Case& cut : cases) {
    INFO(cut.what);
    Unwrapping unwrapping;
    unwrapping.line(cri("F", "before"));
    for (std::size_t i = 0; i + 1 < cut.lines.size(); ++i) {
      CHECK(unwrapping.line(cut.lines[i]).empty());
    }
    const auto seen = unwrapping.line(cut.lines.back());
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].bytes == cut.bytes);
    CHECK(seen[0].line == 2);
    CHECK_FALSE(seen[0].oversize);
    CHECK(unwrapping.unwrapper.unfinished() == 0);
  }
}

TEST_CASE("the two channels of a container are put together apart") {
  Unwrapping unwrapping;
  CHECK(unwrapping.line(cri("P", "err one ", "stderr")).empty());
  CHECK(unwrapping.line(cri("P", "out one ", "stdout")).empty());
  CHECK(unwrapping.line(cri("F", "err two", "stderr"))[0].bytes == "err one err two");
  const auto out = unwrapping.line(cri("F", "out two", "stdout"));
  CHECK(out[0].bytes == "out one out two");
  CHECK(out[0].line == 2);
}

TEST_CASE("a record with line feeds inside is one record and its continuation") {
  Unwrapping unwrapping;
  const auto seen =
      unwrapping.line(R"({"MESSAGE":"one\n2026-11-22 20:55:51,598 - a - 1 - INFO - GET-65 - m\n",)"
                      R"("__REALTIME_TIMESTAMP":"1795380951598123"})");
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].bytes == "one");
  CHECK_FALSE(seen[0].continuation);
  CHECK(seen[1].continuation);
  CHECK(seen[1].line == 1);
}

TEST_CASE("a client cannot swallow the next line with the beginning of a wrapper") {
  for (const std::string& bait : {cri("P", "bait"), docker("bait")}) {
    INFO(bait);
    Unwrapping unwrapping;
    CHECK(unwrapping.line(bait).empty());
    const std::string genuine = "2026-11-22 20:55:51,598 - a - 1 - INFO - GET-65 - m";
    const auto seen = unwrapping.line(genuine);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].oversize);
    CHECK(seen[1].bytes == genuine);
    CHECK(unwrapping.unwrapper.unfinished() == 0);
  }
}

TEST_CASE("a record of megabytes is told once and kept to the limit") {
  Unwrapping unwrapping(100);
  const std::string piece(60, 'x');
  for (int i = 0; i < 50; ++i) {
    CHECK(unwrapping.line(cri("P", piece)).empty());
  }
  ByteWriter saved;
  unwrapping.unwrapper.save(saved, never);
  CHECK(saved.bytes().size() < 200);
  const auto seen = unwrapping.line(cri("F", "end"));
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].oversize);
  CHECK(seen[0].line == 1);
  CHECK_FALSE(unwrapping.line(cri("F", "next"))[0].oversize);
}

TEST_CASE("a physical line that was too long keeps its place in the record") {
  Unwrapping unwrapping;
  CHECK(unwrapping.line(cri("P", "cut off by the framer"), true).empty());
  const auto seen = unwrapping.line(cri("F", "the rest is no record"));
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].oversize);
}

TEST_CASE("a text that journalctl left out is not nothing") {
  Unwrapping unwrapping;
  const auto seen =
      unwrapping.line(R"({"MESSAGE":null,"__REALTIME_TIMESTAMP":"1795380951598123"})");
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].oversize);
}

TEST_CASE("of too many unfinished records the oldest is given up") {
  Unwrapping unwrapping;
  const auto part = [](int i) {
    return R"({"MESSAGE":"m","__REALTIME_TIMESTAMP":"1","_LINE_BREAK":"line-max","_STREAM_ID":")" +
           std::to_string(i) + "\"}";
  };
  std::size_t given_up = 0;
  for (int i = 0; i < 40; ++i) {
    for (const Seen& seen : unwrapping.line(part(i))) {
      CHECK(seen.oversize);
      CHECK(seen.line == ++given_up);
    }
  }
  CHECK(given_up + unwrapping.unwrapper.unfinished() == 40);
  CHECK(unwrapping.unwrapper.unfinished() <= 16);
}

TEST_CASE("what is unfinished survives a restart") {
  Unwrapping first;
  first.line(cri("P", "one "));
  first.line(cri("P", "out ", "stdout"));
  ByteWriter saved;
  first.unwrapper.save(saved, never);
  Unwrapping second;
  ByteReader in(saved.bytes());
  second.unwrapper.restore(in);
  CHECK(in.ok());
  CHECK(in.at_end());
  const auto seen = second.line(cri("F", "two"));
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].bytes == "one two");
  CHECK(seen[0].written == moment);
  CHECK(second.unwrapper.unfinished() == 1);
}

TEST_CASE("what a restart reads again is not kept beside") {
  Unwrapping first;
  first.line(cri("P", "one "));
  const std::string other = cri("P", "out ", "stdout");
  first.line(other);
  ByteWriter saved;
  first.unwrapper.save(
      saved, [](std::uint64_t stream, std::uint64_t offset) { return stream == 1 && offset > 0; });
  Unwrapping second;
  ByteReader in(saved.bytes());
  second.unwrapper.restore(in);
  CHECK(second.unwrapper.unfinished() == 1);
  second.line(other);
  CHECK(second.line(cri("F", "two", "stdout"))[0].bytes == "out two");
}

}  // namespace noci
