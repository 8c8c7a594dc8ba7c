#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

TEST_CASE("a renamed log is read to its end before the new one begins") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  reader.drain(tail);
  folder.append("a.log", "two\n");
  folder.rename("a.log", "a.log.2026-11-22");
  folder.append("a.log", "three\n");
  tail.rescan();
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "two", "three"});
  REQUIRE(reader.numbers == std::vector<std::uint64_t>{1, 2, 1});
  REQUIRE(reader.ended == 1);
  REQUIRE(tail.stats().rotations == 1);
  REQUIRE(tail.cursors().size() == 1);
}

TEST_CASE("a writer that was not told of the rotation yet is still heard") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  folder.rename("a.log", "a.log.1");
  folder.append("a.log", "");  // created empty, as logrotate does before it signals the writer
  tail.rescan();
  reader.drain(tail);
  REQUIRE(reader.ended == 0);
  folder.append("a.log.1", "two\n");
  reader.drain(tail);
  folder.append("a.log.1", "three\n");
  folder.append("a.log", "four\n");
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "two", "three", "four"});
  REQUIRE(reader.ended == 1);
}

TEST_CASE("between rename and create nothing is missing") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  folder.rename("a.log", "a.log.1");
  tail.rescan();
  REQUIRE(tail.faults().empty());  // an instant without the name is not a fault
  folder.append("a.log.1", "two\n");
  reader.drain(tail);
  tail.rescan();
  tail.rescan();
  REQUIRE(tail.faults().size() == 1);
  REQUIRE(tail.faults()[0].problem == SourceProblem::missing);
  folder.append("a.log", "three\n");
  tail.rescan();
  REQUIRE(tail.faults().empty());
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "two", "three"});
}

TEST_CASE("several rotations between two looks lose nothing") {
  LogFolder folder;
  folder.append("a.log.2", "history that was never asked for\n");
  folder.append("a.log", "one\n");
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  reader.drain(tail);
  folder.rename("a.log.2", "a.log.5");
  folder.rename("a.log", "a.log.4");
  for (const char* name : {"a.log.3", "a.log.2", "a.log.1"}) {
    folder.append("a.log", std::string("in ") + name + "\n");
    folder.rename("a.log", name);
  }
  folder.append("a.log", "now\n");
  tail.rescan();
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "in a.log.3", "in a.log.2", "in a.log.1", "now"});
  REQUIRE(tail.cursors().size() == 1);
}

TEST_CASE("a rotated file matters until it is counted to its end") {
  LogFolder folder;
  folder.append("a.log", "one\ntwo");
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  reader.drain(tail, false);
  folder.rename("a.log", "a.log.1");
  folder.append("a.log", "three\n");
  tail.rescan();
  reader.drain(tail, false);
  REQUIRE(reader.lines == Lines{"one", "two", "three"});
  const auto cursors = tail.cursors();
  REQUIRE(cursors.size() == 2);
  REQUIRE(cursors[0].offset == 0);
  tail.consumed((std::uint64_t{3} << 48) + 1, 4, 2);
  REQUIRE(tail.cursors().size() == 2);
  REQUIRE(tail.cursors()[0].offset == 4);
  REQUIRE(tail.cursors()[0].line == 2);
  tail.consumed((std::uint64_t{3} << 48) + 1, 0, 0);  // a parser that has forgotten the stream
  REQUIRE(tail.cursors()[0].offset == 4);
  tail.consumed((std::uint64_t{3} << 48) + 1, 7, 3);
  REQUIRE(tail.cursors().size() == 1);
}
