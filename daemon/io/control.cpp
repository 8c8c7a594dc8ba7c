#include "io/control.hpp"

#include <set>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "io/completion.hpp"
#include "io/unix_socket.hpp"

namespace asio = boost::asio;

namespace noci {
namespace {

using Protocol = asio::local::stream_protocol;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

constexpr unsigned socket_mode = 0660;
constexpr std::size_t longest_request = 4096;
constexpr std::size_t most_connections = 16;
// For a client that does not ask, and one that does not read its answer.
constexpr std::chrono::seconds patience{10};

struct Connection {
  explicit Connection(Protocol::socket accepted)
      : socket(std::move(accepted)), timer(socket.get_executor()) {}

  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
    timer.cancel();
  }

  Protocol::socket socket;
  asio::steady_timer timer;
};

/// From now on the connection has so long for what it does next.
void limit(const std::shared_ptr<Connection>& connection) {
  connection->timer.expires_after(patience);
  connection->timer.async_wait([connection](const boost::system::error_code& error) {
    if (!error) {
      connection->close();
    }
  });
}

}  // namespace

struct ControlServer::State {
  State(const asio::any_io_executor& executor, ControlHandler answer)
      : acceptor(executor), handler(std::move(answer)) {}

  static asio::awaitable<void> accept(std::shared_ptr<State> state);
  static asio::awaitable<void> serve(std::shared_ptr<State> state,
                                     std::shared_ptr<Connection> connection);

  Protocol::acceptor acceptor;
  ControlHandler handler;
  std::set<std::shared_ptr<Connection>> connections;
  std::string path;
  FileId id;
};

ControlServer::ControlServer(asio::any_io_executor executor, ControlHandler handler)
    : state_(std::make_shared<State>(executor, std::move(handler))) {}

ControlServer::~ControlServer() {
  stop();
}

Result<void> ControlServer::listen(const std::string& path) {
  const auto id = listen_unix(state_->acceptor, {path, socket_mode, ""});
  if (!id) {
    return tl::unexpected(id.error());
  }
  state_->path = path;
  state_->id = *id;
  asio::co_spawn(state_->acceptor.get_executor(), State::accept(state_), rethrow);
  return {};
}

void ControlServer::stop() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  for (const auto& connection : state_->connections) {
    connection->close();
  }
  remove_unix_socket(state_->path, state_->id);
  state_->path.clear();
}

asio::awaitable<void> ControlServer::State::accept(std::shared_ptr<State> state) {
  while (state->acceptor.is_open()) {
    auto [error, socket] = co_await state->acceptor.async_accept(as_result);
    if (!state->acceptor.is_open()) {
      co_return;
    }
    if (error) {
      asio::steady_timer pause(state->acceptor.get_executor(), std::chrono::milliseconds{100});
      co_await pause.async_wait(as_result);  // out of descriptors, perhaps: do not spin
    } else if (state->connections.size() < most_connections) {
      auto connection = std::make_shared<Connection>(std::move(socket));
      state->connections.insert(connection);
      asio::co_spawn(state->acceptor.get_executor(), serve(state, std::move(connection)), rethrow);
    }
  }
}

asio::awaitable<void> ControlServer::State::serve(std::shared_ptr<State> state,
                                                  std::shared_ptr<Connection> connection) {
  std::string request;
  limit(connection);
  const auto [error, length] = co_await asio::async_read_until(
      connection->socket, asio::dynamic_buffer(request, longest_request), '\n', as_result);
  connection->timer.cancel();
  if (!error) {
    request.resize(length - 1);
    std::string answer = co_await state->handler(std::move(request));
    limit(connection);
    co_await asio::async_write(connection->socket, asio::buffer(answer), as_result);
  }
  connection->close();
  state->connections.erase(connection);
}

}  // namespace noci
