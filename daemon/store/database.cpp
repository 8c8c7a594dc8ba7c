#include "store/database.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/schema.hpp"

namespace noci {
namespace {

constexpr const char* in_memory = ":memory:";

using Opened = tl::expected<void, OpenError>;

tl::unexpected<OpenError> refuse(OpenFault fault, std::string what) {
  return tl::unexpected<OpenError>(OpenError{{std::move(what)}, fault});
}

OpenFault fault_of(int status) {
  switch (status & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return OpenFault::locked;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return OpenFault::damaged;
    default:
      return OpenFault::unavailable;
  }
}

tl::unexpected<OpenError> refuse(sqlite3* connection, const std::string& path) {
  const OpenFault fault = fault_of(sqlite3_errcode(connection));
  const std::string said = sqlite3_errmsg(connection);
  switch (fault) {
    case OpenFault::locked:
      return refuse(fault, "cannot open " + path + ": another process has it open (" + said +
                               "); is noci running already?");
    case OpenFault::damaged:
      return refuse(fault, "cannot use " + path + ": the file is damaged (" + said + ")");
    default:
      return refuse(fault, "cannot open " + path + ": " + said);
  }
}

/// The file must exist with its mode before SQLite makes one with the umask's. An existing one is
/// never opened here: closing it would drop locks that this process holds on it.
Opened prepare_file(const std::string& path) {
  struct stat status {};

  if (::stat(path.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) {
      return refuse(OpenFault::unavailable, "cannot open " + path + ": not a file");
    }
    if ((status.st_mode & 0777) != 0600 && status.st_uid == ::geteuid()) {
      ::chmod(path.c_str(), 0600);  // best effort: a read-only file system refuses, SQLite tells
    }
    return {};
  }
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return refuse(OpenFault::unavailable,
                  system_failure("cannot create " + path, errno).value().what);
  }
  ::close(file);
  return {};
}

/// One number that a pragma answers.
Result<std::int64_t> ask(sqlite3* connection, std::string_view pragma) {
  auto statement = Statement::prepare(connection, pragma);
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  if (auto row = statement->step(); !row) {
    return tl::unexpected(row.error());
  }
  return statement->integer_at(0);
}

/// The first read takes the lock; EXCLUSIVE before it means no shared-memory file either.
bool configure(sqlite3* connection) {
  return execute(connection,
                 "PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF;"
                 "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY")
      .has_value();
}

Opened check_owner(sqlite3* connection, const std::string& path) {
  // Asked one after the other: a refusal reads SQLite's last error.
  const auto tables = ask(connection, "SELECT count(*) FROM sqlite_schema");
  const auto id = tables ? ask(connection, "PRAGMA application_id") : tables;
  const auto version = id ? ask(connection, "PRAGMA user_version") : id;
  if (!version) {
    return refuse(connection, path);
  }
  if (*id != application_id && (*id != 0 || *version != 0 || *tables != 0)) {
    return refuse(OpenFault::foreign,
                  "cannot use " + path + ": it is a database of another program");
  }
  const auto known = static_cast<std::int64_t>(migrations.size());
  if (*version > known) {
    return refuse(OpenFault::newer,
                  "cannot use " + path + ": a later version of noci wrote it (schema " +
                      std::to_string(*version) + ", this one knows " + std::to_string(known) + ")");
  }
  return {};
}

Opened check_integrity(sqlite3* connection, const std::string& path) {
  auto statement = Statement::prepare(connection, "PRAGMA quick_check(1)");
  if (!statement) {
    return refuse(connection, path);
  }
  const auto row = statement->step();
  if (!row) {
    return refuse(connection, path);
  }
  if (const std::string said = statement->bytes_at(0); said != "ok") {
    return refuse(OpenFault::damaged,
                  "cannot use " + path + ": the file is damaged (" + said + ")");
  }
  return {};
}

Result<void> migrate(sqlite3* connection) {
  const auto version = ask(connection, "PRAGMA user_version");
  if (!version) {
    return tl::unexpected(version.error());
  }
  for (auto step = static_cast<std::size_t>(*version); step < migrations.size(); ++step) {
    auto transaction = Transaction::begin(connection);
    if (!transaction) {
      return tl::unexpected(transaction.error());
    }
    const std::string sql = std::string(migrations[step]) +
                            "PRAGMA user_version=" + std::to_string(step + 1) +
                            ";PRAGMA application_id=" + std::to_string(application_id);
    if (auto done = execute(connection, sql); !done) {
      return done;
    }
    if (auto committed = transaction->commit(); !committed) {
      return committed;
    }
  }
  return {};
}

std::string make_uuid(const RandomBytes& random) {
  std::array<unsigned char, 16> bytes{};
  random(bytes.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);  // RFC 9562: version 4
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string text = to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) {
    text.insert(dash, 1, '-');
  }
  return text;
}

/// Keeps what is there; a value is only made for a key that has none.
Result<std::string> kept_value(sqlite3* connection, std::string_view key,
                               const std::function<std::string()>& make) {
  auto select = Statement::prepare(connection, "SELECT value FROM meta WHERE key = ?1");
  if (!select) {
    return tl::unexpected(select.error());
  }
  const auto row = select->text(key).step();
  if (!row) {
    return tl::unexpected(row.error());
  }
  if (*row) {
    return select->bytes_at(0);
  }
  std::string value = make();
  auto insert = Statement::prepare(connection, "INSERT INTO meta VALUES (?1, ?2)");
  if (!insert) {
    return tl::unexpected(insert.error());
  }
  if (auto done = insert->text(key).blob(value).run(); !done) {
    return tl::unexpected(done.error());
  }
  return value;
}

std::string make_seed(const RandomBytes& random) {
  std::string bytes(std::tuple_size_v<HashSeed>, '\0');
  random(bytes.data(), bytes.size());
  return bytes;
}

std::string bytes_of(const HashSeed& seed) {
  return {seed.begin(), seed.end()};
}

Opened check(sqlite3* connection, const std::string& path, Duration lock_wait) {
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, static_cast<int>(lock_wait.count()));
  if (!configure(connection)) {
    return refuse(connection, path);
  }
  if (auto owned = check_owner(connection, path); !owned) {
    return owned;
  }
  if (sqlite3_db_readonly(connection, "main") == 1) {
    return refuse(OpenFault::unavailable, "cannot write " + path + ": it is read-only");
  }
  if (!execute(connection,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
               "PRAGMA journal_size_limit=67108864")) {
    return refuse(connection, path);
  }
  if (auto whole = check_integrity(connection, path); !whole) {
    return whole;
  }
  if (auto migrated = migrate(connection); !migrated) {
    return refuse(OpenFault::unavailable,
                  migrated.error().what);  // the rollback hid SQLite's error
  }
  return {};
}

}  // namespace

tl::expected<Database, OpenError> Database::open(const std::string& path, const RandomBytes& random,
                                                 const OpenOptions& options) {
  if (path != in_memory) {
    if (auto prepared = prepare_file(path); !prepared) {
      return tl::unexpected(prepared.error());
    }
  }
  sqlite3* raw = nullptr;
  const int status = sqlite3_open_v2(
      path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
      options.vfs);
  Database database{Connection(raw)};
  if (status != SQLITE_OK) {
    return refuse(raw, path);
  }
  if (auto checked = check(raw, path, options.lock_wait); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto& given = options.identity;
  auto id =
      kept_value(raw, "store_id", [&] { return given ? given->store_id : make_uuid(random); });
  auto seed =
      id ? kept_value(raw, "hash_seed",
                      [&] { return given ? bytes_of(given->hash_seed) : make_seed(random); })
         : id;
  if (!id || !seed) {
    return refuse(raw, path);
  }
  if (seed->size() != database.hash_seed_.size()) {
    return refuse(OpenFault::damaged, "cannot use " + path + ": its hash seed is not whole");
  }
  database.store_id_ = std::move(*id);
  std::copy(seed->begin(), seed->end(), database.hash_seed_.begin());
  return database;
}

tl::expected<Database, OpenError> Database::open_read_only(const std::string& path) {
  sqlite3* raw = nullptr;
  const int status =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database{Connection(raw)};
  if (status != SQLITE_OK) {
    return refuse(raw, path);
  }
  sqlite3_extended_result_codes(raw, 1);
  if (!execute(raw, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON")) {
    return refuse(raw, path);
  }
  if (auto owned = check_owner(raw, path); !owned) {
    return tl::unexpected(owned.error());
  }
  const auto version = ask(raw, "PRAGMA user_version");
  if (!version) {
    return refuse(raw, path);
  }
  if (*version < static_cast<std::int64_t>(migrations.size())) {
    return refuse(OpenFault::unavailable,
                  "cannot read " + path +
                      ": an earlier version of noci wrote it; it is brought to "
                      "this version when the daemon starts");
  }
  return database;
}

std::optional<Identity> identity_of(const std::string& path) {
  sqlite3* raw = nullptr;
  const int status =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  const Connection connection(raw);
  if (status != SQLITE_OK) {
    return std::nullopt;
  }
  Identity identity;
  for (const auto& [key, size] : {std::pair<std::string_view, std::size_t>{"store_id", 36},
                                  {"hash_seed", identity.hash_seed.size()}}) {
    auto select = Statement::prepare(raw, "SELECT value FROM meta WHERE key = ?1");
    const auto row = select ? select->text(key).step() : tl::unexpected(select.error());
    if (!row || !*row || select->bytes_at(0).size() != size) {
      return std::nullopt;
    }
    const std::string value = select->bytes_at(0);
    if (key == "store_id") {
      identity.store_id = value;
    } else {
      std::copy(value.begin(), value.end(), identity.hash_seed.begin());
    }
  }
  return identity;
}

Result<std::string> set_aside(const std::string& path) {
  std::string target = path + ".damaged";
  std::error_code error;
  for (int n = 2; std::filesystem::exists(target, error); ++n) {
    target = path + ".damaged-" + std::to_string(n);
  }
  // The WAL first: alone with a new database it would be played into it.
  for (const char* suffix : {"-wal", "-shm", ""}) {
    const std::string from = path + suffix;
    if (std::rename(from.c_str(), (target + suffix).c_str()) != 0 && errno != ENOENT) {
      return system_failure("cannot rename " + from, errno);
    }
  }
  return target;
}

}  // namespace noci
