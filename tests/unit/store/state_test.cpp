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
  REQUIRE(blobs_of(database).empty());
  REQUIRE(state_bytes(database) == 0);
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
    REQUIRE(save_commit(database, {cursor(1)}, whole(1, "whole"), {}, wall(0)));
    REQUIRE(save_commit(database, cursors, delta(2, binary), {item("a", 1)}, wall(1)));
  }
  Database database = open_database(dir.file("noci.db"));
  const auto saved = load_state(database);
  REQUIRE(saved);
  REQUIRE(saved->cursors == cursors);
  REQUIRE(blobs_of(database) == std::vector<std::string>{"1 whole", "2 " + binary});
  REQUIRE(next_due(database, "soc", wall(1)).value()->event_id == "a-1");
}

TEST_CASE("what is superseded goes, and nothing else") {
  Database database = open_database(":memory:");
  const auto save = [&](const SavedState& state) {
    REQUIRE(save_commit(database, {}, state, {}, wall(0)));
  };
  using Blobs = std::vector<std::string>;
  save(whole(7, "whole"));
  save(delta(8, "first"));
  save({9, 8, 7, {"second", "segment"}});
  REQUIRE(blobs_of(database) == Blobs{"7 whole", "8 first", "9 second", "9 segment"});
  REQUIRE(state_bytes(database) == 23);
  save(delta(10, "third", 9));
  REQUIRE(blobs_of(database) == Blobs{"9 second", "9 segment", "10 third"});
  save({});
  REQUIRE(blobs_of(database).size() == 3);
  save(delta(11, "alone", 11));
  REQUIRE(blobs_of(database) == Blobs{"11 alone"});
  // Numbers begin anew when a state could not be read.
  save(whole(1, "new"));
  REQUIRE(blobs_of(database) == Blobs{"1 new"});
}

TEST_CASE("a commit that follows one that was not kept is refused") {
  Database database = open_database(":memory:");
  REQUIRE(save_commit(database, {cursor(1)}, whole(1, "whole"), {}, wall(0)));
  const auto refused = save_commit(database, {cursor(3)}, delta(3, "x"), {item("a", 1)}, wall(0));
  REQUIRE_FALSE(refused);
  REQUIRE(refused.error().what.find("not kept") != std::string::npos);
  REQUIRE(load_state(database)->cursors == std::vector<Cursor>{cursor(1)});
  REQUIRE(list_alerts(database, {}, 5)->empty());
  REQUIRE(save_items(database, {item("a", 1)}, wall(0)));
  REQUIRE(list_alerts(database, {}, 5)->size() == 1);
  REQUIRE(save_commit(database, {cursor(4)}, {4, 1, 1, {"y"}}, {item("a", 1)}, wall(0)));
  REQUIRE(list_alerts(database, {}, 5)->size() == 1);
}

TEST_CASE("what noci knows of its sight is replaced whole, and left where nothing new is said") {
  const ScratchDir dir;
  const std::string binary("\0vigil\xff", 7);
  {
    Database database = open_database(dir.file("noci.db"));
    REQUIRE(load_state(database)->vigil.empty());
    REQUIRE(save_commit(database, {}, {}, {}, wall(0), "first"));
    REQUIRE(save_commit(database, {}, {}, {}, wall(0), binary));
    REQUIRE(save_commit(database, {}, {}, {}, wall(0)));
  }
  Database database = open_database(dir.file("noci.db"));
  REQUIRE(load_state(database)->vigil == binary);
}

TEST_CASE("streams that a commit does not name are forgotten") {
  Database database = open_database(":memory:");
  REQUIRE(save_commit(database, {cursor(1), cursor(2, "gone.log")}, {}, {}, wall(0)));
  REQUIRE(save_commit(database, {cursor(3)}, {}, {}, wall(0)));
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
    REQUIRE(save_commit(database, {}, whole(1, large), {}, wall(0)));
    REQUIRE(save_commit(database, {}, delta(2, large), {}, wall(0)));
    REQUIRE(state_bytes(database) == 2 * large.size());
  }
  Database database = open_database(dir.file("noci.db"));
  const auto blobs = blobs_of(database);
  REQUIRE(blobs.size() == 2);
  REQUIRE(blobs[1] == "2 " + large);
}

TEST_CASE("a full disk refuses the commit and harms nothing") {
  const ScratchDir dir;
  Database database = open_database(dir.file("noci.db"));
  REQUIRE(save_commit(database, {cursor(1)}, whole(1, "old"), {item("a", 1)}, wall(0)));
  const std::string before = contents(database);
  REQUIRE(execute(database.connection(), "PRAGMA max_page_count = 30"));
  const auto full = save_commit(database, {cursor(2)}, whole(2, std::string(500'000, 'x')),
                                {item("b", 1)}, wall(1));
  REQUIRE_FALSE(full);
  REQUIRE(full.error().what.find("full") != std::string::npos);
  REQUIRE(full.error().what.find(dir.file("noci.db")) != std::string::npos);
  REQUIRE(contents(database) == before);
  REQUIRE(execute(database.connection(), "PRAGMA max_page_count = 100000"));
  REQUIRE(save_commit(database, {cursor(2)}, whole(2, std::string(500'000, 'x')), {item("b", 1)},
                      wall(1)));
  REQUIRE(load_state(database)->cursors == std::vector<Cursor>{cursor(2)});
}

TEST_CASE("a disk that takes half a write refuses the commit and harms nothing") {
  const ScratchDir dir;
  FaultyVfs vfs;
  Database database = open_database(dir.file("noci.db"), FaultyVfs::name);
  REQUIRE(save_commit(database, {cursor(1)}, whole(1, "old"), {}, wall(0)));
  const std::string before = contents(database);
  vfs.fail(3, true, SQLITE_FULL);
  const auto full =
      save_commit(database, {cursor(2)}, whole(2, std::string(50'000, 'x')), {}, wall(1));
  REQUIRE_FALSE(full);
  REQUIRE(full.error().what.find("full") != std::string::npos);
  vfs.heal();
  REQUIRE(contents(database) == before);
  REQUIRE(save_commit(database, {cursor(2)}, whole(2, "new"), {}, wall(1)));
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
      const auto number = static_cast<std::uint64_t>(i);
      const std::string blob(number * 9000, 'x');
      return save_commit(to, {cursor(number)}, i == 2 ? whole(number, blob) : delta(number, blob),
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
