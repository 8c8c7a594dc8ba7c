#include "io/watch.hpp"

#include <array>
#include <thread>

#include "io/file_descriptor.hpp"
#include "support/catch.hpp"
#include "support/coroutine.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;
namespace asio = boost::asio;

namespace {

// Long enough that only a missing wake-up can end a wait by it.
constexpr Duration long_time{30'000};

/// Waits until everything that was reported is taken.
void settle(asio::io_context& io, Watch& watch) {
  while (run(io, watch.wait(Duration{1})) != WakeUp::timeout) {
  }
}

}  // namespace

TEST_CASE("writing, creating and renaming wake the reader") {
  asio::io_context io;
  LogFolder folder;
  folder.append("a.log", "one\n");
  Watch watch(io.get_executor());
  watch.set_directories({folder.path(".")});
  REQUIRE(run(io, watch.wait(long_time)) == WakeUp::names);  // whatever was before the watch
  settle(io, watch);
  {
    const int file = open(folder.path("a.log").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    REQUIRE(write(file, "x", 1) == 1);
    close(file);
  }
  REQUIRE(run(io, watch.wait(long_time)) == WakeUp::bytes);
  REQUIRE(run(io, watch.wait(Duration{1})) == WakeUp::timeout);
  folder.rename("a.log", "a.log.1");
  REQUIRE(run(io, watch.wait(long_time)) == WakeUp::names);
  folder.append("a.log", "two\n");
  REQUIRE(run(io, watch.wait(long_time)) == WakeUp::names);
  settle(io, watch);
  folder.remove("a.log");
  REQUIRE(run(io, watch.wait(long_time)) == WakeUp::names);
  REQUIRE_FALSE(watch.is_polling());
}

TEST_CASE("a write during a wait ends it") {
  asio::io_context io;
  LogFolder folder;
  folder.append("a.log", "");
  Watch watch(io.get_executor());
  watch.set_directories({folder.path(".")});
  settle(io, watch);
  std::thread writer([&] { folder.append("a.log", "x"); });
  const WakeUp what = run(io, watch.wait(long_time));
  writer.join();
  REQUIRE(what != WakeUp::timeout);
}

TEST_CASE("a directory may go and come back") {
  asio::io_context io;
  LogFolder folder;
  const std::string directory = folder.path("logs");
  Watch watch(io.get_executor());
  watch.set_directories({directory});
  settle(io, watch);
  for (int round = 0; round < 2; ++round) {
    CAPTURE(round);
    std::filesystem::create_directory(directory);
    REQUIRE(run(io, watch.wait(long_time)) == WakeUp::names);
    watch.set_directories({directory});
    settle(io, watch);
    folder.append("logs/a.log", "x");
    REQUIRE(run(io, watch.wait(long_time)) == WakeUp::names);
    if (round == 0) {
      std::filesystem::remove_all(directory);
    } else {
      std::filesystem::rename(directory, directory + ".old");
    }
    REQUIRE(run(io, watch.wait(long_time)) == WakeUp::names);
    watch.set_directories({directory});
    settle(io, watch);
  }
  std::filesystem::create_directory(directory);
  REQUIRE(run(io, watch.wait(long_time)) == WakeUp::names);
}

TEST_CASE("another thread can end a wait") {
  asio::io_context io;
  Watch watch(io.get_executor());
  std::thread other([&] { watch.wake(); });
  REQUIRE(run(io, watch.wait(long_time)) == WakeUp::names);
  other.join();
}

TEST_CASE("a readable descriptor wakes the reader, as often as it is readable") {
  asio::io_context io;
  Watch watch(io.get_executor());
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  const FileDescriptor reading(ends[0]);
  const FileDescriptor writing(ends[1]);
  watch.set_descriptors({reading.get()});
  REQUIRE(run(io, watch.wait(Duration{1})) == WakeUp::timeout);
  for (int round = 0; round < 3; ++round) {
    REQUIRE(write(writing.get(), "x", 1) == 1);
    REQUIRE(run(io, watch.wait(long_time)) == WakeUp::bytes);
    char byte = 0;
    REQUIRE(read(reading.get(), &byte, 1) == 1);
    REQUIRE(run(io, watch.wait(Duration{1})) == WakeUp::timeout);
    if (round == 1) {
      watch.set_descriptors({reading.get()});
    }
  }
  watch.set_descriptors({});
  REQUIRE(write(writing.get(), "x", 1) == 1);
  REQUIRE(run(io, watch.wait(Duration{1})) == WakeUp::timeout);
}
