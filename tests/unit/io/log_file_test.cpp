#include "io/log_file.hpp"

#include <iostream>

#include "support/catch.hpp"
#include "support/log_folder.hpp"
#include "support/packing.hpp"

using namespace noci;
using namespace noci::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

struct All {
  std::string bytes;
  std::size_t chunks = 0;
  bool ended = false;
};

All read_all(LogFile& file) {
  All all;
  for (;;) {
    const auto chunk = file.next();
    REQUIRE(chunk.has_value());
    if (!*chunk) {
      return all;
    }
    REQUIRE_FALSE(all.ended);
    REQUIRE((*chunk)->offset == all.bytes.size());
    REQUIRE((*chunk)->line == 1);
    all.bytes += (*chunk)->bytes;
    all.ended = (*chunk)->end_of_stream;
    ++all.chunks;
  }
}

}  // namespace

TEST_CASE("a finished log is read in blocks to its end") {
  LogFolder folder;
  std::string text;
  while (text.size() < 600'000) {
    text += "line " + std::to_string(text.size()) + "\n";
  }
  folder.append("a.log", text);
  auto file = LogFile::open(folder.path("a.log"), 5);
  REQUIRE(file.has_value());
  REQUIRE(file->size() == text.size());
  const auto first = file->next(TimePoint{Duration{7}});
  REQUIRE((*first)->path == folder.path("a.log"));
  REQUIRE((*first)->source == 5);
  REQUIRE((*first)->arrival == TimePoint{Duration{7}});
  REQUIRE((*first)->bytes == std::string_view(text).substr(0, 256 * 1024));
  auto again = LogFile::open(folder.path("a.log"), 5);
  const All all = read_all(*again);
  REQUIRE(all.bytes == text);
  REQUIRE(all.ended);
  REQUIRE(all.chunks == 4);
}

TEST_CASE("an empty log is one end") {
  LogFolder folder;
  folder.append("a.log", "");
  auto file = LogFile::open(folder.path("a.log"), 0);
  const All all = read_all(*file);
  REQUIRE(all.bytes.empty());
  REQUIRE(all.ended);
}

TEST_CASE("standard input is a log without a size") {
  int ends[2] = {-1, -1};
  REQUIRE(pipe(ends) == 0);
  const int before = dup(STDIN_FILENO);
  REQUIRE(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
  auto file = LogFile::open("-", 0);
  REQUIRE(write(ends[1], "one\n", 4) == 4);
  REQUIRE(file.has_value());
  REQUIRE_FALSE(file->size().has_value());
  const auto chunk = file->next();  // does not wait for a whole block
  REQUIRE((*chunk)->bytes == "one\n");
  REQUIRE((*chunk)->path == "-");
  close(ends[1]);
  REQUIRE((*file->next())->end_of_stream);
  REQUIRE_FALSE((*file->next()).has_value());
  dup2(before, STDIN_FILENO);
  close(before);
  close(ends[0]);
}

TEST_CASE("an archive is read as what was packed, under the name of its log") {
  LogFolder folder;
  folder.append("a.log.2", gzip("one\n") + gzip("two\n"));
  auto file = LogFile::open(folder.path("a.log.2"), 0, LogFile::default_block, "a.log");
  const auto chunk = file->next();
  REQUIRE((*chunk)->bytes == "one\ntwo\n");
  REQUIRE((*chunk)->path == "a.log");
  REQUIRE(file->taken() == file->size());
}

TEST_CASE("a damaged archive is read as far as it goes, then says where it ended") {
  LogFolder folder;
  const std::string packed = zstd("one\n") + zstd("two\n");
  folder.append("a.log.zst", packed.substr(0, packed.size() - 1));
  auto file = LogFile::open(folder.path("a.log.zst"), 0);
  std::string bytes;
  auto chunk = file->next();
  while (chunk && *chunk) {
    REQUIRE_FALSE((*chunk)->end_of_stream);  // an unfinished line is none
    bytes += (*chunk)->bytes;
    chunk = file->next();
  }
  REQUIRE(bytes.starts_with("one\n"));
  REQUIRE(file->is_damaged());
  REQUIRE(chunk.error().what == "cannot read on in " + folder.path("a.log.zst") + " at byte " +
                                    std::to_string(bytes.size()) +
                                    ": the zstd archive ends too early");
}

TEST_CASE("what cannot be read says why") {
  LogFolder folder;
  REQUIRE(LogFile::open(folder.path("none.log"), 0).error().what ==
          "cannot read " + folder.path("none.log") + ": No such file or directory");
  REQUIRE_THAT(LogFile::open(folder.path("."), 0).error().what,
               ContainsSubstring("it is a directory"));
  folder.append("a.log.xz", "\xfd\x37zXZ");
  auto other = LogFile::open(folder.path("a.log.xz"), 0);
  const auto chunk = other->next();
  REQUIRE_FALSE(chunk.has_value());
  REQUIRE(other->is_damaged());
  REQUIRE_THAT(chunk.error().what,
               ContainsSubstring("cannot read " + folder.path("a.log.xz") +
                                 ": it is compressed in a way that noci does not unpack"));
  folder.append("secret.log", "x\n");
  std::filesystem::permissions(folder.path("secret.log"), std::filesystem::perms::none);
  if (geteuid() == 0 && seteuid(65534) == 0) {
    const auto refused = LogFile::open(folder.path("secret.log"), 0);
    REQUIRE(seteuid(0) == 0);
    REQUIRE(refused.error().what ==
            "cannot read " + folder.path("secret.log") + ": Permission denied");
  } else {
    std::cout << "skipped: needs to become a user without privileges\n";
  }
}
