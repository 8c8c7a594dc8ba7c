#include "io/spool.hpp"

#include <csignal>
#include <fstream>
#include <sstream>
#include <utility>

#include <sys/resource.h>

#include "io/spool_source.hpp"
#include "support/catch.hpp"
#include "support/log_folder.hpp"
#include "support/scratch_dir.hpp"

using namespace noci;
using namespace noci::testing;

namespace {

Spool open(const ScratchDir& folder, std::uint64_t limit = 1 << 20, std::uint64_t segment = 64) {
  auto spool = Spool::open({folder.file("spool"), limit, segment});
  REQUIRE(spool);
  return std::move(*spool);
}

std::string line(int number) {
  return "line " + std::to_string(number) + "\n";
}

std::vector<std::string> numbered(int first, int end) {
  std::vector<std::string> lines;
  for (int i = first; i < end; ++i) {
    lines.push_back("line " + std::to_string(i));
  }
  return lines;
}

/// The other side: reads as the analysis does, and tells the spool what it has committed.
struct Reading {
  Reading(const ScratchDir& folder, std::vector<Cursor> saved = {})
      : source({3, "tcp", folder.file("spool"), status,
                [this](std::vector<Cursor> cursors) { released = std::move(cursors); }},
               std::move(saved)) {}

  std::vector<std::string> drain() {
    source.rescan();
    while (reader.read_once(source)) {
    }
    return std::exchange(reader.lines, {});
  }

  void commit(Spool& spool) {
    source.committed(source.cursors());
    spool.release(released);
  }

  std::shared_ptr<IntakeStatus> status = std::make_shared<IntakeStatus>();
  std::vector<Cursor> released;
  SpoolSource source;
  TailReader reader;
};

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("lines come out of the spool in their order, over many segments") {
  const ScratchDir folder;
  Spool spool = open(folder);
  Reading reading(folder);
  const std::string file = spool.file_of("10.0.0.7");
  CHECK(file == "10_0_0_7");
  std::vector<std::string> lines;
  for (int i = 0; i < 500; ++i) {
    spool.append(file, line(i));
    if (i % 37 == 0) {
      for (const std::string& read : reading.drain()) {
        lines.push_back(read);
      }
    }
  }
  for (const std::string& read : reading.drain()) {
    lines.push_back(read);
  }
  CHECK(lines == numbered(0, 500));
  CHECK(reading.source.faults().empty());
  for (const SpoolSegment& segment : spool_segments(folder.file("spool"))) {
    CHECK(segment.size <= 64);
    CHECK(content(segment.path).ends_with("\n"));
  }
}

TEST_CASE("segments go when a commit covers them, never before") {
  const ScratchDir folder;
  Spool spool = open(folder);
  Reading reading(folder);
  const std::string file = spool.file_of("a");
  for (int i = 0; i < 100; ++i) {
    spool.append(file, line(i));
  }
  const auto before = spool_segments(folder.file("spool")).size();
  CHECK(before > 10);
  spool.release({});
  CHECK(spool_segments(folder.file("spool")).size() == before);
  CHECK(reading.drain().size() == 100);
  CHECK(spool_segments(folder.file("spool")).size() == before);
  reading.commit(spool);
  const auto after = spool_segments(folder.file("spool"));
  CHECK(after.size() <= 2);
  std::uint64_t bytes = 0;
  for (const SpoolSegment& segment : after) {
    bytes += segment.size;
  }
  CHECK(spool.bytes() == bytes);
}

TEST_CASE(
    "a restart goes on where the last commit was, and before the first one at the beginning") {
  const ScratchDir folder;
  std::vector<Cursor> saved;
  {
    Spool spool = open(folder);
    const std::string file = spool.file_of("a");
    for (int i = 0; i < 100; ++i) {
      spool.append(file, line(i));
    }
  }
  {
    Reading reading(folder);  // nothing was committed: all segments, oldest first
    CHECK(reading.drain() == numbered(0, 100));
    saved = reading.source.cursors();
  }
  {
    Spool spool = open(folder);
    const std::string file = spool.file_of("a");
    for (int i = 100; i < 200; ++i) {
      spool.append(file, line(i));
    }
  }
  Spool spool = open(folder);
  Reading reading(folder, saved);
  CHECK(reading.drain() == numbered(100, 200));
  CHECK(reading.source.stats().lost_bytes_unknown == 0);
  reading.commit(spool);
  CHECK(spool_segments(folder.file("spool")).size() <= 2);
}

TEST_CASE("a line that a crash left half written is cut off, and said") {
  const ScratchDir folder;
  {
    Spool spool = open(folder);
    spool.append(spool.file_of("a"), "one\ntwo\n");
  }
  std::ofstream(folder.file("spool") + "/a.log", std::ios::app | std::ios::binary)
      << std::string(10'000, 'x');
  Spool spool = open(folder);
  CHECK(spool.cut_lines() == 1);
  CHECK(spool.bytes() == 8);
  CHECK(content(folder.file("spool") + "/a.log") == "one\ntwo\n");
}

TEST_CASE("a full spool blocks, keeps what it has, and goes on when a commit makes room") {
  const ScratchDir folder;
  Spool spool = open(folder, 256, 32);
  Reading reading(folder);
  const std::string file = spool.file_of("a");
  int sent = 0;
  while (!spool.is_blocked()) {
    spool.append(file, line(sent++));
  }
  CHECK(spool.bytes() <= 256);
  CHECK(spool.why().find("full") != std::string::npos);
  spool.append(file, line(sent++));  // a sender that had been read already
  CHECK(spool.bytes() <= 256);
  CHECK(reading.drain() == numbered(0, sent - 2));
  reading.commit(spool);
  CHECK_FALSE(spool.is_blocked());
  CHECK(spool.why().empty());
  CHECK(reading.drain() == numbered(sent - 2, sent));
}

TEST_CASE("a disk that is full in the middle of a line blocks, and the line goes on later") {
  const ScratchDir folder;
  Spool spool = open(folder, 1 << 20, 1 << 16);
  Reading reading(folder);
  const std::string file = spool.file_of("a");
  spool.append(file, line(0));
  // The kernel cuts a write at this limit as it does on a full disk.
  rlimit old{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{20, old.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  spool.append(file, line(1) + line(2) + line(3));
  const bool was_blocked = spool.is_blocked();
  const std::string why = spool.why();
  const auto half = content(folder.file("spool") + "/a.log");
  spool.append(file, line(4));
  spool.flush();
  REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
  CHECK(was_blocked);
  CHECK(why.find("cannot write") != std::string::npos);
  CHECK(half == "line 0\nline 1\nline 2");
  CHECK(reading.drain() == numbered(0, 2));
  spool.flush();
  CHECK_FALSE(spool.is_blocked());
  CHECK(reading.drain() == numbered(2, 5));
  CHECK(reading.source.stats().truncations == 0);
}

TEST_CASE("streams beyond the most share one file, and names are harmless") {
  const ScratchDir folder;
  Spool spool = open(folder);
  for (std::size_t i = 0; i < Spool::most_streams; ++i) {
    CHECK(spool.file_of("host" + std::to_string(i)) == "host" + std::to_string(i));
  }
  CHECK(spool.file_of("one.more") == "others");
  CHECK(spool.file_of("host3") == "host3");
  const ScratchDir other;
  Spool plain = open(other);
  CHECK(plain.file_of("../../etc/passwd") == "______etc_passwd");
  CHECK(plain.file_of("::1") == "__1");
  CHECK(plain.file_of("") == "_");
}

TEST_CASE("a folder that cannot be used is an error that names it") {
  const ScratchDir folder;
  std::ofstream(folder.file("spool")) << "a file";
  const auto spool = Spool::open({folder.file("spool")});
  REQUIRE_FALSE(spool);
  CHECK(spool.error().what.find(folder.file("spool")) != std::string::npos);
}
