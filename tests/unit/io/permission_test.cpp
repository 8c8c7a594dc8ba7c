#include <iostream>

#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

namespace {

/// Permission checks do not bite root: act as nobody for a while.
class AsNobody {
 public:
  AsNobody() : is_dropped_(geteuid() == 0 && seteuid(65534) == 0) {}

  ~AsNobody() {
    if (is_dropped_ && seteuid(0) != 0) {
      std::abort();
    }
  }

  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

  [[nodiscard]] bool is_restricted() const { return geteuid() != 0; }

 private:
  bool is_dropped_;
};

void allow(const LogFolder& folder, const std::string& name, unsigned mode) {
  std::filesystem::permissions(folder.path(name), std::filesystem::perms(mode));
}

}  // namespace

TEST_CASE("a file without permission is a clear fault and read once it is allowed") {
  const StartAt start_at = GENERATE(StartAt::end, StartAt::beginning);
  LogFolder folder;
  folder.append("a.log", "one\n");
  allow(folder, "a.log", 0);
  std::optional<Tail> tail;
  {
    AsNobody nobody;
    if (!nobody.is_restricted()) {
      std::cout << "skipped: needs to become a user without privileges\n";
      return;
    }
    tail.emplace(tail_of(folder, {"a.log"}, start_at));
  }
  REQUIRE(tail->faults().size() == 1);
  REQUIRE(tail->faults()[0].problem == SourceProblem::permission_denied);
  REQUIRE(tail->faults()[0].what ==
          "cannot read " + folder.path("a.log") + ": Permission denied; trying again");
  folder.append("a.log", "two\n");
  allow(folder, "a.log", 0644);
  TailReader reader;
  {
    AsNobody nobody;
    tail->rescan();
    reader.drain(*tail);
  }
  REQUIRE(tail->faults().empty());
  // The end is where the file ended when following began, not when it could be read.
  REQUIRE(reader.lines == (start_at == StartAt::end ? Lines{"two"} : Lines{"one", "two"}));
}

TEST_CASE("saved cursors survive a restart without permission") {
  LogFolder folder;
  folder.append("a.log", "one\ntwo\n");
  TailReader reader;
  std::vector<Cursor> saved;
  {
    Tail tail = tail_of(folder, {"a.log"});
    reader.drain(tail);
    saved = tail.cursors();
  }
  folder.append("a.log", "three\n");
  allow(folder, "a.log", 0);
  std::optional<Tail> tail;
  {
    AsNobody nobody;
    if (!nobody.is_restricted()) {
      std::cout << "skipped: needs to become a user without privileges\n";
      return;
    }
    tail.emplace(tail_of(folder, {"a.log"}, StartAt::end, saved));
  }
  REQUIRE(tail->cursors() == saved);
  allow(folder, "a.log", 0644);
  TailReader rest;
  tail->rescan();
  rest.drain(*tail);
  REQUIRE(rest.lines == Lines{"three"});
}

TEST_CASE("a glob in a folder that may not be listed says so") {
  LogFolder folder;
  std::filesystem::create_directory(folder.path("closed"));
  folder.append("closed/a.log", "one\n");
  allow(folder, "closed", 0);
  std::optional<Tail> tail;
  {
    AsNobody nobody;
    if (!nobody.is_restricted()) {
      std::cout << "skipped: needs to become a user without privileges\n";
      return;
    }
    tail.emplace(tail_of(folder, {"closed/*.log"}, StartAt::end));
  }
  REQUIRE(tail->faults().size() == 1);
  REQUIRE(tail->faults()[0].problem == SourceProblem::permission_denied);
  REQUIRE(tail->faults()[0].path == folder.path("closed"));
  allow(folder, "closed", 0755);
  tail->rescan();
  REQUIRE(tail->faults().empty());
  folder.append("closed/a.log", "two\n");
  TailReader reader;
  reader.drain(*tail);
  REQUIRE(reader.lines == Lines{"two"});  // it was there before, so the end is where it begins
}
