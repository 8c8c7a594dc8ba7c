#include "io/http_server.hpp"

#include "io/http_client.hpp"
#include "support/catch.hpp"
#include "support/coroutine.hpp"
#include "support/peer.hpp"

using namespace noci;
using namespace noci::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
namespace asio = boost::asio;

namespace {

HttpResponse echo(std::string_view method, std::string_view target) {
  return {200,
          {{"Content-Type", "text/plain"}},
          std::string(method) + " " + std::string(target) + "\n"};
}

Result<HttpResponse> get(asio::io_context& io, const HttpServer& server, const std::string& method,
                         const std::string& target) {
  HttpRequest request;
  request.url = {false, "127.0.0.1", server.port(), target};
  request.method = method;
  return run(io, fetch(request, {}));
}

}  // namespace

TEST_CASE("GET and HEAD are answered by the handler") {
  asio::io_context io;
  HttpServer server(io.get_executor(), echo);
  REQUIRE(server.listen("127.0.0.1", 0).has_value());
  REQUIRE(server.port() != 0);
  const auto answer = get(io, server, "GET", "/metrics?x=1");
  REQUIRE(answer->status == 200);
  REQUIRE(answer->body == "GET /metrics?x=1\n");
  const auto head = get(io, server, "HEAD", "/metrics");
  REQUIRE(head->status == 200);
  REQUIRE(head->body.empty());
  REQUIRE_THAT(run(io, converse(server.port(), "HEAD /m HTTP/1.0\r\n\r\n")),
               ContainsSubstring("Content-Length: 8\r\n") && Catch::Matchers::EndsWith("\r\n\r\n"));
}

TEST_CASE("several requests go over one connection") {
  asio::io_context io;
  HttpServer server(io.get_executor(), echo);
  REQUIRE(server.listen("127.0.0.1", 0).has_value());
  const std::string answers =
      run(io, converse(server.port(),
                       "GET /one HTTP/1.1\r\nHost: x\r\n\r\n"
                       "GET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  REQUIRE_THAT(answers, ContainsSubstring("GET /one\n") && Catch::Matchers::EndsWith("GET /two\n"));
}

TEST_CASE("other methods and what is not HTTP are refused and the connection ends") {
  asio::io_context io;
  HttpServer server(io.get_executor(), echo);
  REQUIRE(server.listen("127.0.0.1", 0).has_value());
  for (const char* method : {"POST", "DELETE", "OPTIONS", "BREW"}) {
    CAPTURE(method);
    const std::string answer =
        run(io, converse(server.port(), std::string(method) + " / HTTP/1.1\r\nHost: x\r\n\r\n"));
    REQUIRE_THAT(answer, StartsWith("HTTP/1.1 405 ") && ContainsSubstring("Allow: GET, HEAD\r\n"));
  }
  REQUIRE_THAT(run(io, converse(server.port(), "what is this\r\n\r\n")),
               StartsWith("HTTP/1.1 400 "));
  REQUIRE_THAT(run(io, converse(server.port(),
                                "GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n")),
               StartsWith("HTTP/1.1 431 "));
}

TEST_CASE("a body is not read, and nothing behind it is taken for a request") {
  asio::io_context io;
  HttpServer server(io.get_executor(), echo);
  REQUIRE(server.listen("127.0.0.1", 0).has_value());
  const std::string answer =
      run(io, converse(server.port(),
                       "GET /one HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n"
                       "GET /smuggled HTTP/1.1\r\n\r\n....."));
  REQUIRE_THAT(answer, StartsWith("HTTP/1.1 ") && !ContainsSubstring("smuggled"));
}

TEST_CASE("a client that does not finish its request is let go") {
  asio::io_context io;
  HttpLimits limits;
  limits.idle = Duration{30};
  HttpServer server(io.get_executor(), echo, limits);
  REQUIRE(server.listen("127.0.0.1", 0).has_value());
  REQUIRE(run(io, converse(server.port(), "GET / HTTP/1.1\r\nHos")).empty());
  REQUIRE(run(io, converse(server.port(), "")).empty());
}

TEST_CASE("more connections than allowed are turned away, and places become free again") {
  asio::io_context io;
  HttpLimits limits;
  limits.connections = 2;
  HttpServer server(io.get_executor(), echo, limits);
  REQUIRE(server.listen("127.0.0.1", 0).has_value());
  const tcp::endpoint there(asio::ip::address_v4::loopback(), server.port());
  tcp::socket one(io);
  tcp::socket two(io);
  one.connect(there);
  two.connect(there);
  REQUIRE_THAT(run(io, converse(server.port(), "")), StartsWith("HTTP/1.1 503 "));
  one.close();
  two.close();
  io.restart();
  io.run_for(std::chrono::milliseconds{20});
  REQUIRE(get(io, server, "GET", "/")->status == 200);
}

TEST_CASE("a busy port and a wrong address name what to do") {
  asio::io_context io;
  HttpServer first(io.get_executor(), echo);
  REQUIRE(first.listen("127.0.0.1", 0).has_value());
  HttpServer second(io.get_executor(), echo);
  const auto busy = second.listen("127.0.0.1", first.port());
  REQUIRE_FALSE(busy.has_value());
  REQUIRE_THAT(busy.error().what,
               StartsWith("cannot listen on 127.0.0.1:" + std::to_string(first.port()) +
                          ": Address already in use; another program") &&
                   Catch::Matchers::EndsWith("stop it, or choose another port"));
  REQUIRE(second.port() == 0);
  const auto wrong = second.listen("localhost", 0);
  REQUIRE_THAT(wrong.error().what, ContainsSubstring("localhost is not an IP address"));
}

TEST_CASE("a stopped server closes its connections and its port") {
  asio::io_context io;
  HttpServer server(io.get_executor(), echo);
  REQUIRE(server.listen("127.0.0.1", 0).has_value());
  const std::uint16_t port = server.port();
  tcp::socket open(io);
  open.connect({asio::ip::address_v4::loopback(), port});
  io.restart();
  io.run_for(std::chrono::milliseconds{20});
  server.stop();
  io.restart();
  io.run();  // nothing is left to do, so this returns
  char byte = 0;
  boost::system::error_code error;
  open.read_some(asio::buffer(&byte, 1), error);
  REQUIRE(error == asio::error::eof);
  tcp::socket late(io);
  late.connect({asio::ip::address_v4::loopback(), port}, error);
  REQUIRE(error == asio::error::connection_refused);
}
