#include "io/control.hpp"

#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/completion.hpp"
#include "io/file_descriptor.hpp"
#include "io/rotation.hpp"

namespace asio = boost::asio;

namespace noci {
namespace {

using Protocol = asio::local::stream_protocol;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

constexpr mode_t socket_mode = 0660;
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

FileId id_of(const std::string& path) {
  struct stat status {};

  return lstat(path.c_str(), &status) == 0 ? FileId{status.st_dev, status.st_ino} : FileId{};
}

bool is_answered(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
         errno == EAGAIN;
}

/// Removes what a dead daemon left under the name.
Result<void> make_room(const std::string& path) {
  struct stat status {};

  if (lstat(path.c_str(), &status) != 0) {
    return {};
  }
  if (!S_ISSOCK(status.st_mode)) {
    return failure("cannot listen at " + path + ": there is a file that is not a socket");
  }
  if (is_answered(path)) {
    return failure("cannot listen at " + path + ": another noci is running there");
  }
  if (unlink(path.c_str()) != 0) {
    return system_failure("cannot remove the old socket " + path, errno);
  }
  return {};
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
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return failure("cannot listen at " + path + ": the path is too long for a socket");
  }
  if (auto room = make_room(path); !room) {
    return room;
  }
  Protocol::acceptor& acceptor = state_->acceptor;
  boost::system::error_code error;
  acceptor.open(Protocol(), error);
  if (!error) {
    // The file gets its mode from the socket, so it is never wider for an instant.
    fchmod(acceptor.native_handle(), socket_mode);
    acceptor.bind(Protocol::endpoint(path), error);
  }
  if (!error) {
    chmod(path.c_str(), socket_mode);  // whatever the umask took away
    acceptor.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    boost::system::error_code ignored;
    acceptor.close(ignored);
    return system_failure("cannot listen at " + path, error.value());
  }
  state_->path = path;
  state_->id = id_of(path);
  asio::co_spawn(acceptor.get_executor(), State::accept(state_), rethrow);
  return {};
}

void ControlServer::stop() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  for (const auto& connection : state_->connections) {
    connection->close();
  }
  if (!state_->path.empty() && id_of(state_->path) == state_->id) {
    unlink(state_->path.c_str());
  }
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
