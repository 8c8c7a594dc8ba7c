#include "io/http_server.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace noci {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::awaitable;
using tcp = asio::ip::tcp;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// Prometheus keeps one connection open; the rest is for curious people and a flood.
constexpr int most_connections = 64;
constexpr std::uint32_t longest_header = 8 * 1024;
constexpr std::uint64_t longest_body = 0;
/// For a request to come in, an answer to go out, and a kept connection to be used again.
constexpr std::chrono::seconds patience{10};

void rethrow(std::exception_ptr error) {
  if (error) {
    std::rethrow_exception(error);
  }
}

http::response<http::string_body> message_of(const HttpResponse& response, bool head) {
  http::response<http::string_body> message;
  message.result(static_cast<unsigned>(response.status));
  for (const auto& [name, value] : response.headers) {
    message.set(name, value);
  }
  message.content_length(response.body.size());
  if (!head) {
    message.body() = response.body;
  }
  return message;
}

}  // namespace

class HttpServer::Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(asio::io_context& context, Handler handler)
      : context_(context), acceptor_(context), handler_(std::move(handler)) {}

  Result<void> listen(const std::string& address, std::uint16_t port) {
    const std::string place = address + ":" + std::to_string(port);
    boost::system::error_code error;
    const auto ip = asio::ip::make_address(address, error);
    if (error) {
      return failure("cannot listen on " + place + ": '" + address + "' is not an IP address");
    }
    const tcp::endpoint endpoint(ip, port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) {
      acceptor_.set_option(asio::socket_base::reuse_address(true), error);
      acceptor_.bind(endpoint, error);
    }
    if (!error) {
      acceptor_.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
      return failure("cannot listen on " + place + ": " + error.message() +
                     "; choose another port for metrics in the settings, or find who uses it with `ss -ltnp`");
    }
    asio::co_spawn(context_, accept(shared_from_this()), rethrow);
    return {};
  }

  [[nodiscard]] std::uint16_t port() const {
    boost::system::error_code ignored;
    return acceptor_.local_endpoint(ignored).port();
  }

  void close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  static awaitable<void> accept(std::shared_ptr<Acceptor> self) {
    for (;;) {
      auto [error, socket] = co_await self->acceptor_.async_accept(as_result);
      if (error == asio::error::operation_aborted || !self->acceptor_.is_open()) {
        co_return;
      }
      if (error) {
        // Out of descriptors: leave the others alone for a moment.
        asio::steady_timer timer(self->context_, std::chrono::milliseconds{100});
        co_await timer.async_wait(as_result);
      } else if (self->connections_ < most_connections) {
        ++self->connections_;
        asio::co_spawn(self->context_, serve(self, beast::tcp_stream(std::move(socket))), rethrow);
      }
    }
  }

  static awaitable<void> serve(std::shared_ptr<Acceptor> self, beast::tcp_stream stream) {
    beast::flat_buffer buffer;
    bool open = true;
    while (open && self->acceptor_.is_open()) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(longest_header);
      parser.body_limit(longest_body);
      stream.expires_after(patience);
      auto [read_error, read] = co_await http::async_read(stream, buffer, parser, as_result);
      if (read_error) {
        break;
      }
      const auto& request = parser.get();
      auto message = self->respond(request.method(), request.method_string(), request.target());
      message.keep_alive(request.keep_alive());
      stream.expires_after(patience);
      auto [write_error, written] = co_await http::async_write(stream, message, as_result);
      open = !write_error && request.keep_alive();
    }
    boost::system::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
    --self->connections_;
  }

  http::response<http::string_body> respond(http::verb verb, std::string_view method,
                                            std::string_view target) const {
    if (verb != http::verb::get && verb != http::verb::head) {
      return message_of({405, {{"Allow", "GET, HEAD"}}, "only GET and HEAD\n"}, false);
    }
    return message_of(handler_(method, target), verb == http::verb::head);
  }

  asio::io_context& context_;
  tcp::acceptor acceptor_;
  Handler handler_;
  int connections_ = 0;
};

HttpServer::HttpServer(asio::io_context& context, Handler handler)
    : acceptor_(std::make_shared<Acceptor>(context, std::move(handler))) {}

HttpServer::~HttpServer() { acceptor_->close(); }

Result<void> HttpServer::listen(const std::string& address, std::uint16_t port) {
  return acceptor_->listen(address, port);
}

std::uint16_t HttpServer::port() const { return acceptor_->port(); }

}  // namespace noci
