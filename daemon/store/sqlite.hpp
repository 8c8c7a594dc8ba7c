#pragma once
// A small RAII layer over SQLite's C API: a connection, a statement, a transaction. Errors come
// back as values that say what SQLite said; nothing throws. Bound text must outlive the step that
// uses it, which it does when it is bound and run in one function.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace noci {

struct CloseConnection {
  void operator()(sqlite3* connection) const;
};

using Connection = std::unique_ptr<sqlite3, CloseConnection>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const;
};

/// What went wrong last on this connection, as an Error: `what: SQLite's words`.
[[nodiscard]] tl::unexpected<Error> sqlite_failure(sqlite3* connection, std::string_view what);

class Statement {
 public:
  [[nodiscard]] static Result<Statement> prepare(sqlite3* connection, std::string_view sql);

  /// Parameters in their order, from ?1 on. The first one that fails is reported by step().
  Statement& integer(std::int64_t value);
  Statement& unsigned_integer(std::uint64_t value);  ///< kept as the same 64 bits
  Statement& text(std::string_view value);
  Statement& blob(std::string_view value);
  Statement& time(TimePoint value);

  /// True: a row is there. False: done.
  [[nodiscard]] Result<bool> step();
  /// Runs a statement that gives no rows.
  [[nodiscard]] Result<void> run();
  /// Makes it ready to be bound and run again.
  void reset();

  [[nodiscard]] std::int64_t integer_at(int column) const;
  [[nodiscard]] std::uint64_t unsigned_at(int column) const;
  [[nodiscard]] std::string bytes_at(int column) const;  ///< text or blob
  [[nodiscard]] TimePoint time_at(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement_;
  int bound_ = 0;
  int bind_status_ = 0;
};

/// Calls `take` with the statement at each row.
template <typename Take>
[[nodiscard]] Result<void> for_each_row(Statement& statement, Take take) {
  for (;;) {
    const auto row = statement.step();
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      return {};
    }
    take(statement);
  }
}

/// Runs one or more statements without parameters or rows.
[[nodiscard]] Result<void> execute(sqlite3* connection, const std::string& sql);

/// All or nothing: rolled back unless commit() succeeded.
class Transaction {
 public:
  [[nodiscard]] static Result<Transaction> begin(sqlite3* connection);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  [[nodiscard]] Result<void> commit();

 private:
  explicit Transaction(sqlite3* connection) : connection_(connection) {}

  sqlite3* connection_;
};

}  // namespace noci
