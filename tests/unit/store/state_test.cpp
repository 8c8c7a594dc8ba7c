#include "store/state.hpp"

#include "support/faulty_vfs.hpp"
#include "support/scratch_dir.hpp"
#include "support/store_builder.hpp"

using namespace noci;
using namespace noci::testing;

TEST_CASE("a new database holds nothing") {
  Database database = open_database(":memory:");
  const auto saved = load_state(database);
  REQUIRE(saved);
  REQUIRE(saved->cursors.empty());
  REQUIRE(saved->blobs.empty());
  REQUIRE(delta_bytes(database) == 0);
}

TEST_CASE("what was committed is there after the file was closed") {
  const ScratchDir dir;
  Cursor extreme = cursor(5);
  extreme.inode = ~std::uint64_t{0};
  extreme.source = "";
  extreme.path = "/with 'quote' and \xc3\xa9";
  const std::vector<Cursor> cursors{cursor(100), cursor(7, "other.log"), extreme};
  const std::string binary("\0delta\xff", 7);
  {
    Database database = open_database(dir.file("noci.db"));
    REQUIRE(save_commit(database, {cursor(1)}, "whole", true, {}, wall(0)));
    REQUIRE(save_commit(database, cursors, binary, false, {item("a", 1)}, wall(1)));
  }
  Database database = open_database(dir.file("noci.db"));
  const auto saved = load_state(database);
  REQUIRE(saved);
  REQUIRE(saved->cursors == cursors);
  REQUIRE(saved->blobs == std::vector<std::string>{"whole", binary});
  REQUIRE(next_due(database, "soc", wall(1)).value()->event_id == "a-1");
}

TEST_CASE("a whole blob replaces the deltas before it") {
  Database database = open_database(":memory:");
  const auto save = [&](const char* blob, bool whole) {
    REQUIRE(save_commit(database, {}, blob, whole, {}, wall(0)));
  };
  save("first delta", false);
  save("second", false);
  REQUIRE(delta_bytes(database) == 17);
  save("whole", true);
  REQUIRE(delta_bytes(database) == 0);
  save("third", false);
  save("", false);
  REQUIRE(delta_bytes(database) == 5);
  REQUIRE(load_state(database)->blobs == std::vector<std::string>{"whole", "third"});
  save("", true);
  REQUIRE(load_state(database)->blobs == std::vector<std::string>{""});
}

TEST_CASE("what noci knows of its sight is replaced whole, and left where nothing new is said") {
  const ScratchDir dir;
  const std::string binary("\0vigil\xff", 7);
  {
    Database database = open_database(dir.file("noci.db"));
    REQUIRE(load_state(database)->vigil.empty());
    REQUIRE(save_commit(database, {}, "", false, {}, wall(0), "first"));
    REQUIRE(save_commit(database, {}, "", false, {}, wall(0), binary));
    REQUIRE(save_commit(database, {}, "", false, {}, wall(0)));
  }
  Database database = open_database(dir.file("noci.db"));
  REQUIRE(load_state(database)->vigil == binary);
}

TEST_CASE("streams that a commit does not name are forgotten") {
  Database database = open_database(":memory:");
  REQUIRE(save_commit(database, {cursor(1), cursor(2, "gone.log")}, "", false, {}, wall(0)));
  REQUIRE(save_commit(database, {cursor(3)}, "", false, {}, wall(0)));
  REQUIRE(load_state(database)->cursors == std::vector<Cursor>{cursor(3)});
}

TEST_CASE("large blobs are kept whole") {
  const ScratchDir dir;
  std::string large(4'000'000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 4099) {
    large[i] = static_cast<char>(i);
  }
  {
    Database database = open_database(dir.file("noci.db"));
    REQUIRE(save_commit(database, {}, large, true, {}, wall(0)));
    REQUIRE(save_commit(database, {}, large, false, {}, wall(0)));
    REQUIRE(delta_bytes(database) == large.size());
  }
  Database database = open_database(dir.file("noci.db"));
  const auto saved = load_state(database);
  REQUIRE(saved->blobs.size() == 2);
  REQUIRE(saved->blobs[1] == large);
}

TEST_CASE("a full disk refuses the commit and harms nothing") {
  const ScratchDir dir;
  Database database = open_database(dir.file("noci.db"));
  REQUIRE(save_commit(database, {cursor(1)}, "old", true, {item("a", 1)}, wall(0)));
  const std::string before = contents(database);
  REQUIRE(execute(database.connection(), "PRAGMA max_page_count = 30"));
  const auto full =
      save_commit(database, {cursor(2)}, std::string(500'000, 'x'), true, {item("b", 1)}, wall(1));
  REQUIRE_FALSE(full);
  REQUIRE(full.error().what.find("full") != std::string::npos);
  REQUIRE(full.error().what.find(dir.file("noci.db")) != std::string::npos);
  REQUIRE(contents(database) == before);
  REQUIRE(execute(database.connection(), "PRAGMA max_page_count = 100000"));
  REQUIRE(
      save_commit(database, {cursor(2)}, std::string(500'000, 'x'), true, {item("b", 1)}, wall(1)));
  REQUIRE(load_state(database)->cursors == std::vector<Cursor>{cursor(2)});
}

TEST_CASE("a disk that takes half a write refuses the commit and harms nothing") {
  const ScratchDir dir;
  FaultyVfs vfs;
  Database database = open_database(dir.file("noci.db"), FaultyVfs::name);
  REQUIRE(save_commit(database, {cursor(1)}, "old", true, {}, wall(0)));
  const std::string before = contents(database);
  vfs.fail(3, true, SQLITE_FULL);
  const auto full = save_commit(database, {cursor(2)}, std::string(50'000, 'x'), true, {}, wall(1));
  REQUIRE_FALSE(full);
  REQUIRE(full.error().what.find("full") != std::string::npos);
  vfs.heal();
  REQUIRE(contents(database) == before);
  REQUIRE(save_commit(database, {cursor(2)}, "new", true, {}, wall(1)));
}

namespace {

/// Three commits on a new file, so small a WAL limit that each is also checkpointed. Gives what
/// the last that returned held, and what the one that failed would have held.
struct Outcome {
  std::string old_state;
  std::string new_state;
  bool opened = false;
};

Outcome run_until_failure(const std::string& path) {
  Outcome outcome;
  auto database = Database::open(path, counting(), at_once(FaultyVfs::name));
  if (!database) {
    return outcome;
  }
  outcome.opened = true;
  execute(database->connection(), "PRAGMA wal_autocheckpoint = 1").has_value();
  Database model = open_database(":memory:");
  for (int i = 1; i <= 3; ++i) {
    const auto save = [&](Database& to) {
      return save_commit(to, {cursor(static_cast<std::uint64_t>(i))},
                         std::string(static_cast<std::size_t>(i) * 9000, 'x'), i == 2,
                         {item("a" + std::to_string(i), 1)}, wall(i));
    };
    outcome.old_state = contents(model);
    REQUIRE(save(model));
    outcome.new_state = contents(model);
    if (!save(*database)) {
      return outcome;
    }
  }
  outcome.old_state = outcome.new_state;
  return outcome;
}

}  // namespace

TEST_CASE("fail the Nth disk call for every N: the old or the new state is there afterwards") {
  for (const int fate : {0, 1, 2}) {
    for (int nth = 1;; ++nth) {
      const ScratchDir dir;
      FaultyVfs vfs;
      vfs.fail(nth, true);
      const Outcome outcome = run_until_failure(dir.file("noci.db"));
      vfs.cut_power([&] { return fate; });
      const bool failed = vfs.has_failed();
      vfs.heal();
      INFO("call " << nth << ", unsynced writes "
                   << (fate == 0   ? "lost"
                       : fate == 1 ? "torn"
                                   : "kept"));
      Database database = open_database(dir.file("noci.db"), FaultyVfs::name);
      const std::string found = contents(database);
      REQUIRE((found == outcome.old_state || found == outcome.new_state));
      if (!failed) {
        REQUIRE(nth > 20);
        REQUIRE(outcome.opened);
        break;
      }
    }
  }
}
