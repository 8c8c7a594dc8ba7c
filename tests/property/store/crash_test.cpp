// Random lives of a store: commits, deliveries, clean restarts, single faults of the disk, power
// cuts in the middle of a write. What loads is always the last commit that returned, or the one
// that was under way; a model keeps both.

#include <map>
#include <optional>

#include <rapidcheck/catch.h>

#include "support/catch.hpp"
#include "support/faulty_vfs.hpp"
#include "support/scratch_dir.hpp"
#include "support/store_builder.hpp"

using namespace noci;
using namespace noci::testing;

namespace {

struct Model {
  std::vector<Cursor> cursors;
  std::vector<std::pair<std::uint64_t, std::string>> blobs;  ///< by commit
  std::vector<std::string> events;

  [[nodiscard]] std::string to_string() const {
    std::string text;
    for (const Cursor& c : cursors) {
      text += "cursor " + c.source + " " + c.path + " " + std::to_string(c.device) + " " +
              std::to_string(c.inode) + " " + std::to_string(c.offset) + " " +
              std::to_string(c.line) + " " + c.marker + "\n";
    }
    for (const auto& [number, blob] : blobs) {
      text += "blob " + std::to_string(number) + " " + blob + "\n";
    }
    for (const std::string& event : events) {
      text += "event " + event + "\n";
    }
    return text;
  }
};

struct Life {
  ScratchDir dir;
  FaultyVfs vfs;
  std::optional<Database> database;
  Model model;
  std::uint64_t count = 0;

  void open() {
    database.emplace(open_database(dir.file("noci.db"), FaultyVfs::name));
    // Small, so that checkpoints happen in the middle of things.
    RC_ASSERT(execute(database->connection(), "PRAGMA wal_autocheckpoint = 8").has_value());
  }

  /// Commits something random; gives what the model would be, and whether the store took it.
  std::pair<Model, bool> commit() {
    ++count;
    Model next = model;
    SavedState state;
    if (*rc::gen::inRange(0, 5) != 0) {
      state.number = count;
      const bool whole = model.blobs.empty() || *rc::gen::inRange(0, 5) == 0;
      state.follows = whole ? 0 : model.blobs.back().first;
      state.oldest_needed =
          whole ? count : *rc::gen::inRange<std::uint64_t>(model.blobs.front().first, count + 1);
      const int blobs = *rc::gen::inRange(1, 4);
      for (int i = 0; i < blobs; ++i) {
        const auto size = *rc::gen::element<std::size_t>(0, 10, 3000, 40'000);
        state.blobs.push_back(std::to_string(count) + std::string(size, 'b'));
      }
      std::erase_if(next.blobs, [&](const auto& blob) { return blob.first < state.oldest_needed; });
      for (const std::string& blob : state.blobs) {
        next.blobs.emplace_back(count, blob);
      }
    }
    next.cursors.clear();
    const int streams = *rc::gen::inRange(0, 4);
    for (int i = 0; i < streams; ++i) {
      next.cursors.push_back(cursor(count, "log" + std::to_string(i)));
    }
    std::vector<OutboxItem> items;
    const int raised = *rc::gen::inRange(0, 3);
    for (int i = 0; i < raised; ++i) {
      items.push_back(item("a" + std::to_string(count), static_cast<std::uint64_t>(i) + 1));
      next.events.push_back(items.back().event_id);
    }
    if (!model.events.empty() && *rc::gen::arbitrary<bool>()) {
      OutboxItem again = item("x", 1);  // one that is known already
      again.event_id = model.events.back();
      items.push_back(again);
    }
    const bool taken = save_commit(*database, next.cursors, state, items, wall(0)).has_value();
    return {next, taken};
  }

  void expect(const std::string& what) { RC_ASSERT(contents(*database) == what); }

  void plain_commit() {
    const auto [next, taken] = commit();
    RC_ASSERT(taken);
    model = next;
    expect(model.to_string());
  }

  void restart() {
    database.reset();
    open();
    expect(model.to_string());
  }

  void one_fault() {
    vfs.fail(*rc::gen::inRange(1, 20), false, *rc::gen::element(SQLITE_IOERR_WRITE, SQLITE_FULL));
    const auto [next, taken] = commit();
    vfs.heal();
    if (taken) {
      model = next;
    }
    expect(model.to_string());  // an error means: nothing of it was kept
  }

  void power_cut() {
    vfs.fail(*rc::gen::inRange(1, 30), true);
    const auto [next, taken] = commit();
    if (taken) {
      model = next;
    }
    cut();
    const std::string found = contents(*database);
    RC_ASSERT(found == model.to_string() || found == next.to_string());
    if (found == next.to_string()) {
      model = next;
    }
  }

  /// Nothing under way: everything that was committed is there.
  void idle_power_cut() {
    vfs.fail(1, true);
    cut();
    expect(model.to_string());
  }

  void cut() {
    database.reset();
    const auto fates = *rc::gen::container<std::vector<int>>(32, rc::gen::inRange(0, 3));
    vfs.cut_power([&, at = std::size_t{0}]() mutable { return fates[at++ % fates.size()]; });
    vfs.heal();
    open();
  }
};

}  // namespace

TEST_CASE("whatever happens to the disk, the old or the new commit is there") {
  rc::prop("random commits, restarts, faults and power cuts", [] {
    Life life;
    life.open();
    const int steps = *rc::gen::inRange(1, 25);
    for (int i = 0; i < steps; ++i) {
      switch (*rc::gen::inRange(0, 6)) {
        case 0:
          life.restart();
          break;
        case 1:
          life.one_fault();
          break;
        case 2:
          life.power_cut();
          break;
        case 3:
          life.idle_power_cut();
          break;
        default:
          life.plain_commit();
      }
    }
  });
}
