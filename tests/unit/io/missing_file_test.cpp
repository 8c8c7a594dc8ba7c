#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

TEST_CASE("a file that does not exist yet is a visible fault and read from its beginning later") {
  LogFolder folder;
  Tail tail = tail_of(folder, {"a.log"}, StartAt::end);
  TailReader reader;
  reader.drain(tail);
  REQUIRE(tail.faults().size() == 1);
  REQUIRE(tail.faults()[0].problem == SourceProblem::missing);
  REQUIRE(tail.faults()[0].path == folder.path("a.log"));
  REQUIRE(tail.faults()[0].what == folder.path("a.log") + " does not exist yet; waiting for it");
  folder.append("a.log", "one\n");
  tail.rescan();
  REQUIRE(tail.faults().empty());
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one"});
}

TEST_CASE("a folder that does not exist yet is waited for too") {
  LogFolder folder;
  Tail tail = tail_of(folder, {"later/a.log", "later/*.txt"}, StartAt::end);
  REQUIRE(tail.faults().size() == 2);
  REQUIRE(tail.directories() == Lines{folder.path("later")});
  std::filesystem::create_directory(folder.path("later"));
  folder.append("later/a.log", "one\n");
  folder.append("later/b.txt", "two\n");
  tail.rescan();
  TailReader reader;
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "two"});
}

TEST_CASE("what is not a file is said to be none") {
  LogFolder folder;
  std::filesystem::create_directory(folder.path("a.log"));
  REQUIRE(mkfifo(folder.path("b.log").c_str(), 0644) == 0);
  Tail tail = tail_of(folder, {"a.log", "b.log"});
  REQUIRE(tail.faults().size() == 2);
  REQUIRE(tail.faults()[0].problem == SourceProblem::not_a_file);
  REQUIRE(tail.faults()[0].what == folder.path("a.log") + " is a directory, not a log file");
  REQUIRE(tail.faults()[1].problem == SourceProblem::not_a_file);
}

TEST_CASE("reading starts where the settings say for a file that is there at the start") {
  LogFolder folder;
  folder.append("a.log", "one\ntwo\nhal");
  TailReader from_end;
  TailReader from_beginning;
  Tail at_end = tail_of(folder, {"a.log"}, StartAt::end);
  Tail at_beginning = tail_of(folder, {"a.log"}, StartAt::beginning);
  folder.append("a.log", "f\nthree\n");
  from_end.drain(at_end);
  from_beginning.drain(at_beginning);
  REQUIRE(from_end.lines == Lines{"half", "three"});
  REQUIRE(from_end.numbers == std::vector<std::uint64_t>{3, 4});
  REQUIRE(from_beginning.lines == Lines{"one", "two", "half", "three"});
}

TEST_CASE("a start at the end looks far back for the beginning of a long line") {
  LogFolder folder;
  folder.append("a.log", "one\n" + std::string(200'000, 'x'));
  Tail tail = tail_of(folder, {"a.log"}, StartAt::end);
  folder.append("a.log", "\n");
  TailReader reader;
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{std::string(200'000, 'x')});
}
