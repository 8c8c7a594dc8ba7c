#include "io/intake.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/stat.h>

#include "io/spool.hpp"
#include "support/catch.hpp"
#include "support/coroutine.hpp"
#include "support/peer.hpp"
#include "support/scratch_dir.hpp"

using namespace noci;
using namespace noci::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using local = asio::local::stream_protocol;

namespace {

IntakeOptions tcp_options(const ScratchDir& folder) {
  IntakeOptions options;
  options.name = "tcp";
  options.listen.address = "127.0.0.1";
  options.folder = folder.file("spool");
  return options;
}

/// Everything that is in the spool, name by name, oldest first.
std::string spooled(const ScratchDir& folder) {
  std::ostringstream text;
  for (const SpoolSegment& segment : spool_segments(folder.file("spool"))) {
    std::ifstream file(segment.path, std::ios::binary);
    if (segment.size > 0) {
      text << file.rdbuf();
    }
  }
  return text.str();
}

template <typename Claim>
asio::awaitable<bool> until(Claim claim) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (int i = 0; i < 3000 && !claim(); ++i) {
    timer.expires_after(10ms);
    co_await timer.async_wait(as_result);
  }
  co_return claim();
}

asio::awaitable<tcp::socket> connect(std::uint16_t port) {
  tcp::socket socket(co_await asio::this_coro::executor);
  co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, as_result);
  co_return socket;
}

template <typename Socket>
asio::awaitable<void> send(Socket& socket, std::string text) {
  co_await asio::async_write(socket, asio::buffer(text), as_result);
}

/// What the other side sends until it closes: nothing.
template <typename Socket>
asio::awaitable<bool> is_closed(Socket& socket) {
  char byte = 0;
  const auto [error, count] = co_await socket.async_read_some(asio::buffer(&byte, 1), as_result);
  co_return error&& count == 0;
}

}  // namespace

TEST_CASE("lines of several senders reach the spool whole, and each sender's in its order") {
  asio::io_context io;
  const ScratchDir folder;
  Intake intake(io.get_executor(), tcp_options(folder));
  REQUIRE(intake.open());
  const auto& status = *intake.status();
  const auto work = [&]() -> asio::awaitable<bool> {
    auto a = co_await connect(intake.port());
    auto b = co_await connect(intake.port());
    for (int i = 0; i < 200; ++i) {
      const std::string number = std::to_string(i);
      co_await send(a, "a" + number + " first half,");
      co_await send(b, "b" + number + "\n");
      co_await send(a, " second half\n");
    }
    co_await send(a, "never ended");
    a.close();
    b.close();
    co_return co_await until([&] { return status.connections == 0 && status.accepted == 2; });
  };
  REQUIRE(run(io, work()));
  CHECK(status.lines == 400);
  CHECK(status.broken_lines == 1);
  std::istringstream text(spooled(folder));
  int next_a = 0;
  int next_b = 0;
  for (std::string line; std::getline(text, line);) {
    const int next = line[0] == 'a' ? next_a++ : next_b++;
    const std::string more = line[0] == 'a' ? " first half, second half" : "";
    CHECK(line == line[0] + std::to_string(next) + more);
  }
  CHECK((next_a == 200 && next_b == 200));
  CHECK(std::filesystem::exists(folder.file("spool") + "/127_0_0_1.log"));
}

TEST_CASE("a flood of connections is refused beyond the limit, and those within it are served") {
  asio::io_context io;
  const ScratchDir folder;
  IntakeOptions options = tcp_options(folder);
  options.listen.connections = 3;
  std::set<std::string> said;
  options.warn = [&](const std::string& what) { said.insert(what); };
  Intake intake(io.get_executor(), options);
  REQUIRE(intake.open());
  const auto& status = *intake.status();
  const auto work = [&]() -> asio::awaitable<bool> {
    std::vector<tcp::socket> sockets;
    for (int i = 0; i < 100; ++i) {
      sockets.push_back(co_await connect(intake.port()));
    }
    const bool all = co_await until([&] { return status.accepted + status.refused == 100; });
    co_await send(sockets[0], "one\n");
    const bool is_refused = co_await is_closed(sockets[50]);
    CHECK(is_refused);
    sockets.clear();
    co_return all&& co_await until([&] { return status.connections == 0; });
  };
  REQUIRE(run(io, work()));
  CHECK(status.accepted == 3);
  CHECK(status.refused == 97);
  CHECK(spooled(folder) == "one\n");
  REQUIRE(said.size() == 1);
  CHECK(said.begin()->find("connections") != std::string::npos);
}

TEST_CASE("silence and slowness close a connection, an endless line is skipped") {
  asio::io_context io;
  const ScratchDir folder;
  IntakeOptions options = tcp_options(folder);
  options.listen.idle_timeout = 200ms;
  options.line_time = 300ms;
  options.longest_line = 1000;
  Intake intake(io.get_executor(), options);
  REQUIRE(intake.open());
  const auto& status = *intake.status();
  SECTION("silence") {
    const auto work = [&]() -> asio::awaitable<bool> {
      auto socket = co_await connect(intake.port());
      co_await send(socket, "one\n");
      co_return co_await is_closed(socket);
    };
    CHECK(run(io, work()));
    CHECK(status.idle_closed == 1);
    CHECK(status.broken_lines == 0);
    CHECK(spooled(folder) == "one\n");
  }
  SECTION("a byte now and then does not keep a line alive") {
    const auto work = [&]() -> asio::awaitable<bool> {
      auto socket = co_await connect(intake.port());
      asio::steady_timer timer(io);
      for (int i = 0; i < 1000 && status.idle_closed == 0; ++i) {
        co_await send(socket, "x");
        timer.expires_after(20ms);
        co_await timer.async_wait(as_result);
      }
      co_return status.idle_closed == 1;
    };
    CHECK(run(io, work()));
    CHECK(status.broken_lines == 1);
    CHECK(spooled(folder).empty());
  }
  SECTION("an endless line") {
    const auto work = [&]() -> asio::awaitable<bool> {
      auto socket = co_await connect(intake.port());
      for (int i = 0; i < 100; ++i) {
        co_await send(socket, std::string(10'000, 'x'));
      }
      co_await send(socket, "\nnext\n");
      co_return co_await until([&] { return status.lines == 1; });
    };
    CHECK(run(io, work()));
    CHECK(status.oversize_lines == 1);
    CHECK(spooled(folder) == "next\n");
  }
  SECTION("octet counts that are none") {
    const auto work = [&]() -> asio::awaitable<bool> {
      auto socket = co_await connect(intake.port());
      co_await send(socket, "3 <1>12345678901 <");
      co_return co_await is_closed(socket);
    };
    CHECK(run(io, work()));
    CHECK(status.misframed == 1);
    CHECK(spooled(folder) == "<1>\n");
  }
}

TEST_CASE("a spool that is full makes senders wait, and nothing is lost") {
  asio::io_context io;
  const ScratchDir folder;
  IntakeOptions options = tcp_options(folder);
  options.spool_limit = 1 << 20;
  options.segment = 1 << 15;
  Intake intake(io.get_executor(), options);
  REQUIRE(intake.open());
  const auto& status = *intake.status();
  std::string text;
  for (int i = 0; text.size() < (10 << 20); ++i) {
    text += "line " + std::to_string(i) + std::string(80, '.') + "\n";
  }
  std::string read;
  bool is_sent = false;
  const auto sender = [&]() -> asio::awaitable<void> {
    auto socket = co_await connect(intake.port());
    co_await send(socket, text);
    is_sent = true;
  };
  asio::co_spawn(io, sender(), rethrow);
  const auto work = [&]() -> asio::awaitable<bool> {
    const bool has_paused = co_await until([&] { return status.pauses > 0; });
    CHECK(has_paused);
    CHECK_FALSE(is_sent);
    CHECK(status.spool_bytes <= options.spool_limit);
    CHECK(status.fault().find("full") != std::string::npos);
    // Reads everything but the newest file, commits, and so on.
    co_return co_await until([&] {
      const auto segments = spool_segments(options.folder);
      if (status.connections == 0 && status.accepted == 1) {
        return true;
      }
      if (segments.size() > 1) {
        for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
          std::ostringstream part;
          part << std::ifstream(segments[i].path, std::ios::binary).rdbuf();
          read += part.str();
        }
        Cursor cursor;
        cursor.path = options.folder + "/127_0_0_1.log";
        cursor.device = segments.back().device;
        cursor.inode = segments.back().inode;
        intake.release({cursor});
        io.poll_one();
      }
      return false;
    });
  };
  CHECK(run(io, work()));
  CHECK(is_sent);
  CHECK(status.fault().empty());
  // What was read twice because its removal came late is left out.
  read += spooled(folder);
  std::istringstream lines(read);
  std::string in_order;
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    in_order += seen.insert(line).second ? line + "\n" : "";
  }
  CHECK(in_order.size() == text.size());
  CHECK((in_order == text));
}

TEST_CASE("a Unix socket has its mode, takes lines, replaces a dead one and spares a living one") {
  asio::io_context io;
  const ScratchDir folder;
  IntakeOptions options = tcp_options(folder);
  options.type = SourceType::unix_socket;
  options.listen.path = folder.file("intake.sock");
  options.listen.mode = 0620;
  { local::acceptor dead(io, local::endpoint(options.listen.path)); }
  Intake intake(io.get_executor(), options);
  REQUIRE(intake.open());

  struct stat status {};

  REQUIRE(stat(options.listen.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0620);
  const auto work = [&]() -> asio::awaitable<bool> {
    local::socket socket(io);
    co_await socket.async_connect(local::endpoint(options.listen.path), as_result);
    co_await send(socket, "one\ntwo\n");
    co_return co_await until([&] { return intake.status()->lines == 2; });
  };
  CHECK(run(io, work()));
  CHECK(spooled(folder) == "one\ntwo\n");
  options.folder = folder.file("other");
  Intake second(io.get_executor(), options);
  const auto opened = second.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().what.find("another noci") != std::string::npos);
  options.listen.path = folder.file("grouped.sock");
  options.listen.group = "no-such-group";
  Intake third(io.get_executor(), options);
  const auto grouped = third.open();
  REQUIRE_FALSE(grouped);
  CHECK(grouped.error().what.find("no-such-group") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(options.listen.path));
}

TEST_CASE("what cannot be listened on names the place and the cause") {
  asio::io_context io;
  const ScratchDir folder;
  Intake first(io.get_executor(), tcp_options(folder));
  REQUIRE(first.open());
  IntakeOptions options = tcp_options(folder);
  options.listen.port = first.port();
  Intake second(io.get_executor(), options);
  const auto taken = second.open();
  REQUIRE_FALSE(taken);
  CHECK(taken.error().what.find("127.0.0.1:" + std::to_string(first.port())) != std::string::npos);
  CHECK(taken.error().what.find("another program") != std::string::npos);
  options.listen.tls = {folder.file("missing.pem"), folder.file("missing.key"), "", {}};
  Intake third(io.get_executor(), options);
  const auto missing = third.open();
  REQUIRE_FALSE(missing);
  CHECK(missing.error().what.find("missing.pem") != std::string::npos);
}
