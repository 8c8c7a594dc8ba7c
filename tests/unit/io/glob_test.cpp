#include <algorithm>

#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

TEST_CASE("rotated names are told from other names") {
  struct Case {
    const char* name;
    const char* base;
  };

  const Case cases[] = {
      {"homeserver.log.1", "homeserver.log"},
      {"homeserver.log.2026-11-22", "homeserver.log"},
      {"homeserver.log.2026-11-22_13", "homeserver.log"},
      {"homeserver.log-20261122", "homeserver.log"},
      {"homeserver.log-2026112213", "homeserver.log"},
      {"homeserver.log.1.gz", "homeserver.log.1"},
      {"homeserver.log.gz", "homeserver.log"},
      {"homeserver.log", "homeserver.log"},
      {"worker-1", "worker-1"},
      {"worker1.log", "worker1.log"},
      {"worker-20261.log", "worker-20261.log"},
      {"homeserver.log.old", "homeserver.log.old"},
      {"/var/log.1/homeserver.log", "/var/log.1/homeserver.log"},
      {"/var/log/.1", "/var/log/.1"},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.name);
    REQUIRE(without_rotation(expected.name) == expected.base);
  }
}

TEST_CASE("a glob leaves rotated siblings alone unless it asks for them") {
  LogFolder folder;
  for (const char* name : {"homeserver.log", "homeserver.log.1", "homeserver.log.2026-11-22",
                           "homeserver.log.3.gz", "worker-1.log", "worker-2.log"}) {
    folder.append(name, std::string(name) + "\n");
  }
  const auto found = [&](const std::string& pattern) {
    Lines names;
    for (const std::string& path : expand(folder.path(pattern))) {
      names.push_back(std::filesystem::path(path).filename());
    }
    return names;
  };
  REQUIRE(found("*.log") == Lines{"homeserver.log", "worker-1.log", "worker-2.log"});
  REQUIRE(found("*") == Lines{"homeserver.log", "worker-1.log", "worker-2.log"});
  REQUIRE(found("homeserver.log*") == Lines{"homeserver.log"});
  REQUIRE(found("homeserver.log.2*") == Lines{"homeserver.log.2026-11-22"});
  REQUIRE(found("homeserver.log.[0-9]") == Lines{"homeserver.log.1"});
  REQUIRE(found("nothing*").empty());
}

TEST_CASE("a file that joins a glob later is read from its beginning") {
  LogFolder folder;
  folder.append("one.log", "old\n");
  Tail tail = tail_of(folder, {"*.log"}, StartAt::end);
  folder.append("two.log", "first\n");
  folder.append("one.log", "new\n");
  tail.rescan();
  TailReader reader;
  reader.drain(tail);
  std::sort(reader.lines.begin(), reader.lines.end());
  REQUIRE(reader.lines == Lines{"first", "new"});
}

TEST_CASE("a glob without a match is a fault until there is one") {
  LogFolder folder;
  Tail tail = tail_of(folder, {"*.log"}, StartAt::end);
  REQUIRE(tail.faults().size() == 1);
  REQUIRE(tail.faults()[0].problem == SourceProblem::missing);
  REQUIRE(tail.faults()[0].what ==
          "no file matches " + folder.path("*.log") + " yet; waiting for one");
  folder.append("a.log", "one\n");
  tail.rescan();
  REQUIRE(tail.faults().empty());
}

TEST_CASE("the files of a glob take turns") {
  LogFolder folder;
  const std::string big(300'000, 'x');
  folder.append("a.log", big + big + "\n");
  folder.append("b.log", big + big + "\n");
  Tail tail = tail_of(folder, {"*.log"});
  std::vector<std::string> order;
  while (const auto chunk = tail.next(TimePoint{})) {
    order.push_back(std::filesystem::path(chunk->path).filename());
  }
  REQUIRE(order == Lines{"a.log", "b.log", "a.log", "b.log", "a.log", "b.log"});
}

TEST_CASE("a rotated file that another pattern follows too is read once") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  Tail tail = tail_of(folder, {"a.log", "a.log.*"});
  TailReader reader;
  reader.drain(tail);
  for (int i = 1; i <= 3; ++i) {
    folder.append("a.log", "last of " + std::to_string(i) + "\n");
    for (int n = i; n > 1; --n) {
      folder.rename("a.log." + std::to_string(n - 1), "a.log." + std::to_string(n));
    }
    folder.rename("a.log", "a.log.1");
    folder.append("a.log", "first after " + std::to_string(i) + "\n");
    tail.rescan();
    reader.drain(tail);
  }
  std::sort(reader.lines.begin(), reader.lines.end());
  REQUIRE(reader.lines == Lines{"first after 1", "first after 2", "first after 3", "last of 1",
                                "last of 2", "last of 3", "one"});
}

TEST_CASE("a file that was read to its end and comes back under another name is not read again") {
  LogFolder folder;
  folder.append("a.log", "one\n");
  Tail tail = tail_of(folder, {"a.log", "archive.*"});
  TailReader reader;
  reader.drain(tail);
  folder.rename("a.log", "hidden");
  folder.append("a.log", "two\n");
  tail.rescan();
  reader.drain(tail);
  REQUIRE(reader.ended == 1);
  folder.rename("hidden", "archive.1");
  tail.rescan();
  reader.drain(tail);
  folder.append("archive.1", "three\n");
  reader.drain(tail);
  REQUIRE(reader.lines == Lines{"one", "two", "three"});
  REQUIRE(reader.numbers == std::vector<std::uint64_t>{1, 1, 2});
}
