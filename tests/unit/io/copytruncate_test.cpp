#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

TEST_CASE("a file that shrank is read from its beginning") {
  LogFolder folder;
  folder.append("a.log", "one\ntwo\n");
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  reader.drain(tail);
  folder.copy("a.log", "a.log.1");
  folder.overwrite("a.log", "3\n");
  tail.rescan();
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "two", "3"});
  REQUIRE(tail.stats().truncations == 1);
  REQUIRE(tail.stats().lost_bytes_unknown == 0);
  REQUIRE(tail.stats().rotations == 0);
  REQUIRE(reader.gaps.empty());
}

TEST_CASE("a file that was truncated and has grown past the old place is noticed by its bytes") {
  LogFolder folder;
  folder.append("a.log", "one\ntwo\n");
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  reader.drain(tail);
  folder.overwrite("a.log", "three\nfour\nfive\n");
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "two", "three", "four", "five"});
  REQUIRE(reader.ended == 1);
  REQUIRE(tail.stats().truncations == 1);
}

TEST_CASE("a refilled file is noticed although its newest or its first bytes are the same") {
  LogFolder folder;
  const std::string same(300, 'x');
  const std::string before = GENERATE_COPY(as<std::string>{}, "one" + same + "\n", same + "one\n");
  const std::string after = before.front() == 'x' ? same + "two\n" : "two" + same + "\n";
  folder.append("a.log", before);
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  reader.drain(tail);
  folder.overwrite("a.log", after);
  reader.drain(tail);
  REQUIRE(reader.lines.size() == 2);
  REQUIRE(reader.lines.back() + "\n" == after);
  REQUIRE(tail.stats().truncations == 1);
}

TEST_CASE("an unfinished line ends where the file was truncated") {
  LogFolder folder;
  folder.append("a.log", "one\ntw");
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  reader.drain(tail);
  folder.overwrite("a.log", "x\n");
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "tw", "x"});
}

TEST_CASE("a truncation before everything was read is a loss of unknown size") {
  LogFolder folder;
  const std::string line = std::string(99, 'x') + "\n";
  for (int i = 0; i < 4; ++i) {
    folder.append("a.log", std::string(100'000, 'x') + "\n");
  }
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  REQUIRE(reader.read_once(tail));  // one block of 400 kB
  folder.overwrite("a.log", "y\n");
  reader.drain(tail);
  REQUIRE(tail.stats().lost_bytes_unknown == 1);
  REQUIRE(reader.lines.back() == "y");
}

TEST_CASE("the hole that a writer without append leaves after a truncation is stepped over") {
  LogFolder folder;
  const std::string path = folder.path("a.log");
  const int writer = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  REQUIRE(write(writer, std::string(100'000, 'a').c_str(), 100'000) == 100'000);
  REQUIRE(write(writer, "\n", 1) == 1);
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  reader.drain(tail);
  REQUIRE(truncate(path.c_str(), 0) == 0);
  reader.drain(tail);
  REQUIRE(write(writer, "after\n", 6) == 6);  // at offset 100001
  close(writer);
  reader.drain(tail);
  REQUIRE(reader.lines.size() == 2);
  REQUIRE(reader.lines.back() == "after");
  REQUIRE(tail.stats().truncations == 1);
}
