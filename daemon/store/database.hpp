#pragma once
// The one file of what survives: opens it, checks it, brings its schema to this version, and
// refuses what is damaged, newer or not ours with a sentence that names the file.
//
// Durability: WAL with synchronous=FULL, so a commit that has returned is on the disk. NORMAL would
// keep the file whole but may lose the last commits with the power; the log could usually be read
// again, but not when it was rotated away, nor its own last lines, which the kernel had not written
// either. It costs one fsync every few seconds and one per delivery.
//
// The file is locked for as long as it is open: two daemons on one state would count twice.
// What the tables mean is in state.hpp and outbox.hpp. One thread at a time.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "store/sqlite.hpp"

namespace noci {

/// Fills a buffer with unpredictable bytes; libsodium's randombytes_buf has this shape.
using RandomBytes = std::function<void(void*, std::size_t)>;

enum class OpenFault {
  unavailable,  ///< no directory, no permission, read-only, an I/O error
  locked,       ///< another process has it open
  damaged,      ///< not a database, or not a whole one: set it aside and begin anew
  newer,        ///< written by a later version of noci
  foreign,      ///< a database of another program
};

struct OpenError : Error {
  OpenFault fault = OpenFault::unavailable;
};

/// What makes alert ids and fingerprints those of one installation.
struct Identity {
  std::string store_id;  ///< a UUID
  HashSeed hash_seed{};
};

struct OpenOptions {
  Duration lock_wait = std::chrono::seconds{2};  ///< for a predecessor that is just ending
  const char* vfs = nullptr;           ///< SQLite's file layer; tests put a faulty one here
  std::optional<Identity> identity{};  ///< what a new file gets; without one it is made up
};

class Database {
 public:
  /// `path` may be `:memory:`. A new file gets mode 0600, a store id and a hash seed.
  [[nodiscard]] static tl::expected<Database, OpenError> open(const std::string& path,
                                                              const RandomBytes& random,
                                                              const OpenOptions& options = {});

  /// To look at while no daemon runs: nothing is made, changed or locked for long, and neither id
  /// nor seed is read. Refuses a file whose tables are not this version's.
  [[nodiscard]] static tl::expected<Database, OpenError> open_read_only(const std::string& path);

  /// A UUID, part of every alert id: two installations never make the same.
  [[nodiscard]] const std::string& store_id() const { return store_id_; }

  /// What fingerprints in the state blob are hashed with.
  [[nodiscard]] const HashSeed& hash_seed() const { return hash_seed_; }

  [[nodiscard]] sqlite3* connection() { return connection_.get(); }

  [[nodiscard]] Result<Statement> prepare(std::string_view sql) {
    return Statement::prepare(connection_.get(), sql);
  }

 private:
  explicit Database(Connection connection) : connection_(std::move(connection)) {}

  Connection connection_;
  std::string store_id_;
  HashSeed hash_seed_{};
};

/// Who a database is that may be damaged elsewhere; none when even that cannot be read.
[[nodiscard]] std::optional<Identity> identity_of(const std::string& path);

/// Renames a damaged database (and what SQLite keeps beside it) to `PATH.damaged`, `.damaged-2`, …
/// and gives the new name, so that a new one can begin and the old one can be looked at.
[[nodiscard]] Result<std::string> set_aside(const std::string& path);

}  // namespace noci
