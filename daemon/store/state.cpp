#include "store/state.hpp"

namespace noci {
namespace {

Result<std::vector<Cursor>> load_cursors(Database& database) {
  auto statement = database.prepare(
      "SELECT source, path, device, inode, \"offset\", line, marker, modified FROM cursors "
      "ORDER BY rowid");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  std::vector<Cursor> cursors;
  for (;;) {
    const auto row = statement->step();
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      return cursors;
    }
    cursors.push_back({statement->bytes_at(0), statement->bytes_at(1), statement->unsigned_at(2),
                       statement->unsigned_at(3), statement->unsigned_at(4),
                       statement->unsigned_at(5), statement->bytes_at(6), statement->time_at(7)});
  }
}

Result<void> save_cursors(Database& database, const std::vector<Cursor>& cursors) {
  if (auto emptied = execute(database.connection(), "DELETE FROM cursors"); !emptied) {
    return emptied;
  }
  auto insert = database.prepare("INSERT INTO cursors VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  if (!insert) {
    return tl::unexpected(insert.error());
  }
  for (const Cursor& cursor : cursors) {
    insert->text(cursor.source)
        .text(cursor.path)
        .unsigned_integer(cursor.device)
        .unsigned_integer(cursor.inode)
        .unsigned_integer(cursor.offset)
        .unsigned_integer(cursor.line)
        .text(cursor.marker)
        .time(cursor.modified);
    if (auto done = insert->run(); !done) {
      return done;
    }
    insert->reset();
  }
  return {};
}

Result<std::uint64_t> newest_number(Database& database) {
  auto statement = database.prepare("SELECT number FROM state ORDER BY id DESC LIMIT 1");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  const auto row = statement->step();
  if (!row) {
    return tl::unexpected(row.error());
  }
  return *row ? statement->unsigned_at(0) : 0;
}

Result<void> insert_blobs(Database& database, const SavedState& state) {
  auto insert = database.prepare("INSERT INTO state (number, blob) VALUES (?1, ?2)");
  if (!insert) {
    return tl::unexpected(insert.error());
  }
  for (const std::string& blob : state.blobs) {
    if (auto done = insert->unsigned_integer(state.number).blob(blob).run(); !done) {
      return done;
    }
    insert->reset();
  }
  return {};
}

Result<void> save_blobs(Database& database, const SavedState& state) {
  if (state.number == 0) {
    return {};
  }
  if (state.follows == 0) {
    return execute(database.connection(), "DELETE FROM state").and_then([&] {
      return insert_blobs(database, state);
    });
  }
  const auto newest = newest_number(database);
  if (!newest) {
    return tl::unexpected(newest.error());
  }
  if (state.follows != *newest) {
    return failure("the commit before this one was not kept");
  }
  if (auto inserted = insert_blobs(database, state); !inserted) {
    return inserted;
  }
  // Numbers ascend with ids: no more rows are looked at than go.
  auto drop = database.prepare(
      "DELETE FROM state WHERE id < (SELECT id FROM state WHERE number >= ?1 ORDER BY id LIMIT 1)");
  return drop ? drop->unsigned_integer(state.oldest_needed).run() : tl::unexpected(drop.error());
}

Result<std::string> load_vigil(Database& database) {
  auto statement = database.prepare("SELECT value FROM meta WHERE key = 'vigil'");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  const auto row = statement->step();
  if (!row) {
    return tl::unexpected(row.error());
  }
  return *row ? statement->bytes_at(0) : std::string();
}

Result<void> save_vigil(Database& database, std::string_view vigil) {
  if (vigil.empty()) {
    return {};
  }
  auto insert = database.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('vigil', ?1)");
  if (!insert) {
    return tl::unexpected(insert.error());
  }
  return insert->blob(vigil).run();
}

}  // namespace

Result<Saved> load_state(Database& database) {
  Saved saved;
  auto cursors = load_cursors(database);
  if (!cursors) {
    return tl::unexpected(cursors.error());
  }
  saved.cursors = std::move(*cursors);
  auto vigil = load_vigil(database);
  if (!vigil) {
    return tl::unexpected(vigil.error());
  }
  saved.vigil = std::move(*vigil);
  return saved;
}

Result<void> load_blobs(Database& database, const EachBlob& each) {
  auto statement = database.prepare("SELECT number, blob FROM state ORDER BY id");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  for (;;) {
    const auto row = statement->step();
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      return {};
    }
    if (auto done = each(statement->unsigned_at(0), statement->bytes_at(1)); !done) {
      return done;
    }
  }
}

Result<void> save_commit(Database& database, const std::vector<Cursor>& cursors,
                         const SavedState& state, const std::vector<OutboxItem>& items,
                         TimePoint wall_now, std::string_view vigil) {
  auto transaction = Transaction::begin(database.connection());
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  return save_cursors(database, cursors)
      .and_then([&] { return save_blobs(database, state); })
      .and_then([&] { return save_vigil(database, vigil); })
      .and_then([&] { return add_items(database, items, wall_now); })
      .and_then([&] { return transaction->commit(); });
}

Result<void> save_items(Database& database, const std::vector<OutboxItem>& items,
                        TimePoint wall_now) {
  auto transaction = Transaction::begin(database.connection());
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  return add_items(database, items, wall_now).and_then([&] { return transaction->commit(); });
}

std::uint64_t state_bytes(Database& database) {
  auto statement = database.prepare("SELECT sum(length(blob)) FROM state");
  if (!statement) {
    return 0;
  }
  const auto row = statement->step();
  return row && *row ? statement->unsigned_at(0) : 0;
}

}  // namespace noci
