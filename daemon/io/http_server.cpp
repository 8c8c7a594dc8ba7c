#include "io/http_server.hpp"

#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "io/completion.hpp"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace noci {
namespace {

using ErrorCode = boost::system::error_code;
using Stream = beast::tcp_stream;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

HttpResponse plain(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text)};
}

/// The answer to a request that is refused before anybody is asked.
HttpResponse refusal(const ErrorCode& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return plain(431, "the request header is too large\n");
  }
  return plain(400, "this is not an HTTP request\n");
}

/// Closed by the other side, or too slow: there is nobody to answer.
bool is_gone(const ErrorCode& error) {
  return error.category() != http::make_error_code(http::error::bad_method).category() ||
         error == http::error::end_of_stream || error == http::error::partial_message;
}

template <typename Message>
void fill(Message& message, const HttpResponse& answer, bool keep_alive) {
  message.result(static_cast<unsigned>(answer.status));
  message.set(http::field::server, "noci");
  for (const auto& [name, value] : answer.headers) {
    message.set(name, value);
  }
  message.content_length(answer.body.size());
  message.keep_alive(keep_alive);
}

asio::awaitable<ErrorCode> send(Stream& stream, const HttpResponse& answer, bool with_body,
                                bool keep_alive) {
  ErrorCode error;
  if (with_body) {
    http::response<http::string_body> message;
    fill(message, answer, keep_alive);
    message.body() = answer.body;
    std::tie(error, std::ignore) = co_await http::async_write(stream, message, as_result);
  } else {
    http::response<http::empty_body> message;
    fill(message, answer, keep_alive);
    std::tie(error, std::ignore) = co_await http::async_write(stream, message, as_result);
  }
  co_return error;
}

}  // namespace

struct HttpServer::State {
  State(const asio::any_io_executor& executor, HttpHandler answer, HttpLimits bounds)
      : acceptor(executor), handler(std::move(answer)), limits(bounds) {}

  static asio::awaitable<void> accept(std::shared_ptr<State> state);
  static asio::awaitable<void> serve(std::shared_ptr<State> state, std::shared_ptr<Stream> stream);
  /// One request and its answer; false when the connection is over.
  static asio::awaitable<bool> serve_one(std::shared_ptr<State> state,
                                         std::shared_ptr<Stream> stream,
                                         std::shared_ptr<beast::flat_buffer> buffer);

  tcp::acceptor acceptor;
  HttpHandler handler;
  HttpLimits limits;
  std::set<std::shared_ptr<Stream>> streams;
};

HttpServer::HttpServer(asio::any_io_executor executor, HttpHandler handler, HttpLimits limits)
    : state_(std::make_shared<State>(executor, std::move(handler), limits)) {}

HttpServer::~HttpServer() {
  stop();
}

Result<void> HttpServer::listen(const std::string& address, std::uint16_t port) {
  const std::string place =
      (address.find(':') == std::string::npos ? address : "[" + address + "]") + ":" +
      std::to_string(port);
  ErrorCode error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) {
    return failure("cannot listen on " + place + ": " + address +
                   " is not an IP address; 127.0.0.1 is this machine only, 0.0.0.0 everywhere");
  }
  tcp::acceptor& acceptor = state_->acceptor;
  const tcp::endpoint endpoint(ip, port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) {
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
  }
  if (!error) {
    acceptor.bind(endpoint, error);
  }
  if (!error) {
    acceptor.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    ErrorCode ignored;
    acceptor.close(ignored);
    const char* advice =
        error == asio::error::address_in_use
            ? "; another program (another noci?) listens there: stop it, or choose "
              "another port"
            : "";
    return failure("cannot listen on " + place + ": " + error.message() + advice);
  }
  asio::co_spawn(acceptor.get_executor(), State::accept(state_), rethrow);
  return {};
}

std::uint16_t HttpServer::port() const {
  ErrorCode error;
  const auto endpoint = state_->acceptor.local_endpoint(error);
  return error ? std::uint16_t{0} : endpoint.port();
}

void HttpServer::stop() {
  ErrorCode ignored;
  state_->acceptor.close(ignored);
  for (const auto& stream : state_->streams) {
    stream->close();
  }
}

asio::awaitable<void> HttpServer::State::accept(std::shared_ptr<State> state) {
  const auto executor = state->acceptor.get_executor();
  while (state->acceptor.is_open()) {
    auto [error, socket] = co_await state->acceptor.async_accept(as_result);
    if (!state->acceptor.is_open()) {
      co_return;
    }
    if (error) {
      asio::steady_timer pause(executor, std::chrono::milliseconds{100});
      co_await pause.async_wait(as_result);  // out of descriptors, perhaps: do not spin
    } else if (state->streams.size() >= state->limits.connections) {
      // Best effort, without waiting: whoever opens that many does not need a good answer.
      constexpr std::string_view full =
          "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      ErrorCode ignored;
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(full), ignored);
      socket.shutdown(tcp::socket::shutdown_both, ignored);
    } else {
      auto stream = std::make_shared<Stream>(std::move(socket));
      state->streams.insert(stream);
      asio::co_spawn(executor, serve(state, std::move(stream)), rethrow);
    }
  }
}

asio::awaitable<void> HttpServer::State::serve(std::shared_ptr<State> state,
                                               std::shared_ptr<Stream> stream) {
  const auto buffer = std::make_shared<beast::flat_buffer>(2 * state->limits.header_size);
  while (co_await serve_one(state, stream, buffer)) {
  }
  ErrorCode ignored;
  stream->socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream->close();
  state->streams.erase(stream);
}

asio::awaitable<bool> HttpServer::State::serve_one(std::shared_ptr<State> state,
                                                   std::shared_ptr<Stream> stream,
                                                   std::shared_ptr<beast::flat_buffer> buffer) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(state->limits.header_size);
  stream->expires_after(state->limits.idle);
  const auto [error, size] = co_await http::async_read_header(*stream, *buffer, parser, as_result);
  if (error) {
    if (!is_gone(error)) {
      stream->expires_after(state->limits.idle);
      co_await send(*stream, refusal(error), true, false);
    }
    co_return false;
  }
  const auto& request = parser.get();
  const std::string_view method(request.method_string().data(), request.method_string().size());
  const std::string_view target(request.target().data(), request.target().size());
  // A body is not read, so nothing behind it can be.
  bool keep_alive = parser.is_done() && request.keep_alive();
  HttpResponse answer;
  if (request.method() == http::verb::get || request.method() == http::verb::head) {
    answer = state->handler(method, target);
  } else {
    answer = plain(405, "only GET and HEAD are answered here\n");
    answer.headers.emplace_back("Allow", "GET, HEAD");
    keep_alive = false;
  }
  stream->expires_after(state->limits.idle);
  const ErrorCode failed =
      co_await send(*stream, answer, request.method() != http::verb::head, keep_alive);
  co_return !failed && keep_alive;
}

}  // namespace noci
