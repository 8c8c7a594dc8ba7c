#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

TEST_CASE("bytes of an unfinished line are handed out once, in order") {
  LogFolder folder;
  folder.append("a.log", "");
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  for (const char* part : {"on", "e", "\nt", "wo", "\n", "thr"}) {
    folder.append("a.log", part);
    reader.drain(tail);
  }
  REQUIRE(reader.lines == Lines{"one", "two"});
  REQUIRE(reader.gaps.empty());
  REQUIRE(tail.cursors()[0].offset == 8);  // the unfinished line is not counted
  REQUIRE(tail.cursors()[0].line == 3);
}

TEST_CASE("an unfinished line is read again whole after a restart") {
  LogFolder folder;
  folder.append("a.log", "one\ntw");
  TailReader before;
  std::vector<Cursor> saved;
  {
    Tail tail = tail_of(folder, {"a.log"});
    before.drain(tail);
    saved = tail.cursors();
  }
  folder.append("a.log", "o\nthree\n");
  Tail tail = tail_of(folder, {"a.log"}, StartAt::end, saved);
  TailReader after;
  after.drain(tail);
  REQUIRE(after.lines == Lines{"two", "three"});
  REQUIRE(after.numbers == std::vector<std::uint64_t>{2, 3});
}

TEST_CASE("a large file comes in blocks that join without a gap") {
  LogFolder folder;
  std::string text;
  for (int i = 0; i < 60'000; ++i) {
    text += "line " + std::to_string(i) + "\n";
  }
  folder.append("a.log", text);
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  reader.drain(tail);
  REQUIRE(reader.gaps.empty());
  REQUIRE(reader.lines.size() == 60'000);
  REQUIRE(reader.lines.back() == "line 59999");
  REQUIRE(tail.stats().bytes == text.size());
}
