#include "io/backfill.hpp"

#include <algorithm>

#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

namespace {

constexpr int hour = 3600;

TimePoint at(int second) {
  return *parse_rfc3339("2026-06-07T00:00:00Z") + std::chrono::seconds{second};
}

std::string records(int begin, int end, int step = 1) {
  std::string text;
  for (int second = begin; second < end; second += step) {
    text += record_at(second, "x") + "\n";
  }
  return text;
}

Lines lines_of(const std::string& text) {
  Lines lines;
  for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
    lines.push_back(text.substr(begin, text.find('\n', begin) - begin));
  }
  return lines;
}

Tail first_start(const LogFolder& folder, int from, std::vector<Cursor> saved = {}) {
  TailOptions options{3, "synapse", {folder.path("a.log")}, StartAt::end};
  options.info.emplace();
  options.backfill = at(from);
  return {std::move(options), std::move(saved)};
}

}  // namespace

TEST_CASE("a first start begins at the first record that is young enough, with its number") {
  LogFolder folder;
  folder.set_clock(20 * hour);
  folder.append("a.log", records(0, 20 * hour));  // several megabytes
  for (const int from : {-5, 0, 1, 7 * hour + 13, 20 * hour - 1, 21 * hour}) {
    CAPTURE(from);
    Tail tail = first_start(folder, from);
    TailReader reader;
    reader.drain(tail);
    CAPTURE(reader.lines.size(), reader.lines.empty() ? "" : reader.lines.front());
    const int begin = std::clamp(from, 0, 20 * hour);
    REQUIRE((reader.lines == lines_of(records(begin, 20 * hour))));
    const auto file = FollowedFile::open(folder.path("a.log"));
    const LinePlace place = place_of(*file, at(from), {});
    REQUIRE(place.line == static_cast<std::uint64_t>(begin) + 1);
  }
}

TEST_CASE("rotated and packed files that are young enough come first, in order") {
  LogFolder folder;
  folder.set_clock(2 * hour);
  folder.append("a.log.4", records(0, 2 * hour));
  folder.set_clock(6 * hour);
  folder.append("a.log.3", records(2 * hour, 6 * hour));
  folder.set_clock(7 * hour);
  folder.append("a.log.2", records(6 * hour, 7 * hour));
  folder.set_clock(8 * hour);
  folder.append("a.log.1", records(7 * hour, 8 * hour));
  folder.set_clock(9 * hour);
  folder.append("a.log", records(8 * hour, 9 * hour));
  folder.pack("a.log.4", ".gz");
  folder.pack("a.log.3", ".zst", false);
  folder.pack("a.log.2", ".gz", false);
  const int from = GENERATE(5 * hour + 1000, 2 * hour, 7 * hour + 10, 0);
  Tail tail = first_start(folder, from);
  REQUIRE(tail.backlog() > 0);
  TailReader reader;
  reader.drain(tail);
  REQUIRE((reader.lines == lines_of(records(from, 9 * hour))));
  folder.append("a.log", record_at(10 * hour, "live") + "\n");
  reader.drain(tail);
  REQUIRE(reader.lines.back() == record_at(10 * hour, "live"));
  REQUIRE(tail.backlog() == 0);
}

TEST_CASE("an interrupted back-fill goes on, whatever was rotated and packed meanwhile") {
  LogFolder folder;
  folder.set_clock(4 * hour);
  folder.append("a.log.2", records(0, 4 * hour));
  folder.set_clock(8 * hour);
  folder.append("a.log.1", records(4 * hour, 8 * hour));
  folder.set_clock(9 * hour);
  folder.append("a.log", records(8 * hour, 9 * hour));
  Lines lines;
  std::vector<Cursor> saved;
  for (int start = 0; start < 20; ++start) {
    Tail tail = first_start(folder, hour, saved);
    TailReader reader;
    reader.read_once(tail);
    lines.insert(lines.end(), reader.lines.begin(), reader.lines.end());
    saved = tail.cursors();
    if (start == 2) {
      folder.pack("a.log.1", ".gz");  // not begun yet
      folder.pack("a.log.2", ".zst");
    }
    if (start == 3) {
      folder.rename("a.log.2.zst", "a.log.3.zst");
      folder.rename("a.log.1.gz", "a.log.2.gz");
      folder.rename("a.log", "a.log.1");
      folder.set_clock(10 * hour);
      folder.append("a.log", records(9 * hour, 10 * hour));
    }
  }
  REQUIRE((lines == lines_of(records(hour, 10 * hour))));
}

TEST_CASE("a source that has a cursor is not back-filled") {
  LogFolder folder;
  folder.set_clock(10);
  folder.append("a.log", records(0, 10));
  std::vector<Cursor> saved;
  {
    Tail tail = tail_of(folder, {"a.log"}, StartAt::end);
    TailReader reader;
    reader.drain(tail);
    saved = tail.cursors();
  }
  folder.append("a.log", record_at(11, "new") + "\n");
  Tail tail = first_start(folder, 0, saved);
  TailReader reader;
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{record_at(11, "new")});
}

TEST_CASE("an absurd stamp does not move the place, and a traceback is no time") {
  LogFolder folder;
  std::string text;
  for (int second = 0; second < 20'000; ++second) {
    text += record_at(second, "x") + "\n";
    text += second % 97 == 0 ? record_at(15 * 86'400, "forged") + "\n" : "";
    text += second % 1000 == 0 ? "Traceback\n" + std::string(300'000, '.') + "\n" : "";
  }
  folder.append("a.log", text);
  const auto file = FollowedFile::open(folder.path("a.log"));
  const LinePlace place = place_of(*file, at(12'345), {});
  const std::uint64_t exact = text.find(record_at(12'345, "x"));
  REQUIRE(place.offset <= exact);  // a forged line just before may be taken for the place
  REQUIRE(place.offset + 1'000'000 > exact);
}
