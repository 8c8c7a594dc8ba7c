// The tail against a writer that really runs at the same time: rotation may come between any two
// system calls of a look. There are more files than one call of a listing returns.

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

namespace {

constexpr int line_count = 20'000;
constexpr int lines_per_file = 23;

/// Writes line by line, as a logger does, and rotates often.
void write_and_rotate(const std::string& path, std::atomic<bool>& done) {
  std::ofstream log(path, std::ios::app);
  for (int i = 0; i < line_count; ++i) {
    if (i > 0 && i % lines_per_file == 0) {
      char suffix[32];
      std::snprintf(suffix, sizeof suffix, ".2026-11-22_%08d", i);
      std::filesystem::rename(path, path + suffix);
      log.close();
      log.open(path, std::ios::app);
    }
    log << "line " << i << "\n" << std::flush;
  }
  done = true;
}

}  // namespace

TEST_CASE("no line is lost, doubled or out of order while a writer rotates at full speed") {
  LogFolder folder;
  folder.append("a.log", "");
  Tail tail = tail_of(folder, {"a.log"});
  TailReader reader;
  std::atomic<bool> done = false;
  std::thread writer([&] { write_and_rotate(folder.path("a.log"), done); });
  while (!done) {
    tail.rescan();
    reader.drain(tail);
  }
  writer.join();
  tail.rescan();
  reader.drain(tail);
  REQUIRE(reader.gaps.empty());
  for (std::size_t i = 0; i < reader.lines.size(); ++i) {
    REQUIRE(reader.lines[i] == "line " + std::to_string(i));
  }
  REQUIRE(reader.lines.size() == line_count);
  REQUIRE(tail.cursors().size() == 1);
}
