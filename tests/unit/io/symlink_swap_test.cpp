#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

TEST_CASE("a link that changes its target is a rotation") {
  LogFolder folder;
  folder.append("monday", "one\n");
  folder.link("monday", "current.log");
  Tail tail = tail_of(folder, {"current.log"});
  TailReader reader;
  reader.drain(tail);
  folder.append("monday", "two\n");
  folder.append("tuesday", "three\n");
  folder.link("tuesday", "current.log");
  tail.rescan();
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "two", "three"});
  REQUIRE(tail.stats().rotations == 1);
}

TEST_CASE("the folder behind a link is watched, and rotation there is followed after a restart") {
  LogFolder folder;
  std::filesystem::create_directory(folder.path("data"));
  folder.append("data/synapse.log", "one\n");
  folder.link("data/synapse.log", "a.log");
  std::vector<Cursor> saved;
  {
    Tail tail = tail_of(folder, {"a.log"});
    REQUIRE(tail.directories().size() == 2);
    REQUIRE(tail.directories()[1] == folder.path("data"));
    TailReader reader;
    reader.drain(tail);
    saved = tail.cursors();
  }
  folder.append("data/synapse.log", "two\n");
  folder.rename("data/synapse.log", "data/synapse.log.2");
  folder.append("data/synapse.log", "three\n");
  folder.rename("data/synapse.log", "data/synapse.log.1");
  folder.append("data/synapse.log", "four\n");
  Tail tail = tail_of(folder, {"a.log"}, StartAt::end, saved);
  TailReader reader;
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"two", "three", "four"});
}

TEST_CASE("two names of one file are read once") {
  LogFolder folder;
  folder.append("b.log", "one\n");
  folder.link("b.log", "a.log");
  Tail tail = tail_of(folder, {"*.log"});
  TailReader reader;
  reader.drain(tail);
  tail.rescan();
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one"});
  REQUIRE(tail.cursors().size() == 1);
  for (int i = 0; i < 3; ++i) {
    folder.append("b.log", "more\n");
    tail.rescan();
    const auto chunk = tail.next(TimePoint{});
    REQUIRE(chunk->path == folder.path("a.log"));  // it does not change its name from look to look
  }
}
