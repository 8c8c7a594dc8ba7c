#include "io/http_client.hpp"

#include <chrono>

#include <boost/asio/steady_timer.hpp>

#include "support/catch.hpp"
#include "support/coroutine.hpp"
#include "support/peer.hpp"

using namespace noci;
using namespace noci::testing;
using Catch::Matchers::ContainsSubstring;
namespace asio = boost::asio;

namespace {

HttpRequest post_to(std::uint16_t port, std::string body = "{}") {
  HttpRequest request;
  request.url = {false, "127.0.0.1", port, "/hook/SECRET?token=SECRET"};
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(body);
  return request;
}

std::string error_of(const Result<HttpResponse>& result) {
  REQUIRE_FALSE(result.has_value());
  REQUIRE_THAT(result.error().what, !ContainsSubstring("SECRET"));
  REQUIRE_THAT(result.error().what, ContainsSubstring("POST to http://127.0.0.1:"));
  return result.error().what;
}

asio::awaitable<void> hang(tcp::socket socket, std::shared_ptr<PeerLog> log) {
  log->request = co_await read_request(socket);
  char byte = 0;
  co_await asio::async_read(socket, asio::buffer(&byte, 1), as_result);  // until they give up
}

asio::awaitable<void> trickle(tcp::socket socket, std::shared_ptr<PeerLog> log) {
  log->request = co_await read_request(socket);
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
  asio::steady_timer timer(socket.get_executor());
  for (std::size_t i = 0;; ++i) {
    auto [error, sent] =
        co_await asio::async_write(socket, asio::buffer(&answer[i % answer.size()], 1), as_result);
    if (error) {
      co_return;
    }
    log->sent += sent;
    timer.expires_after(std::chrono::milliseconds{2});
    co_await timer.async_wait(as_result);
  }
}

asio::awaitable<void> reset(tcp::socket socket, std::shared_ptr<PeerLog> log) {
  log->request = co_await read_request(socket);
  socket.set_option(asio::socket_base::linger(true, 0));
  socket.close();
}

asio::awaitable<void> flood(tcp::socket socket, std::shared_ptr<PeerLog> log) {
  log->request = co_await read_request(socket);
  const std::string header = "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n";
  co_await asio::async_write(socket, asio::buffer(header), as_result);
  const std::string block(64 * 1024, 'x');
  for (int i = 0; i < 1600; ++i) {
    auto [error, sent] = co_await asio::async_write(socket, asio::buffer(block), as_result);
    log->sent += sent;
    if (error) {
      co_return;
    }
  }
}

}  // namespace

TEST_CASE("a request arrives as it was meant and its answer comes back") {
  asio::io_context io;
  Peer peer(io,
            answering("HTTP/1.1 202 Accepted\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nfine"));
  const auto answer = run(io, fetch(post_to(peer.port(), "{\"a\":1}"), {}));
  REQUIRE(answer.has_value());
  REQUIRE(answer->status == 202);
  REQUIRE(answer->body == "fine");
  REQUIRE(answer->headers.at(0) == std::pair<std::string, std::string>{"Retry-After", "7"});
  const std::string& request = peer.log().request;
  REQUIRE_THAT(request, Catch::Matchers::StartsWith("POST /hook/SECRET?token=SECRET HTTP/1.1\r\n"));
  REQUIRE_THAT(request,
               ContainsSubstring("\r\nHost: 127.0.0.1:" + std::to_string(peer.port()) + "\r\n"));
  REQUIRE_THAT(request, ContainsSubstring("\r\nContent-Length: 7\r\n"));
  REQUIRE_THAT(request, ContainsSubstring("\r\nContent-Type: application/json\r\n"));
  REQUIRE_THAT(request, ContainsSubstring("\r\nConnection: close\r\n"));
}

TEST_CASE("redirects, interim answers and bodies without a length are taken as they are") {
  asio::io_context io;
  Peer redirecting(io, answering("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
                                 "Content-Length: 0\r\n\r\n"));
  REQUIRE(run(io, fetch(post_to(redirecting.port()), {}))->status == 302);
  Peer interim(io, answering("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                             "HTTP/1.1 204 No Content\r\n\r\n"));
  REQUIRE(run(io, fetch(post_to(interim.port()), {}))->status == 204);
  Peer endless(io, answering("HTTP/1.1 500 Oops\r\n\r\nuntil the end"));
  const auto answer = run(io, fetch(post_to(endless.port()), {}));
  REQUIRE(answer->status == 500);
  REQUIRE(answer->body == "until the end");
}

TEST_CASE("a server that never answers costs the timeout and not more") {
  asio::io_context io;
  Peer peer(io, hang);
  FetchOptions options;
  options.timeout = Duration{50};
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE_THAT(error_of(run(io, fetch(post_to(peer.port()), options))),
               ContainsSubstring("waiting for the answer: nothing complete within 50ms"));
  REQUIRE(std::chrono::steady_clock::now() - begin < std::chrono::seconds{10});
}

TEST_CASE("a server that answers a byte at a time does not get more time") {
  asio::io_context io;
  Peer peer(io, trickle);
  FetchOptions options;
  options.timeout = Duration{300};
  REQUIRE_THAT(error_of(run(io, fetch(post_to(peer.port()), options))),
               ContainsSubstring("reading the answer: nothing complete within 300ms"));
  REQUIRE(peer.log().sent > 45);  // it was well into the body
}

TEST_CASE("a reset, an early end and a broken answer are told apart") {
  asio::io_context io;
  Peer resetting(io, reset);
  REQUIRE_THAT(error_of(run(io, fetch(post_to(resetting.port()), {}))),
               ContainsSubstring("waiting for the answer: Connection reset by peer"));
  Peer silent(io, answering(""));
  REQUIRE_THAT(error_of(run(io, fetch(post_to(silent.port()), {}))),
               ContainsSubstring("the connection was closed without an answer"));
  Peer partial(io, answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
  REQUIRE_THAT(error_of(run(io, fetch(post_to(partial.port()), {}))),
               ContainsSubstring("the answer broke off"));
  Peer other(io, answering("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
  REQUIRE_THAT(error_of(run(io, fetch(post_to(other.port()), {}))),
               ContainsSubstring("waiting for the answer"));
  Peer large(io, answering("HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n"));
  REQUIRE_THAT(error_of(run(io, fetch(post_to(large.port()), {}))),
               ContainsSubstring("waiting for the answer"));
}

TEST_CASE("an answer of 100 MB is cut without being read") {
  asio::io_context io;
  Peer peer(io, flood);
  const auto answer = run(io, fetch(post_to(peer.port()), {}));
  REQUIRE(answer.has_value());
  REQUIRE(answer->status == 200);
  REQUIRE(answer->body == std::string(64 * 1024, 'x'));
  io.restart();
  io.run_for(std::chrono::milliseconds{50});  // the flood notices that nobody listens
  REQUIRE(peer.log().sent < 32u << 20);       // what the socket buffers took
}

TEST_CASE("nobody listening is said plainly") {
  asio::io_context io;
  std::uint16_t port = 0;
  {
    Peer gone(io, hang);
    port = gone.port();
  }
  REQUIRE_THAT(error_of(run(io, fetch(post_to(port), {}))),
               ContainsSubstring("connecting: Connection refused"));
}

TEST_CASE("a name that does not resolve is an error and not a wait") {
  asio::io_context io;
  HttpRequest request = post_to(80);
  request.url.host = "no such host.invalid";
  FetchOptions options;
  options.timeout = Duration{5000};
  const auto answer = run(io, fetch(request, options));
  REQUIRE_FALSE(answer.has_value());
  REQUIRE_THAT(answer.error().what, ContainsSubstring("resolving the name: "));
}

TEST_CASE("a header that would forge another one is refused") {
  asio::io_context io;
  Peer peer(io, hang);
  HttpRequest request = post_to(peer.port());
  request.headers = {{"X-Name", "value\r\nX-Forged: 1"}};
  REQUIRE_THAT(error_of(run(io, fetch(request, {}))), ContainsSubstring("control characters"));
  request.headers = {{"X-Na me:", "value"}};
  REQUIRE_FALSE(run(io, fetch(request, {})).has_value());
}
