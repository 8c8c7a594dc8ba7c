#include "io/side_by_side.hpp"

#include <deque>
#include <random>
#include <string>

#include "support/catch.hpp"

using namespace noci;

namespace {

/// `HH:MM:SS` of one day, as Synapse's text log begins a record.
std::string line_at(int second, const std::string& what) {
  char stamp[64];
  std::snprintf(stamp, sizeof stamp, "2026-06-07 %02d:%02d:%02d,000", second / 3600,
                second / 60 % 60, second % 60);
  return stamp + std::string(" - synapse.app - 1 - INFO - sentinel - ") + what + "\n";
}

/// Logs in memory that give their bytes in blocks, and what came out of them side by side.
class Reading {
 public:
  explicit Reading(std::size_t block) : side_by_side_(std::vector<SourceInfo>(1)), block_(block) {}

  void write(const std::string& path, const std::string& text) {
    for (std::size_t at = 0; at < text.size(); at += block_) {
      logs_[path].blocks.push_back(text.substr(at, block_));
    }
  }

  /// One run, after every log that is wanted was asked; false when there is none.
  bool step() {
    for (auto& [path, log] : logs_) {
      if (side_by_side_.wants(path) && !log.blocks.empty()) {
        side_by_side_.add({log.blocks.front(), path, 0, log.stream, log.offset, 1, {}, false});
        log.offset += log.blocks.front().size();
        log.blocks.pop_front();
      }
    }
    const auto run = side_by_side_.next();
    if (run) {
      auto& rest = rest_[std::string(run->path)];
      REQUIRE(run->offset == consumed_[std::string(run->path)]);
      consumed_[std::string(run->path)] += run->bytes.size();
      rest += run->bytes;
      for (auto feed = rest.find('\n'); feed != std::string::npos; feed = rest.find('\n')) {
        lines += rest.substr(0, feed + 1);
        rest.erase(0, feed + 1);
      }
    }
    return run.has_value();
  }

  std::string lines;

 private:
  struct Log {
    Log() : stream(++streams) {}

    std::deque<std::string> blocks;
    std::uint64_t offset = 0;
    std::uint64_t stream;
    static inline std::uint64_t streams = 0;
  };

  SideBySide side_by_side_;
  std::size_t block_;
  std::map<std::string, Log> logs_;
  std::map<std::string, std::string> rest_;
  std::map<std::string, std::uint64_t> consumed_;
};

std::string read_all(Reading& reading) {
  while (reading.step()) {
  }
  return reading.lines;
}

}  // namespace

TEST_CASE("several logs come out in the order of their lines' times, whatever their blocks are") {
  std::mt19937 random(7);
  for (const auto block : std::initializer_list<std::size_t>{13, 100, 1000, 100'000}) {
    Reading reading(block);
    std::string expected;
    std::map<std::string, std::string> logs;
    for (int second = 0; second < 2000; ++second) {
      const std::string line = line_at(second, "x");
      expected += line;
      logs[std::string(1, static_cast<char>('a' + random() % 3))] += line;
    }
    for (const auto& [path, text] : logs) {
      reading.write(path, text);
    }
    REQUIRE(read_all(reading) == expected);
  }
}

TEST_CASE("a log that reaches hours further back goes first and alone") {
  Reading reading(200);
  std::string late;
  std::string early;
  for (int i = 0; i < 100; ++i) {
    early += line_at(i, "early");
    late += line_at(7200 + i, "late");
  }
  reading.write("a", late);
  reading.write("b", early);
  REQUIRE(read_all(reading) == early + late);
}

TEST_CASE("a quiet log waits for its time, also over hours") {
  Reading reading(1000);
  std::string busy;
  std::string expected;
  const std::string first = line_at(0, "quiet");
  const std::string second = line_at(3000, "quiet");
  expected = first;
  for (int i = 1; i < 6000; ++i) {
    busy += line_at(i, "busy");
    expected += i == 3000 ? busy.substr(busy.size() - line_at(i, "busy").size()) + second
                          : line_at(i, "busy");
  }
  reading.write("a-busy", busy);
  reading.write("b-quiet", first + second);
  REQUIRE(read_all(reading) == expected);
}

TEST_CASE("a log at its end holds back nobody") {
  Reading reading(10'000);
  reading.write("a", line_at(1, "a"));
  reading.write("b", line_at(100, "b") + line_at(200, "b"));
  REQUIRE(read_all(reading) == line_at(1, "a") + line_at(100, "b") + line_at(200, "b"));
  reading.write("a", line_at(2, "a, late"));  // came when b was counted already
  REQUIRE(reading.step());
  REQUIRE(reading.lines.ends_with("a, late\n"));
}

TEST_CASE("a stamp from the future or the past does not take its log out of the order") {
  const int wrong = GENERATE(0, 80'000);
  Reading reading(1 << 20);
  std::string a;
  std::string b;
  for (int i = 10'000; i < 10'100; ++i) {
    a += line_at(i, "a");
    a += i == 10'050 ? line_at(wrong, "wrong") : "";
    b += line_at(i, "b");
  }
  // The first block tells both how late it is.
  reading.write("a", line_at(9'999, "a"));
  reading.write("b", line_at(9'999, "b"));
  REQUIRE(reading.step());
  REQUIRE(reading.step());
  reading.write("a", a);
  reading.write("b", b);
  const std::string all = read_all(reading);
  REQUIRE(all.find(line_at(10'049, "b")) < all.find("wrong"));
  REQUIRE(all.find("wrong") < all.find(line_at(10'052, "b")));
}

TEST_CASE("a future stamp at the end of a block is forgotten with the next block") {
  Reading reading(1 << 20);
  reading.write("a", line_at(1, "a") + line_at(80'000, "wrong"));
  reading.write("b", line_at(2, "b") + line_at(86'000, "b"));
  REQUIRE(reading.step());
  REQUIRE(reading.step());
  REQUIRE(reading.step());
  REQUIRE(reading.lines.ends_with("wrong\n"));
  reading.write("a", line_at(3, "a") + line_at(4, "a") + line_at(85'000, "a"));
  const std::string all = read_all(reading);
  REQUIRE(all.find(line_at(4, "a")) < all.find(line_at(86'000, "b")));
}

TEST_CASE("lines without a time stay behind their record") {
  Reading reading(1 << 20);
  reading.write("a", line_at(1, "a") + "Traceback\n  of a\n" + line_at(5, "a"));
  reading.write("b", line_at(1, "b") + line_at(2, "b"));
  REQUIRE(read_all(reading) == line_at(1, "a") + "Traceback\n  of a\n" + line_at(1, "b") +
                                   line_at(2, "b") + line_at(5, "a"));
}
