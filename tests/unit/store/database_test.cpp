#include "store/database.hpp"

#include <fstream>

#include <sqlite3.h>
#include <sys/stat.h>

#include "store/schema.hpp"
#include "support/faulty_vfs.hpp"
#include "support/scratch_dir.hpp"
#include "support/store_builder.hpp"

using namespace noci;
using namespace noci::testing;

namespace {

OpenError refusal(const std::string& path, const char* vfs = nullptr) {
  const auto database = Database::open(path, counting(), at_once(vfs));
  REQUIRE_FALSE(database);
  INFO(database.error().what);
  REQUIRE(database.error().what.find(path) != std::string::npos);
  return database.error();
}

void run_raw(const std::string& path, const char* sql) {
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &connection) == SQLITE_OK);
  REQUIRE(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(connection);
}

std::string first_text(Database& database, const char* sql) {
  auto statement = database.prepare(sql);
  REQUIRE(statement);
  REQUIRE(statement->step().value());
  return statement->bytes_at(0);
}

int mode_of(const std::string& path) {
  struct stat status {};

  REQUIRE(::stat(path.c_str(), &status) == 0);
  return static_cast<int>(status.st_mode & 0777);
}

}  // namespace

TEST_CASE("a new database has an id and a seed, and keeps them") {
  const ScratchDir dir;
  {
    const Database database = open_database(dir.file("noci.db"));
    // From the bytes 1, 2, …: version 4 and variant bits of RFC 9562 set by hand.
    REQUIRE(database.store_id() == "01020304-0506-4708-890a-0b0c0d0e0f10");
    REQUIRE(database.hash_seed()[0] == 17);
    REQUIRE(database.hash_seed()[15] == 32);
  }
  const auto again = Database::open(
      dir.file("noci.db"), [](void*, std::size_t) { FAIL("asked for randomness"); }, at_once());
  REQUIRE(again);
  REQUIRE(again->store_id() == "01020304-0506-4708-890a-0b0c0d0e0f10");
  REQUIRE(again->hash_seed()[15] == 32);
}

TEST_CASE("a database in memory works the same") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1)}));
  REQUIRE(contents(database) == "event a-1\n");
}

TEST_CASE("commits are synced write-ahead commits") {
  const ScratchDir dir;
  Database database = open_database(dir.file("noci.db"));
  REQUIRE(first_text(database, "PRAGMA journal_mode") == "wal");
  REQUIRE(first_text(database, "PRAGMA synchronous") == "2");
  REQUIRE(first_text(database, "PRAGMA application_id") == "1852793705");
  REQUIRE(first_text(database, "PRAGMA user_version") == std::to_string(migrations.size()));
}

TEST_CASE("only the owner can read the file, whatever the umask was") {
  const ScratchDir dir;
  const mode_t before = ::umask(0);
  {
    Database database = open_database(dir.file("noci.db"));
    REQUIRE(commit_items(database, {item("a", 1)}));
    REQUIRE(mode_of(dir.file("noci.db")) == 0600);
    REQUIRE(mode_of(dir.file("noci.db-wal")) == 0600);
  }
  ::chmod(dir.file("noci.db").c_str(), 0644);
  { const Database database = open_database(dir.file("noci.db")); }
  REQUIRE(mode_of(dir.file("noci.db")) == 0600);
  ::umask(before);
}

TEST_CASE("what cannot be opened is refused with its name and the reason") {
  const ScratchDir dir;
  REQUIRE(refusal(dir.file("missing/noci.db")).what.find("No such file") != std::string::npos);
  REQUIRE(refusal(dir.path().string()).fault == OpenFault::unavailable);
}

TEST_CASE("a second daemon on the same state is refused") {
  const ScratchDir dir;
  Database first = open_database(dir.file("noci.db"));
  const OpenError error = refusal(dir.file("noci.db"));
  REQUIRE(error.fault == OpenFault::locked);
  REQUIRE(error.what.find("is noci running already?") != std::string::npos);
  REQUIRE(commit_items(first, {item("a", 1)}));  // and the first is none the worse
}

TEST_CASE("a read-only file is refused") {
  const ScratchDir dir;
  { const Database database = open_database(dir.file("noci.db")); }
  FaultyVfs vfs;
  vfs.protect(true);
  const OpenError error = refusal(dir.file("noci.db"), FaultyVfs::name);
  REQUIRE(error.fault == OpenFault::unavailable);
}

TEST_CASE("a later version's file is refused and left alone") {
  const ScratchDir dir;
  { const Database database = open_database(dir.file("noci.db")); }
  run_raw(dir.file("noci.db"), "PRAGMA user_version = 999");
  const OpenError error = refusal(dir.file("noci.db"));
  REQUIRE(error.fault == OpenFault::newer);
  REQUIRE(error.what.find("a later version of noci wrote it (schema 999") != std::string::npos);
}

TEST_CASE("another program's database is refused and left alone") {
  const ScratchDir dir;
  run_raw(dir.file("other.db"), "CREATE TABLE t (x)");
  REQUIRE(refusal(dir.file("other.db")).fault == OpenFault::foreign);
  run_raw(dir.file("marked.db"), "PRAGMA application_id = 7");
  REQUIRE(refusal(dir.file("marked.db")).fault == OpenFault::foreign);
}

TEST_CASE("a file that is not a database is damaged") {
  const ScratchDir dir;
  std::ofstream(dir.file("noci.db")) << std::string(5000, 'x');
  REQUIRE(refusal(dir.file("noci.db")).fault == OpenFault::damaged);
}

TEST_CASE("a database with a broken page or a missing end is damaged") {
  const ScratchDir dir;
  {
    Database database = open_database(dir.file("noci.db"));
    REQUIRE(save_commit(database, {}, whole(1, std::string(200'000, 'b')), {}, wall(0)));
  }
  const auto size = std::filesystem::file_size(dir.file("noci.db"));
  std::filesystem::copy_file(dir.file("noci.db"), dir.file("cut.db"));
  std::filesystem::resize_file(dir.file("cut.db"), size / 2);
  REQUIRE(refusal(dir.file("cut.db")).fault == OpenFault::damaged);
  std::fstream file(dir.file("noci.db"), std::ios::in | std::ios::out | std::ios::binary);
  for (std::streamoff page = 1; page < 10; ++page) {
    file.seekp(page * 4096);
    file << std::string(64, '\x55');
  }
  file.close();
  REQUIRE(refusal(dir.file("noci.db")).fault == OpenFault::damaged);
}

TEST_CASE("a broken page that opening does not need is found all the same") {
  const ScratchDir dir;
  {
    Database database = open_database(dir.file("noci.db"));
    std::vector<OutboxItem> items;
    for (int i = 0; i < 500; ++i) {
      items.push_back(item("alert" + std::to_string(i), 1));
    }
    REQUIRE(commit_items(database, items));
  }
  const auto pages = std::filesystem::file_size(dir.file("noci.db")) / 4096;
  REQUIRE(pages > 30);
  std::fstream file(dir.file("noci.db"), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(pages / 2 * 4096));
  file << std::string(64, '\x55');
  file.close();
  REQUIRE(refusal(dir.file("noci.db")).fault == OpenFault::damaged);
}

TEST_CASE("a damaged database is set aside under a free name, its WAL with it") {
  const ScratchDir dir;
  const std::string path = dir.file("noci.db");
  for (const char* expected : {".damaged", ".damaged-2"}) {
    std::ofstream(path) << "x";
    std::ofstream(path + "-wal") << "w";
    const auto moved = set_aside(path);
    REQUIRE(moved);
    REQUIRE(*moved == path + expected);
    REQUIRE(std::filesystem::exists(*moved));
    REQUIRE(std::filesystem::exists(*moved + "-wal"));
    REQUIRE_FALSE(std::filesystem::exists(path));
    REQUIRE_FALSE(std::filesystem::exists(path + "-wal"));
  }
  const Database database = open_database(path);
}
