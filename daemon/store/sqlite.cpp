#include "store/sqlite.hpp"

#include <utility>

#include <sqlite3.h>

namespace noci {

void CloseConnection::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

void FinalizeStatement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

tl::unexpected<Error> sqlite_failure(sqlite3* connection, std::string_view what) {
  const char* file = sqlite3_db_filename(connection, "main");
  const std::string name = file == nullptr || *file == '\0' ? "the database in memory" : file;
  return failure(std::string(what) + " " + name + ": " + sqlite3_errmsg(connection));
}

Result<Statement> Statement::prepare(sqlite3* connection, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int status =
      sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (status != SQLITE_OK) {
    return sqlite_failure(connection, "cannot read or write");
  }
  return Statement(statement);
}

Statement& Statement::integer(std::int64_t value) {
  bind_status_ |= sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::unsigned_integer(std::uint64_t value) {
  return integer(static_cast<std::int64_t>(value));
}

Statement& Statement::text(std::string_view value) {
  // A null pointer would be NULL rather than an empty text.
  const char* data = value.data() == nullptr ? "" : value.data();
  bind_status_ |=
      sqlite3_bind_text64(statement_.get(), ++bound_, data, value.size(), nullptr, SQLITE_UTF8);
  return *this;
}

Statement& Statement::blob(std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  bind_status_ |= sqlite3_bind_blob64(statement_.get(), ++bound_, data, value.size(), nullptr);
  return *this;
}

Statement& Statement::time(TimePoint value) {
  return integer(value.time_since_epoch().count());
}

Result<bool> Statement::step() {
  sqlite3* connection = sqlite3_db_handle(statement_.get());
  if (bind_status_ != SQLITE_OK) {
    return sqlite_failure(connection, "cannot give a value to");
  }
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) {
    return true;
  }
  if (status == SQLITE_DONE) {
    return false;
  }
  return sqlite_failure(connection, "cannot read or write");
}

Result<void> Statement::run() {
  if (auto stepped = step(); !stepped) {
    return tl::unexpected(stepped.error());
  }
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bound_ = 0;
  bind_status_ = SQLITE_OK;
}

std::int64_t Statement::integer_at(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::uint64_t Statement::unsigned_at(int column) const {
  return static_cast<std::uint64_t>(integer_at(column));
}

std::string Statement::bytes_at(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr
             ? std::string()
             : std::string(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

TimePoint Statement::time_at(int column) const {
  return TimePoint{Duration{integer_at(column)}};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Result<void> execute(sqlite3* connection, const std::string& sql) {
  if (sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_failure(connection, "cannot read or write");
  }
  return {};
}

Result<Transaction> Transaction::begin(sqlite3* connection) {
  if (auto begun = execute(connection, "BEGIN IMMEDIATE"); !begun) {
    return tl::unexpected(begun.error());
  }
  return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  // Out of space and I/O errors may have rolled back already.
  if (connection_ != nullptr && sqlite3_get_autocommit(connection_) == 0) {
    sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Result<void> Transaction::commit() {
  NOCI_CHECK(connection_ != nullptr);
  if (auto committed = execute(connection_, "COMMIT"); !committed) {
    return committed;
  }
  connection_ = nullptr;
  return {};
}

}  // namespace noci
