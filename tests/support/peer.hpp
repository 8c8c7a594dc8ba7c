#pragma once
// The other end of a connection, scripted: a server that misbehaves in one chosen way, and a raw
// client. Both are coroutines on the test's own io_context, so nothing depends on threads.

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "io/completion.hpp"

namespace noci::testing {

using boost::asio::ip::tcp;
inline constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

/// What the peer did with each accepted connection, in order to look at it afterwards.
struct PeerLog {
  std::string request;      ///< the last header that came
  std::size_t sent = 0;     ///< bytes it could send
  std::string server_name;  ///< by SNI
};

using Script =
    std::function<boost::asio::awaitable<void>(tcp::socket socket, std::shared_ptr<PeerLog> log)>;

/// Listens on a free port of the loopback and runs the script on each connection.
class Peer {
 public:
  Peer(boost::asio::io_context& io, Script script)
      : acceptor_(std::make_shared<tcp::acceptor>(
            io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0))),
        log_(std::make_shared<PeerLog>()) {
    boost::asio::co_spawn(io, accept(acceptor_, std::move(script), log_), rethrow);
  }

  ~Peer() {
    boost::system::error_code ignored;
    acceptor_->close(ignored);
  }

  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_->local_endpoint().port(); }

  [[nodiscard]] const PeerLog& log() const { return *log_; }

 private:
  static boost::asio::awaitable<void> accept(std::shared_ptr<tcp::acceptor> acceptor, Script script,
                                             std::shared_ptr<PeerLog> log) {
    while (acceptor->is_open()) {
      auto [error, socket] = co_await acceptor->async_accept(as_result);
      if (error) {
        co_return;
      }
      boost::asio::co_spawn(acceptor->get_executor(), script(std::move(socket), log), rethrow);
    }
  }

  std::shared_ptr<tcp::acceptor> acceptor_;
  std::shared_ptr<PeerLog> log_;
};

/// Reads a request's header (and what body came along with it).
template <typename Stream>
boost::asio::awaitable<std::string> read_request(Stream& stream) {
  std::string text;
  co_await boost::asio::async_read_until(stream, boost::asio::dynamic_buffer(text), "\r\n\r\n",
                                         as_result);
  co_return text;
}

/// A script that reads the request and answers with this text, then closes.
inline Script answering(std::string answer) {
  return [answer = std::move(answer)](tcp::socket socket, std::shared_ptr<PeerLog> log) {
    struct Body {
      static boost::asio::awaitable<void> run(tcp::socket peer, std::shared_ptr<PeerLog> seen,
                                              std::string text) {
        seen->request = co_await read_request(peer);
        auto [error, sent] =
            co_await boost::asio::async_write(peer, boost::asio::buffer(text), as_result);
        seen->sent += sent;
      }
    };
    return Body::run(std::move(socket), std::move(log), answer);
  };
}

/// Connects, sends the text and gives everything that comes until the other side closes.
inline boost::asio::awaitable<std::string> converse(std::uint16_t port, std::string text) {
  tcp::socket socket(co_await boost::asio::this_coro::executor);
  co_await socket.async_connect({boost::asio::ip::address_v4::loopback(), port}, as_result);
  co_await boost::asio::async_write(socket, boost::asio::buffer(text), as_result);
  std::string answer;
  co_await boost::asio::async_read(socket, boost::asio::dynamic_buffer(answer), as_result);
  co_return answer;
}

}  // namespace noci::testing
