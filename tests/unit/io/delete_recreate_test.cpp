#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

TEST_CASE("a deleted and recreated log is a new file") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  reader.drain(tail);
  folder.append("a.log", "two\n");  // deleted unread, but still open here
  folder.remove("a.log");
  tail.rescan();
  folder.append("a.log", "three\n");
  tail.rescan();
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "two", "three"});
}

TEST_CASE("old rotated siblings are not read when a log is recreated") {
  LogFolder folder;
  folder.append("a.log.2", "history\n");
  folder.append("a.log.1", "history\n");
  folder.append("a.log", "one\n");
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  reader.drain(tail);
  folder.remove("a.log");
  folder.append("a.log", "two\n");
  tail.rescan();
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "two"});
}

TEST_CASE("a deleted file gives its disk space back once it was silent for an hour") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  Tail tail = tail_of(folder, {"*.log"});
  TailReader reader;
  reader.drain(tail);
  folder.remove("a.log");
  tail.rescan();
  const TimePoint written{std::chrono::seconds{LogFolder::begin + 1}};  // LogFolder's first stamp
  REQUIRE_FALSE(tail.next(written + std::chrono::minutes{59}).has_value());
  REQUIRE(tail.cursors().size() == 1);
  const auto end = tail.next(written + std::chrono::minutes{61});
  REQUIRE(end.has_value());
  REQUIRE(end->end_of_stream);
  REQUIRE(tail.cursors().empty());
}
