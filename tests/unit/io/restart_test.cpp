#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

namespace {

/// Reads what is there and gives what a commit would keep.
std::vector<Cursor> read_and_stop(const LogFolder& folder, const std::vector<std::string>& names,
                                  LineReader& reader, std::vector<Cursor> saved = {}) {
  Tail tail = tail_of(folder, names, StartAt::beginning, std::move(saved));
  reader.drain(tail);
  return tail.cursors();
}

struct Continued {
  Lines lines;
  SourceStats stats;
};

Continued continue_with(const LogFolder& folder, std::vector<Cursor> saved,
                        const std::vector<std::string>& names = {"a.log"}) {
  Tail tail = tail_of(folder, names, StartAt::end, std::move(saved));
  LineReader reader;
  reader.drain(tail);
  return {reader.lines, tail.stats()};
}

}  // namespace

TEST_CASE("a restart goes on where the cursor stands") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  LineReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.append("a.log", "two\n");
  const Continued after = continue_with(folder, saved);
  REQUIRE(after.lines == Lines{"two"});
  REQUIRE(after.stats.lost_bytes_unknown == 0);
}

TEST_CASE("rotations during a stop are read in the order they were written") {
  LogFolder folder;
  folder.append("a.log.2026-11-19", "counted long ago\n");
  folder.append("a.log", "one\n");
  LineReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.append("a.log", "two\n");
  folder.rename("a.log", "a.log.2026-11-20");
  folder.append("a.log", "three\n");
  folder.rename("a.log", "a.log.2026-11-21");
  folder.append("a.log", "four\n");
  REQUIRE(continue_with(folder, saved).lines == Lines{"two", "three", "four"});
}

TEST_CASE("a rotated file is continued although nothing stands under the name yet") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  LineReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.append("a.log", "two\n");
  folder.rename("a.log", "a.log.1");
  Tail tail = tail_of(folder, {"a.log"}, StartAt::end, saved);
  LineReader after;
  after.drain(tail);
  REQUIRE(after.lines == Lines{"two"});
  folder.append("a.log", "three\n");
  tail.rescan();
  after.drain(tail);
  REQUIRE(after.lines == Lines{"two", "three"});
}

TEST_CASE("two cursors of one log, rotated and current, both go on") {
  LogFolder folder;
  folder.append("a.log", "one\ntwo\n");
  std::vector<Cursor> saved;
  {
    Tail tail = tail_of(folder, {"a.log"});
    LineReader reader;
    reader.drain(tail, false);
    tail.consumed((std::uint64_t{3} << 48) + 1, 4, 2);
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "three\n");
    tail.rescan();
    reader.drain(tail, false);
    saved = tail.cursors();
    REQUIRE(saved.size() == 2);
  }
  folder.rename("a.log.1", "a.log.2");
  folder.rename("a.log", "a.log.1");
  folder.append("a.log", "four\n");
  REQUIRE(continue_with(folder, saved).lines == Lines{"two", "three", "four"});
}

TEST_CASE("a truncation during a stop is noticed, also when the file has grown again") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  LineReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  const std::string now = GENERATE(as<std::string>{}, "2\n", "two and more\nthree\n");
  folder.overwrite("a.log", now);
  const Continued after = continue_with(folder, saved);
  REQUIRE(after.lines.front() == now.substr(0, now.find('\n')));
  REQUIRE(after.stats.truncations == 1);
  REQUIRE(after.stats.lost_bytes_unknown == 1);
}

TEST_CASE("the copy that copytruncate made during a stop is continued") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  LineReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.append("a.log", "two\n");
  folder.copy("a.log", "a.log.1");
  folder.overwrite("a.log", "three\n");
  const Continued after = continue_with(folder, saved);
  REQUIRE(after.lines == Lines{"two", "three"});
  REQUIRE(after.stats.truncations == 1);
  REQUIRE(after.stats.lost_bytes_unknown == 0);
}

TEST_CASE("a reused inode is not taken for the old file") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  LineReader reader;
  auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.remove("a.log");
  folder.append("a.log", "two\nthree\n");

  struct stat status {};

  REQUIRE(stat(folder.path("a.log").c_str(), &status) == 0);
  saved[0].inode = status.st_ino;
  REQUIRE(continue_with(folder, saved).lines == Lines{"two", "three"});
}

TEST_CASE("a deleted file is a loss, and its successors are read from their beginning") {
  LogFolder folder;
  folder.append("a.log.3", "counted long ago\n");
  folder.append("a.log", "one\n");
  LineReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.remove("a.log");
  folder.append("a.log", "two\n");
  folder.rename("a.log", "a.log.1");
  folder.append("a.log", "three\n");
  const Continued after = continue_with(folder, saved);
  REQUIRE(after.lines == Lines{"two", "three"});
  REQUIRE(after.stats.lost_bytes_unknown == 1);
}

TEST_CASE("a cursor without a time reads no sibling when its file is gone") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  LineReader reader;
  auto saved = read_and_stop(folder, {"a.log"}, reader);
  saved[0].modified = TimePoint{};
  folder.append("a.log.1", "perhaps counted\n");
  folder.remove("a.log");
  folder.append("a.log", "two\n");
  REQUIRE(continue_with(folder, saved).lines == Lines{"two"});
}

TEST_CASE("a name that changed in the settings keeps its cursor by inode") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  LineReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.append("a.log", "two\n");
  folder.rename("a.log", "b.log");
  REQUIRE(continue_with(folder, saved, {"b.log"}).lines == Lines{"two"});
}

TEST_CASE("compressed siblings are left alone") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  LineReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.remove("a.log");
  folder.append("a.log.1.gz", "\x1f\x8b not text\n");
  folder.append("a.log.gz", "\x1f\x8b not text\n");
  folder.append("a.log", "two\n");
  const Continued after = continue_with(folder, saved);
  REQUIRE(after.lines == Lines{"two"});
  REQUIRE(after.stats.lost_bytes_unknown == 1);
}

TEST_CASE("a rotated file that is still written to does not pass for the current one") {
  LogFolder folder;
  folder.append("a.log", "one\ntwo\n");
  std::vector<Cursor> saved;
  {
    Tail tail = tail_of(folder, {"a.log"});
    LineReader reader;
    reader.drain(tail, false);
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "four\n");
    tail.rescan();
    saved = tail.cursors();
    REQUIRE(saved.size() == 2);
  }
  folder.append("a.log.1", "three\n");  // now the younger of the two by its time
  Tail tail = tail_of(folder, {"a.log"}, StartAt::end, saved);
  LineReader reader;
  reader.drain(tail);
  folder.append("a.log", "five\n");
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "two", "three", "four", "five"});
}
