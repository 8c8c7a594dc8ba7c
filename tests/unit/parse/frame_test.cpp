#include "parse/frame.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace noci {
namespace {

using namespace std::string_view_literals;

struct Seen {
  std::string line;
  std::uint64_t offset;
  std::uint64_t number;
  bool oversize;
  bool operator==(const Seen&) const = default;
};

Chunk chunk(std::string_view bytes, bool end = false) {
  Chunk made;
  made.bytes = bytes;
  made.end_of_stream = end;
  return made;
}

std::vector<Seen> push(Framer& framer, const Chunk& bytes) {
  std::vector<Seen> seen;
  framer.push(bytes, [&](std::string_view line, Position position, bool oversize) {
    seen.push_back({std::string(line), position.offset, position.line, oversize});
  });
  return seen;
}

}  // namespace

TEST_CASE("lines end at line feeds and at nothing else") {
  Framer framer;
  constexpr std::string_view bytes = "a\rb\x0b\x0c\x1c\xc2\x85\xe2\x80\xa8 c\0d\r\n\nlast"sv;
  CHECK(push(framer, chunk(bytes, true)) ==
        std::vector<Seen>{{std::string(bytes.substr(0, 16)), 0, 1, false},
                          {"", 17, 2, false},
                          {"last", 18, 3, false}});
  CHECK(framer.consumed().offset == 22);
  CHECK(framer.consumed().line == 4);
}

TEST_CASE("a line comes out when its end is there, wherever the chunks were cut") {
  Framer framer;
  CHECK(push(framer, chunk("one")).empty());
  CHECK(framer.consumed().offset == 0);
  CHECK(push(framer, chunk(" two")).empty());
  CHECK(push(framer, chunk("\nthree\nfo")) ==
        std::vector<Seen>{{"one two", 0, 1, false}, {"three", 8, 2, false}});
  CHECK(framer.consumed().offset == 14);
  CHECK(framer.consumed().line == 3);
  CHECK(push(framer, chunk("ur", true)) == std::vector<Seen>{{"four", 14, 3, false}});
}

TEST_CASE("every view of one push is valid until the next") {
  Framer framer;
  std::vector<std::string_view> views;
  const auto keep = [&](std::string_view line, Position, bool) { views.push_back(line); };
  const std::string first = "begun in one chunk, ";
  const std::string second = "ended in the next\nand more\nagain unfinished and long enough";
  framer.push(chunk(first), keep);
  framer.push(chunk(second), keep);
  REQUIRE(views.size() == 2);
  CHECK(views[0] == "begun in one chunk, ended in the next");
  CHECK(views[1] == "and more");
}

TEST_CASE("an over-long line is reported once, cut, and the next one is whole") {
  for (const std::size_t step : {1U, 3U, 64U}) {
    Framer framer(8);
    const std::string bytes = "12345678\n123456789\n" + std::string(40, 'x') + "\nok\n";
    std::vector<Seen> seen;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      for (const Seen& line : push(framer, chunk(std::string_view(bytes).substr(at, step)))) {
        seen.push_back(line);
      }
    }
    CHECK(seen == std::vector<Seen>{{"12345678", 0, 1, false},
                                    {"12345678", 9, 2, true},
                                    {"xxxxxxxx", 19, 3, true},
                                    {"ok", 60, 4, false}});
  }
}

TEST_CASE("a cursor never points into an over-long line") {
  Framer framer(4);
  CHECK(push(framer, chunk("ab\n0123456789")) == std::vector<Seen>{{"ab", 0, 1, false}});
  CHECK(framer.consumed().offset == 3);
  CHECK(push(framer, chunk("0123", true)) == std::vector<Seen>{{"0123", 3, 2, true}});
  CHECK(framer.consumed().offset == 17);
}

TEST_CASE("a stream may start anywhere in a file") {
  Framer framer;
  Chunk late = chunk("x\ny");
  late.offset = 1000;
  late.line = 42;
  CHECK(push(framer, late) == std::vector<Seen>{{"x", 1000, 42, false}});
  CHECK(framer.consumed().offset == 1002);
  CHECK(framer.consumed().line == 43);
  CHECK(push(framer, chunk("", true)) == std::vector<Seen>{{"y", 1002, 43, false}});
}

}  // namespace noci
