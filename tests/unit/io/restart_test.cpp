#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

namespace {

/// Reads what is there and gives what a commit would keep.
std::vector<Cursor> read_and_stop(const LogFolder& folder, const std::vector<std::string>& names,
                                  TailReader& reader, std::vector<Cursor> saved = {}) {
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
  TailReader reader;
  reader.drain(tail);
  return {reader.lines, tail.stats()};
}

}  // namespace

TEST_CASE("a restart goes on where the cursor stands") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  TailReader reader;
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
  TailReader reader;
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
  TailReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.append("a.log", "two\n");
  folder.rename("a.log", "a.log.1");
  Tail tail = tail_of(folder, {"a.log"}, StartAt::end, saved);
  TailReader after;
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
    TailReader reader;
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
  TailReader reader;
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
  TailReader reader;
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
  TailReader reader;
  auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.remove("a.log");
  folder.append("a.log", "two\nthree\n");

  struct stat status {};

  REQUIRE(stat(folder.path("a.log").c_str(), &status) == 0);
  saved[0].inode = status.st_ino;
  REQUIRE(continue_with(folder, saved).lines == Lines{"two", "three"});
}

TEST_CASE("a file that was not read yet is known by its beginning, whoever has its inode now") {
  LogFolder folder;
  folder.append("a.log", record_at(1, "one") + "\n");
  std::vector<Cursor> saved = tail_of(folder, {"a.log"}, StartAt::beginning).cursors();
  REQUIRE(saved.size() == 1);
  REQUIRE(saved[0].offset == 0);
  folder.append("a.log", record_at(2, "two") + "\n");
  folder.rename("a.log", "a.log.1");
  folder.set_clock(10);
  folder.append("a.log", record_at(10, "three") + "\n");
  const bool packed = GENERATE(true, false);
  if (packed) {
    folder.pack("a.log.1", ".gz", false);
  }

  struct stat status {};

  REQUIRE(stat(folder.path("a.log").c_str(), &status) == 0);
  saved[0].inode = status.st_ino;
  const Continued after = continue_with(folder, saved);
  REQUIRE(after.lines == Lines{record_at(1, "one"), record_at(2, "two"), record_at(10, "three")});
  REQUIRE(after.stats.lost_bytes_unknown == 0);
}

TEST_CASE("a deleted file is a loss, and its successors are read from their beginning") {
  LogFolder folder;
  folder.append("a.log.3", "counted long ago\n");
  folder.append("a.log", "one\n");
  TailReader reader;
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
  TailReader reader;
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
  TailReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.append("a.log", "two\n");
  folder.rename("a.log", "b.log");
  REQUIRE(continue_with(folder, saved, {"b.log"}).lines == Lines{"two"});
}

TEST_CASE("a log that was rotated and packed during a stop is continued where the cursor stands") {
  LogFolder folder;
  const std::string ending = GENERATE(as<std::string>{}, ".gz", ".zst");
  const bool keeps_time = GENERATE(true, false);
  folder.append("a.log.1", record_at(1, "counted long ago") + "\n");
  folder.append("a.log", record_at(2, "one") + "\n");
  TailReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.append("a.log", record_at(3, "two") + "\n");
  folder.pack("a.log.1", ending, keeps_time);
  folder.rename("a.log.1" + ending, "a.log.3" + ending);
  folder.rename("a.log", "a.log.2");
  folder.append("a.log", record_at(4, "three") + "\n");
  folder.rename("a.log", "a.log.1");
  folder.pack("a.log.1", ending, keeps_time);
  folder.pack("a.log.2", ending, keeps_time);  // the older one after the younger
  folder.append("a.log", record_at(5, "four") + "\n");
  const Continued after = continue_with(folder, saved);
  REQUIRE(after.lines == Lines{record_at(3, "two"), record_at(4, "three"), record_at(5, "four")});
  REQUIRE(after.stats.lost_bytes_unknown == 0);
}

TEST_CASE("a packed log is continued again where a second stop left it") {
  LogFolder folder;
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += record_at(i, "line") + "\n";
  }
  folder.append("a.log", record_at(0, "line") + "\n");
  TailReader reader;
  auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.set_clock(20'000);
  folder.append("a.log", text.substr(reader.lines[0].size() + 1));
  folder.rename("a.log", "a.log.1");
  folder.pack("a.log.1", ".gz");
  folder.set_clock(30'000);
  folder.append("a.log", record_at(30'000, "current") + "\n");
  Lines lines = reader.lines;
  for (int stop = 0; stop < 10; ++stop) {
    Tail tail = tail_of(folder, {"a.log"}, StartAt::end, saved);
    TailReader part;
    part.read_once(tail);
    lines.insert(lines.end(), part.lines.begin(), part.lines.end());
    saved = tail.cursors();
  }
  REQUIRE(lines.size() == 20'001);
  REQUIRE(lines[19'999] == record_at(19'999, "line"));
  REQUIRE(lines.back() == record_at(30'000, "current"));
}

TEST_CASE("what a damaged packed file lost is counted, and its successors are read") {
  LogFolder folder;
  folder.append("a.log", record_at(1, "one") + "\n");
  TailReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  std::string more;
  for (int i = 2; i < 50'000; ++i) {
    more += record_at(i, std::to_string(i * 7919 % 10'007)) + "\n";
  }
  folder.set_clock(50'000);
  folder.append("a.log", more);
  folder.rename("a.log", "a.log.1");
  folder.pack("a.log.1", ".gz");
  std::filesystem::resize_file(folder.path("a.log.1.gz"),
                               std::filesystem::file_size(folder.path("a.log.1.gz")) / 2);
  folder.append("a.log", record_at(60'000, "current") + "\n");
  Tail tail = tail_of(folder, {"a.log"}, StartAt::end, saved);
  TailReader after;
  after.drain(tail);
  REQUIRE(after.lines.size() > 10'000);
  REQUIRE(after.lines.front() == more.substr(0, more.find('\n')));
  REQUIRE(after.lines.back() == record_at(60'000, "current"));
  REQUIRE(tail.stats().lost_bytes_unknown == 1);
  tail.rescan();
  REQUIRE(tail.faults().size() == 1);
  REQUIRE(tail.faults()[0].what.find("the gzip archive ends too early") != std::string::npos);
}

TEST_CASE("a plain file and its packed copy are read once") {
  LogFolder folder;
  folder.append("a.log", record_at(1, "one") + "\n");
  TailReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.append("a.log", record_at(2, "two") + "\n");
  folder.rename("a.log", "a.log.1");
  folder.copy("a.log.1", "a.log.2");
  folder.pack("a.log.2", ".gz");
  folder.rename("a.log.2.gz", "a.log.1.gz");
  folder.append("a.log", record_at(3, "three") + "\n");
  REQUIRE(continue_with(folder, saved).lines == Lines{record_at(2, "two"), record_at(3, "three")});
}

TEST_CASE("packed files that noci does not unpack are left alone") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  TailReader reader;
  const auto saved = read_and_stop(folder, {"a.log"}, reader);
  folder.remove("a.log");
  folder.append("a.log.1.xz", "\xfd\x37zXZ not text\n");
  folder.append("a.log.bz2", "BZh not text\n");
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
    TailReader reader;
    reader.drain(tail, false);
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "four\n");
    tail.rescan();
    saved = tail.cursors();
    REQUIRE(saved.size() == 2);
  }
  folder.append("a.log.1", "three\n");  // now the younger of the two by its time
  Tail tail = tail_of(folder, {"a.log"}, StartAt::end, saved);
  TailReader reader;
  reader.drain(tail);
  folder.append("a.log", "five\n");
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "two", "three", "four", "five"});
}
