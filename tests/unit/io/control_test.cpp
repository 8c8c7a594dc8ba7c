#include "io/control.hpp"

#include <future>
#include <iostream>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <sys/socket.h>
#include <sys/un.h>

#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;
using Catch::Matchers::ContainsSubstring;
namespace asio = boost::asio;

namespace {

constexpr Duration long_time{30'000};

asio::awaitable<std::string> echo(std::string request) {
  co_return "<" + request + ">";
}

asio::awaitable<std::string> chatter(std::string) {
  co_return std::string(3'000'000, 'x');
}

/// Asks from another thread while the server runs on this one.
Result<std::string> ask_while_running(asio::io_context& io, const std::string& path,
                                      const std::string& request) {
  auto answer = std::async(std::launch::async, [&] { return ask(path, request, long_time); });
  io.restart();
  while (answer.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
    io.run_one_for(std::chrono::milliseconds{5});
  }
  return answer.get();
}

/// A socket file that nobody listens on any more.
void leave_socket(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  REQUIRE(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  close(socket);
}

}  // namespace

TEST_CASE("a question gets its answer, however long") {
  LogFolder folder;
  asio::io_context io;
  ControlServer server(io.get_executor(), echo);
  const std::string path = folder.path("control.sock");
  REQUIRE(server.listen(path).has_value());
  REQUIRE(*ask_while_running(io, path, "why @alice:hs") == "<why @alice:hs>");
  REQUIRE(*ask_while_running(io, path, "") == "<>");
  server.stop();
  REQUIRE_FALSE(folder.exists("control.sock"));
  ControlServer chatting(io.get_executor(), chatter);
  REQUIRE(chatting.listen(path).has_value());
  REQUIRE(ask_while_running(io, path, "status")->size() == 3'000'000);
}

TEST_CASE("the socket is for owner and group only") {
  LogFolder folder;
  asio::io_context io;
  ControlServer server(io.get_executor(), echo);
  REQUIRE(server.listen(folder.path("control.sock")).has_value());

  struct stat status {};

  REQUIRE(stat(folder.path("control.sock").c_str(), &status) == 0);
  REQUIRE((status.st_mode & 0777) == 0660);
}

TEST_CASE("a socket file is replaced only when nobody answers") {
  LogFolder folder;
  asio::io_context io;
  const std::string path = folder.path("control.sock");
  leave_socket(path);
  ControlServer server(io.get_executor(), echo);
  REQUIRE(server.listen(path).has_value());
  ControlServer second(io.get_executor(), echo);
  const auto busy = second.listen(path);
  REQUIRE_FALSE(busy.has_value());
  REQUIRE_THAT(busy.error().what, ContainsSubstring("another noci is running"));
  second.stop();
  REQUIRE(folder.exists("control.sock"));  // it was not its own
  REQUIRE(*ask_while_running(io, path, "x") == "<x>");
  folder.append("notes.txt", "mine");
  ControlServer third(io.get_executor(), echo);
  REQUIRE_THAT(third.listen(folder.path("notes.txt")).error().what,
               ContainsSubstring("not a socket"));
  REQUIRE(folder.exists("notes.txt"));
  REQUIRE_THAT(third.listen(folder.path("nowhere/control.sock")).error().what,
               ContainsSubstring("No such file or directory"));
  REQUIRE_THAT(third.listen(folder.path(std::string(120, 'x'))).error().what,
               ContainsSubstring("too long"));
}

TEST_CASE("a client is told why it gets no answer") {
  LogFolder folder;
  REQUIRE_THAT(ask(folder.path("none.sock"), "x", long_time).error().what,
               ContainsSubstring("noci is not running: there is no socket at "));
  leave_socket(folder.path("left.sock"));
  REQUIRE_THAT(ask(folder.path("left.sock"), "x", long_time).error().what,
               ContainsSubstring("left from an earlier run"));
  asio::io_context idle;  // listens, but nobody runs it
  ControlServer server(idle.get_executor(), echo);
  REQUIRE(server.listen(folder.path("idle.sock")).has_value());
  REQUIRE_THAT(ask(folder.path("idle.sock"), "x", Duration{20}).error().what,
               ContainsSubstring("did not answer within 20ms"));
  // As nobody, and in nobody's group: root's own group may talk to root's daemon.
  if (geteuid() == 0 && setegid(65534) == 0 && seteuid(65534) == 0) {
    const auto refused = ask(folder.path("idle.sock"), "x", Duration{20});
    REQUIRE(seteuid(0) == 0);
    REQUIRE(setegid(0) == 0);
    REQUIRE_THAT(refused.error().what, ContainsSubstring("no permission to talk to noci"));
  } else {
    std::cout << "skipped: needs to become a user without privileges\n";
  }
}

TEST_CASE("an endless request is cut off") {
  LogFolder folder;
  asio::io_context io;
  ControlServer server(io.get_executor(), echo);
  const std::string path = folder.path("control.sock");
  REQUIRE(server.listen(path).has_value());
  const auto answer = ask_while_running(io, path, std::string(100'000, 'x'));
  REQUIRE((!answer || answer->empty()));
  REQUIRE(*ask_while_running(io, path, "still there?") == "<still there?>");
}
