// Forged lines in mixed text logs. The log here is written by a small server of its own: it knows
// which lines it wrote and which a client put into its records, and that is the oracle.

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/log_reading.hpp"

using namespace noci;

namespace {

std::string stamp(int milliseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "2026-11-22 %02d:%02d:%02d,%03d", 10 + milliseconds / 3'600'000,
                milliseconds / 60'000 % 60, milliseconds / 1000 % 60, milliseconds % 1000);
  return text;
}

/// An access line as synapse/http/site.py prints it.
std::string access(int time, const std::string& id, const std::string& who,
                   const std::string& what = "/_matrix/client/v3/rooms/!r:hs.test/messages",
                   int status = 200, const std::string& address = "203.0.113.7") {
  return stamp(time) + " - synapse.access.http.8008 - 465 - INFO - " + id + " - " + address +
         " - 8008 - {" + who +
         "} Processed request: 0.036sec/0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) "
         "5057B " +
         std::to_string(status) + " \"" + id.substr(0, id.find('-')) + ' ' + what +
         " HTTP/1.1\" \"x/1\" [3 dbevts]\n";
}

std::string record(int time, const std::string& id, const std::string& message,
                   const std::string& logger = "synapse.handlers.auth") {
  return stamp(time) + " - " + logger + " - 1 - INFO - " + id + " - " + message + '\n';
}

/// A mixed text log in the making. Its ordinary account is @bob, whom nobody forges.
class Server {
 public:
  /// Requests of @bob, one each 100 ms, each with a record of its own before it.
  void run(int requests) {
    for (int i = 0; i < requests; ++i) {
      const std::string id = "GET-" + std::to_string(next_++);
      time += 100;
      log += record(time, id, "something ordinary", "synapse.storage.x");
      log += access(time, id, "@bob:hs.test");
      ++genuine;
    }
  }

  /// The attacker's login with a user name that holds `lines`; its own access line ends it.
  void login_named(const std::string& lines) {
    const std::string id = "POST-" + std::to_string(next_++);
    time += 100;
    log +=
        record(time, id, "Attempted to login as @x\n" + lines + "y:hs.test but they do not exist");
    end_of_login(id);
  }

  /// The attacker's login of a type that holds `lines`: the record ends with what it says.
  void login_of_type(std::string lines) {
    const std::string id = "POST-" + std::to_string(next_++);
    time += 100;
    lines.pop_back();
    log += record(time, id, "SynapseError: 400 - Unknown login type x\n" + lines,
                  "synapse.http.server");
    end_of_login(id);
  }

  [[nodiscard]] std::string id(int ahead, const std::string& method = "GET") const {
    return method + '-' + std::to_string(next_ + ahead);
  }

  void skip_number() { ++next_; }

  void start_again() {
    time += 5000;
    next_ = 0;
    log += record(time, "main", "***** STARTING SERVER *****", "root");
    time += 800;
  }

  std::string log;
  int time = 0;
  int genuine = 0;  ///< access lines that the server wrote

 private:
  void end_of_login(const std::string& id) {
    log += access(time + 3, id, "None", "/_matrix/client/v3/login", 403, "198.51.100.66");
    ++genuine;
  }

  int next_ = 0;
};

struct Tally {
  int genuine = 0;  ///< requests credited to @bob or to nobody
  int framed = 0;   ///< events credited to @victim
  int forged = 0;
  int named = 0;  ///< forged ones whose author's address is known
  int errors = 0;
  int copies = 0;
};

Tally judge(const Server& server) {
  test::LogReading reading({{"s", "", "", LineFormat::detect, Zone::utc()}});
  Tally outcome;
  for (const Event& event : reading.whole(server.log)) {
    if (event.user_id == "@victim:hs.test") {
      ++outcome.framed;
    } else if (event.kind == Kind::request) {
      ++outcome.genuine;
    }
    outcome.forged += event.kind == Kind::forged ? 1 : 0;
    outcome.named += event.kind == Kind::forged && event.source_ip == "198.51.100.66" ? 1 : 0;
    outcome.errors += event.kind == Kind::error ? 1 : 0;
    outcome.copies += event.reason == "duplicate" ? 1 : 0;
  }
  return outcome;
}

void expect_caught(const Server& server, int forged) {
  const Tally outcome = judge(server);
  CHECK(outcome.framed == 0);
  CHECK(outcome.forged == forged);
  CHECK(outcome.named == forged);
  CHECK(outcome.genuine == server.genuine);
  CHECK(outcome.errors == 0);
}

const std::string victim = "@victim:hs.test";

}  // namespace

TEST_CASE("a server that nobody lies about has no forged line") {
  Server server;
  server.run(300);
  server.login_named("");
  server.run(10);
  server.start_again();
  server.run(300);
  expect_caught(server, 0);
}

TEST_CASE("a forged line is caught wherever its number lies") {
  struct Case {
    const char* where;
    int ahead;
  };

  const Case cases[] = {
      {"far ahead", 8'000'000}, {"just behind", -3},   {"of the carrying request", 0},
      {"the next one", 1},      {"a little ahead", 5}, {"ahead of all", 3000},
      {"far behind", -900}};
  for (const Case& forgery : cases) {
    INFO(forgery.where);
    Server by_name;
    by_name.run(1000);
    by_name.login_named(access(by_name.time + 90, by_name.id(forgery.ahead), victim));
    by_name.run(50);
    expect_caught(by_name, 1);
  }
}

TEST_CASE("a forged line that ends its record is caught by who else has its number") {
  for (const int ahead : {8'000'000, -3, 1, 5, 15, -900}) {
    INFO(ahead);
    Server server;
    server.run(1000);
    server.login_of_type(access(server.time + 90, server.id(ahead), victim));
    server.run(50);
    const Tally outcome = judge(server);
    CHECK(outcome.framed == 0);
    CHECK(outcome.forged >= 1);
    CHECK(outcome.genuine >= server.genuine - 1);  // the one whose number was taken
  }
}

TEST_CASE("the request that the attacker makes himself takes nothing from others") {
  Server server;
  server.run(100);
  server.login_of_type(
      access(server.time + 90, server.id(0, "POST"), victim, "/_matrix/client/v3/join/!r:hs.test"));
  server.run(50);
  const Tally outcome = judge(server);
  CHECK(outcome.framed == 0);
  CHECK(outcome.forged >= 1);
  CHECK(outcome.genuine >= server.genuine - 1);
}

TEST_CASE("many forged lines of one record are all caught") {
  Server server;
  server.run(100);
  std::string lines;
  for (int i = 0; i < 20; ++i) {
    lines += access(server.time + 90, server.id(200 + i), victim);
  }
  server.login_named(lines);
  server.run(10);
  expect_caught(server, 20);
}

TEST_CASE("a tail that a forged record swallows is missed where it belongs") {
  Server server;
  server.run(100);
  server.login_named(access(server.time + 90, server.id(300), victim) + stamp(server.time + 90) +
                     " - synapse.storage.y - 1 - INFO - GET-9 - ");
  server.run(50);
  const Tally outcome = judge(server);
  CHECK(outcome.framed == 0);
  CHECK(outcome.forged == 1);
  CHECK(outcome.genuine == server.genuine);
}

TEST_CASE("a forged start of the server begins nothing anew") {
  for (const int requests : {100, 1000, 30'000}) {
    INFO(requests);
    Server server;
    server.run(requests);
    std::string lines = record(server.time + 90, "main", "***** STARTING SERVER *****", "root");
    for (int i = 0; i < 5; ++i) {
      lines += access(server.time + 91 + i, "GET-" + std::to_string(i), victim);
    }
    server.login_of_type(lines);
    server.run(100);
    const Tally outcome = judge(server);
    CHECK(outcome.framed == 0);
    CHECK(outcome.forged >= 6);
    CHECK(outcome.genuine == server.genuine);
  }
}

TEST_CASE("numbers that pretend an unannounced start are caught") {
  Server server;
  server.run(1000);
  std::string lines;
  for (int i = 0; i < 5; ++i) {
    lines += access(server.time + 3000, "GET-" + std::to_string(i), victim);
  }
  server.login_of_type(lines);
  server.run(100);
  const Tally outcome = judge(server);
  CHECK(outcome.framed == 0);
  CHECK(outcome.genuine == server.genuine);
}

TEST_CASE("a process that is made up is not believed") {
  Server server;
  server.run(200);
  std::string prefixed = access(server.time + 90, "GET-7", victim);
  server.login_of_type("media-7 | " + prefixed);
  server.run(20);
  std::string named = access(server.time + 90, "GET-8", victim);
  named.insert(named.find(" - synapse.access"), " - worker:media-8");
  server.login_of_type(named);
  server.run(50);
  const Tally outcome = judge(server);
  CHECK(outcome.framed == 0);
  CHECK(outcome.forged == 2);
  CHECK(outcome.named == 2);
  CHECK(outcome.genuine == server.genuine);
}

TEST_CASE("a forged login frames nobody") {
  Server server;
  server.run(100);
  server.login_of_type(
      record(server.time + 90, server.id(0, "POST"), "Logging in user " + victim + " on device X"));
  server.run(20);
  expect_caught(server, 1);
}

TEST_CASE("a date out of the blue neither counts nor hurries others out of custody") {
  Server server;
  server.run(1000);
  std::string future = access(server.time + 90, server.id(1), victim);
  future.replace(0, 4, "2031");
  server.login_of_type(access(server.time + 90, server.id(1), victim) + future);
  server.run(50);
  const Tally outcome = judge(server);
  CHECK(outcome.forged >= 2);
  CHECK(outcome.genuine >= server.genuine - 1);
}

TEST_CASE("two handlers of one log write each line twice, and each counts once") {
  Server server;
  server.run(200);
  server.log += record(server.time, "POST-9", "Logging in user @bob:hs.test on device X");
  std::string doubled;
  std::size_t begin = 0;
  while (begin < server.log.size()) {
    const std::size_t end = server.log.find('\n', begin) + 1;
    doubled += server.log.substr(begin, end - begin) + server.log.substr(begin, end - begin);
    begin = end;
  }
  server.log = doubled;
  const Tally outcome = judge(server);
  CHECK(outcome.genuine == server.genuine);
  CHECK(outcome.copies == server.genuine + 1);  // and the login
  CHECK(outcome.forged == 0);
}

TEST_CASE("however long a log says all twice, its numbers are believed") {
  Server server;
  server.run(3000);
  std::string doubled;
  std::size_t begin = 0;
  while (begin < server.log.size()) {
    const std::size_t end = server.log.find('\n', begin) + 1;
    doubled += server.log.substr(begin, end - begin) + server.log.substr(begin, end - begin);
    begin = end;
  }
  server.log = doubled;
  const Tally outcome = judge(server);
  CHECK(outcome.genuine == server.genuine);
  CHECK(outcome.copies == server.genuine);
}

TEST_CASE("programs that print between the lines accuse nobody") {
  Server server;
  for (int i = 0; i < 200; ++i) {
    server.run(1);
    server.log += "127.0.0.1 - - [22/Nov/2026:20:10:11 +0000] \"GET / HTTP/1.1\" 200 3\n";
  }
  const Tally outcome = judge(server);
  CHECK(outcome.forged == 0);
  CHECK(outcome.genuine == server.genuine);
}

TEST_CASE("one request seen through two sources counts once") {
  Server server;
  server.run(500);
  std::string access_only;
  std::size_t begin = 0;
  while (begin < server.log.size()) {
    const std::size_t end = server.log.find('\n', begin) + 1;
    const std::string line = server.log.substr(begin, end - begin);
    if (line.find("synapse.access") != std::string::npos) {
      access_only += line;
    }
    begin = end;
  }
  test::LogReading reading({{"mixed", "", "main", LineFormat::detect, Zone::utc()},
                            {"access", "", "main", LineFormat::detect, Zone::utc()}});
  reading.whole(server.log, "/logs/homeserver.log", 0);
  int requests = 0;
  int copies = 0;
  for (const Event& event : reading.whole(access_only, "/logs/access.log", 1)) {
    requests += event.kind == Kind::request ? 1 : 0;
    copies += event.reason == "duplicate" ? 1 : 0;
    CHECK(event.kind != Kind::forged);
  }
  CHECK(requests == server.genuine);
  CHECK(copies == server.genuine);
}
