#include "io/line_splitter.hpp"

#include <algorithm>
#include <string>

#include "support/catch.hpp"

using noci::LineSplitter;

namespace {

/// Everything in pieces of this size.
std::string split(LineSplitter& splitter, std::string_view bytes, std::size_t piece) {
  std::string lines;
  while (!bytes.empty()) {
    REQUIRE(splitter.push(bytes.substr(0, piece), lines));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return lines;
}

std::string counted(const std::string& message) {
  return std::to_string(message.size()) + " " + message;
}

}  // namespace

TEST_CASE("however the bytes are cut, the same lines come out") {
  const std::string text = "one\n\ntwo \r\n{\"three\":\"3\"}\n123 not a count\npart";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    LineSplitter splitter(64);
    CHECK(split(splitter, text, piece) == text.substr(0, text.size() - 4));
    CHECK(splitter.is_inside_line());
    CHECK(splitter.rest() == "part");
    CHECK(splitter.lines() == 5);
  }
}

TEST_CASE("a text log that begins with a year is lines, not counts") {
  LineSplitter splitter(64);
  CHECK(split(splitter, "2026-11-22 20:55:51,598 - x\n", 1) == "2026-11-22 20:55:51,598 - x\n");
  LineSplitter numbers(64);
  CHECK(split(numbers, "12345678 <x\n7 x\n", 1) == "12345678 <x\n7 x\n");
}

TEST_CASE("octet counts are followed, with line feeds inside and behind messages") {
  const std::string text = counted("<13>one") + counted("<13>two\n") + "\n" +
                           counted("<13>three\nfour") + counted("<13>five").substr(0, 6);
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    LineSplitter splitter(64);
    CHECK(split(splitter, text, piece) == "<13>one\n<13>two\n<13>three\nfour\n");
    CHECK(splitter.is_inside_line());
    CHECK(splitter.rest().empty());
    CHECK(splitter.lines() == 4);
  }
}

TEST_CASE("counts that make no sense end the connection") {
  LineSplitter splitter(64);
  std::string lines;
  REQUIRE(splitter.push("3 <1>", lines));
  CHECK(lines == "<1>\n");
  CHECK_FALSE(splitter.push("x", lines));
  LineSplitter huge(64);
  REQUIRE(huge.push("3 <1>", lines));
  CHECK_FALSE(huge.push("99999999 <", lines));
}

TEST_CASE("a line that is too long is skipped to its end and counted") {
  LineSplitter splitter(8);
  std::string lines;
  REQUIRE(splitter.push("12345678\n", lines));  // as long as may be
  CHECK(lines == "12345678\n");
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(splitter.push("x", lines));
  }
  CHECK(splitter.is_inside_line());
  CHECK(splitter.rest().empty());
  CHECK(splitter.oversize_lines() == 0);
  REQUIRE(splitter.push("x\nnext\n", lines));
  CHECK(lines == "12345678\nnext\n");
  CHECK(splitter.oversize_lines() == 1);
  CHECK(splitter.lines() == 2);
  LineSplitter counts(8);
  lines.clear();
  REQUIRE(counts.push(counted("<13>" + std::string(100, 'x')) + counted("<1>y"), lines));
  CHECK(lines == "<1>y\n");
  CHECK(counts.oversize_lines() == 1);
}
