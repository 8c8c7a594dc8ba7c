// A record at which noci dies is passed over after three crashes, and nothing else is. Each life is
// a process of its own, which really dies.

#include "app/poison_guard.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>

#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/scratch_dir.hpp"

using namespace noci;
using namespace noci::testing;

namespace {

const std::vector<std::string> lines{"one\n", "two\n", "poison\n", "four\n", "poison of another\n"};

/// Reads all lines as the analysis does; what was counted goes to `counted`.
void read_all(PoisonGuard& guard, const std::function<void(const std::string&)>& count) {
  std::uint64_t offset = 0;
  guard.enter();
  for (const std::string& line : lines) {
    if (!guard.is_careful() || guard.admits(line, offset)) {
      count(line);
    }
    offset += line.size();
  }
  guard.leave();
}

/// Runs it in a process of its own; true when that ended well.
bool survives(const std::function<void()>& life) {
  const pid_t child = fork();
  if (child == 0) {
    // Without the reports of sanitizers and of the test's own framework.
    for (const int fatal : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT}) {
      std::signal(fatal, SIG_DFL);
    }
    life();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// A life that ends by a signal when it comes to the line.
bool dies_at(const ScratchDir& dir, const std::string& line, int signal, std::uint64_t offset = 0) {
  return survives([&] {
    PoisonGuard guard(dir.file("reading"));
    guard.watch_crashes();
    guard.enter();
    if (!guard.is_careful() || guard.admits(line, offset)) {
      std::raise(signal);
    }
  });
}

std::string content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a record that kills is passed over after three crashes, and it alone") {
  const ScratchDir dir;
  const auto life = [&](const std::string& deadly) {
    return survives([&] {
      PoisonGuard guard(dir.file("reading"));
      guard.watch_crashes();
      std::ofstream counted(dir.file("counted"), std::ios::trunc);
      read_all(guard, [&](const std::string& line) {
        if (line == deadly) {
          std::abort();
        }
        counted << line << std::flush;
      });
    });
  };
  for (int crash = 1; crash <= 3; ++crash) {
    INFO("crash " << crash);
    REQUIRE_FALSE(life("poison\n"));
  }
  REQUIRE(life("poison\n"));
  REQUIRE(content(dir.file("counted")) == "one\ntwo\nfour\npoison of another\n");
  REQUIRE(life("poison\n"));  // until a commit lies behind it
}

TEST_CASE("who is killed passes nothing over, however often at the same record") {
  const ScratchDir dir;
  REQUIRE_FALSE(dies_at(dir, "a", SIGSEGV));
  for (int kill = 0; kill < 10; ++kill) {
    REQUIRE_FALSE(dies_at(dir, "a", SIGKILL));
    REQUIRE(PoisonGuard(dir.file("reading")).crashes() == 1);
  }
  REQUIRE_FALSE(dies_at(dir, "a", SIGBUS));
  REQUIRE_FALSE(dies_at(dir, "a", SIGKILL));
  REQUIRE(PoisonGuard(dir.file("reading")).crashes() == 2);
  REQUIRE_FALSE(dies_at(dir, "a", SIGFPE));
  REQUIRE_FALSE(PoisonGuard(dir.file("reading")).admits("a", 0));
}

TEST_CASE("a crash is noted, and then handled as it would have been") {
  const ScratchDir dir;
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGSEGV, [](int) { _exit(7); });
    PoisonGuard guard(dir.file("reading"));
    guard.watch_crashes();
    guard.enter();
    std::raise(SIGSEGV);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WEXITSTATUS(status) == 7);
  REQUIRE(PoisonGuard(dir.file("reading")).crashes() == 1);
}

TEST_CASE("the same bytes elsewhere are another record") {
  const ScratchDir dir;
  for (int crash = 0; crash < 3; ++crash) {
    REQUIRE_FALSE(dies_at(dir, "poison\n", SIGABRT, 8));
  }
  PoisonGuard guard(dir.file("reading"));
  REQUIRE_FALSE(guard.admits("poison\n", 8));
  REQUIRE(guard.admits("poison\n", 16));
  Event event;
  event.request_id = "GET-1";
  REQUIRE(guard.admits(event));
}

TEST_CASE("a process that crashes at different places passes nothing over") {
  const ScratchDir dir;
  for (std::size_t crash = 0; crash < 40; ++crash) {
    REQUIRE_FALSE(dies_at(dir, lines[crash % 4], SIGABRT));
    REQUIRE(PoisonGuard(dir.file("reading")).crashes() <= 2);
  }
  PoisonGuard guard(dir.file("reading"));
  for (const std::string& line : lines) {
    REQUIRE(guard.admits(line, 0));
  }
}

TEST_CASE("once a suspect went well it is no suspect, and after a while life is ordinary") {
  const ScratchDir dir;
  REQUIRE_FALSE(dies_at(dir, "a", SIGABRT));
  REQUIRE_FALSE(dies_at(dir, "a", SIGABRT));
  {
    PoisonGuard guard(dir.file("reading"));
    guard.enter();
    REQUIRE(guard.admits("a", 0));
    REQUIRE(guard.admits("b", 1));
  }
  REQUIRE_FALSE(dies_at(dir, "a", SIGABRT));
  REQUIRE(PoisonGuard(dir.file("reading")).crashes() == 2);
  PoisonGuard guard(dir.file("reading"));
  guard.relax();
  REQUIRE_FALSE(guard.is_careful());
  REQUIRE_FALSE(PoisonGuard(dir.file("reading")).is_careful());
}

TEST_CASE("an orderly end leaves nothing to be careful of, and no folder is no harm") {
  const ScratchDir dir;
  {
    PoisonGuard guard(dir.file("reading"));
    guard.enter();
    guard.leave();
  }
  REQUIRE_FALSE(PoisonGuard(dir.file("reading")).is_careful());
  PoisonGuard nowhere(dir.file("no/folder/reading"));
  nowhere.enter();
  nowhere.leave();
  nowhere.relax();
  REQUIRE_FALSE(nowhere.is_careful());
}
