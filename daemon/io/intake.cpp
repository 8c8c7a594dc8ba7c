#include "io/intake.hpp"

#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "io/completion.hpp"
#include "io/reception.hpp"
#include "io/tls_server.hpp"
#include "io/unix_socket.hpp"

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;

namespace noci {
namespace {

using ErrorCode = boost::system::error_code;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// After an accept that failed: out of descriptors, perhaps.
constexpr std::chrono::milliseconds pause{100};

template <typename Socket>
std::function<void()> closer(Socket& socket) {
  return [&socket] {
    ErrorCode ignored;
    socket.close(ignored);
  };
}

/// Finds senders that vanished without a word, long before the idle time is over.
void watch_for_death(tcp::socket& socket) {
  ErrorCode ignored;
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int seconds = 60;
  setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
}

std::string place_of(const ListenSettings& listen) {
  return (listen.address.find(':') == std::string::npos ? listen.address
                                                        : "[" + listen.address + "]") +
         ":" + std::to_string(listen.port);
}

}  // namespace

struct Intake::State : Reception, std::enable_shared_from_this<Intake::State> {
  State(const asio::any_io_executor& on, IntakeOptions given)
      : Reception(on, std::move(given)), tcp_acceptor(on), unix_acceptor(on) {}

  using StatePtr = std::shared_ptr<State>;

  [[nodiscard]] Result<void> listen_tcp();
  [[nodiscard]] Result<void> listen_local();
  [[nodiscard]] Result<void> open_stdin();

  template <typename Acceptor>
  static asio::awaitable<void> accept(StatePtr state, Acceptor& acceptor);
  void welcome(tcp::socket socket);
  void welcome(local::socket socket);

  static asio::awaitable<void> serve_plain(StatePtr state, tcp::socket socket, std::string peer);
  static asio::awaitable<void> serve_tls(StatePtr state, tcp::socket socket, std::string peer);
  static asio::awaitable<void> serve_local(StatePtr state, local::socket socket);
  static asio::awaitable<void> serve_stdin(StatePtr state);

  std::optional<asio::ssl::context> tls;
  tcp::acceptor tcp_acceptor;
  local::acceptor unix_acceptor;
  FileId socket_id;
  std::size_t arriving = 0;  ///< accepted, and not among the connections yet
};

Intake::Intake(asio::any_io_executor executor, IntakeOptions options)
    : state_(std::make_shared<State>(executor, std::move(options))) {}

Intake::~Intake() {
  stop();
}

Result<void> Intake::open() {
  if (auto opened = state_->open_spool(); !opened) {
    return opened;
  }
  return state_->options.type == SourceType::standard_input ? state_->open_stdin()
                                                            : try_listening();
}

Result<void> Intake::try_listening() {
  switch (state_->options.type) {
    case SourceType::tcp:
      return state_->listen_tcp();
    case SourceType::unix_socket:
      return state_->listen_local();
    default:
      return {};
  }
}

std::uint16_t Intake::port() const {
  ErrorCode error;
  const auto endpoint = state_->tcp_acceptor.local_endpoint(error);
  return error ? std::uint16_t{0} : endpoint.port();
}

std::shared_ptr<const IntakeStatus> Intake::status() const {
  return state_->status;
}

void Intake::release(std::vector<Cursor> committed) {
  asio::post(state_->executor, [state = state_, committed = std::move(committed)] {
    state->spool->release(committed);
    state->tell();
  });
}

void Intake::stop() {
  State& state = *state_;
  if (std::exchange(state.is_stopping, true)) {
    return;
  }
  ErrorCode ignored;
  state.tcp_acceptor.close(ignored);
  state.unix_acceptor.close(ignored);
  remove_unix_socket(state.options.type == SourceType::unix_socket ? state.options.listen.path : "",
                     state.socket_id);
  for (const IncomingPtr& connection : state.connections) {
    connection->close();
    connection->timer.cancel();
  }
}

Result<void> Intake::State::listen_tcp() {
  const ListenSettings& listen = options.listen;
  if (!listen.tls.cert_file.empty()) {
    auto context = tls_server_context(listen.tls);
    if (!context) {
      return failure("cannot listen on " + place_of(listen) + ": " + context.error().what);
    }
    tls.emplace(std::move(*context));
  }
  ErrorCode error;
  const tcp::endpoint endpoint(asio::ip::make_address(listen.address, error), listen.port);
  if (!error) {
    tcp_acceptor.open(endpoint.protocol(), error);
  }
  if (!error) {
    tcp_acceptor.set_option(asio::socket_base::reuse_address(true), error);
  }
  if (!error) {
    tcp_acceptor.bind(endpoint, error);
  }
  if (!error) {
    tcp_acceptor.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    const bool is_taken = error == asio::error::address_in_use;
    return failure("cannot listen on " + place_of(listen) + ": " + error.message() +
                   (is_taken ? "; another program (another noci?) listens there: stop it, or "
                               "choose another port"
                             : ""));
  }
  asio::co_spawn(executor, accept(shared_from_this(), tcp_acceptor), rethrow);
  return {};
}

Result<void> Intake::State::listen_local() {
  const ListenSettings& listen = options.listen;
  const auto id = listen_unix(unix_acceptor, {listen.path, listen.mode, listen.group});
  if (!id) {
    return tl::unexpected(id.error());
  }
  socket_id = *id;
  asio::co_spawn(executor, accept(shared_from_this(), unix_acceptor), rethrow);
  return {};
}

Result<void> Intake::State::open_stdin() {
  if (fcntl(STDIN_FILENO, F_GETFD) < 0) {
    return system_failure("cannot read standard input", errno);
  }
  asio::co_spawn(executor, serve_stdin(shared_from_this()), rethrow);
  return {};
}

template <typename Acceptor>
asio::awaitable<void> Intake::State::accept(StatePtr state, Acceptor& acceptor) {
  while (acceptor.is_open()) {
    auto [error, socket] = co_await acceptor.async_accept(as_result);
    if (!acceptor.is_open()) {
      co_return;
    }
    if (error) {
      asio::steady_timer timer(state->executor, pause);
      co_await timer.async_wait(as_result);  // out of descriptors, perhaps: do not spin
    } else if (state->has_room(state->arriving + (state->tls ? 0 : state->connections.size()))) {
      ++state->arriving;
      state->welcome(std::move(socket));
    }
  }
}

void Intake::State::welcome(tcp::socket socket) {
  ErrorCode error;
  const auto peer = socket.remote_endpoint(error);
  if (error) {
    --arriving;
    return;  // gone already
  }
  watch_for_death(socket);
  std::string name = peer.address().to_string();
  asio::co_spawn(executor,
                 tls ? serve_tls(shared_from_this(), std::move(socket), std::move(name))
                     : serve_plain(shared_from_this(), std::move(socket), std::move(name)),
                 rethrow);
}

void Intake::State::welcome(local::socket socket) {
  asio::co_spawn(executor, serve_local(shared_from_this(), std::move(socket)), rethrow);
}

asio::awaitable<void> Intake::State::serve_plain(StatePtr state, tcp::socket socket,
                                                 std::string peer) {
  --state->arriving;
  const IncomingPtr connection = state->enter(peer);
  connection->close = closer(socket);
  co_await receive(state, connection, socket);
  state->leave(connection);
}

asio::awaitable<void> Intake::State::serve_tls(StatePtr state, tcp::socket socket,
                                               std::string peer) {
  asio::ssl::stream<tcp::socket> stream(std::move(socket), *state->tls);
  asio::steady_timer timer(state->executor);
  timer.expires_after(state->options.handshake_time);
  const auto guard = std::make_shared<bool>(true);  // the stream may be gone when the timer fires
  timer.async_wait([&stream, guard](const ErrorCode& error) {
    if (!error && *guard) {
      ErrorCode ignored;
      stream.lowest_layer().close(ignored);
    }
  });
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, as_result);
  --state->arriving;
  *guard = false;
  timer.cancel();
  const std::vector<std::string>& names = state->options.listen.tls.names;
  const auto name = error ? std::nullopt : name_of_peer(stream.native_handle(), names);
  if (state->is_stopping) {
    co_return;
  }
  if (error || (!names.empty() && !name)) {
    ++state->status->unauthorized;
    state->options.warn("turned " + peer + " away from source " + state->options.name + ": " +
                        (error ? error.message() : "its certificate has none of the names"));
    co_return;
  }
  // Whoever has proven nothing yet takes no room from those who have.
  if (!state->has_room(state->connections.size())) {
    co_return;
  }
  const IncomingPtr connection = state->enter(name.value_or(peer));
  connection->close = closer(stream.lowest_layer());
  co_await receive(state, connection, stream);
  state->leave(connection);
}

asio::awaitable<void> Intake::State::serve_local(StatePtr state, local::socket socket) {
  --state->arriving;
  const IncomingPtr connection = state->enter("unix");
  connection->close = closer(socket);
  co_await receive(state, connection, socket);
  state->leave(connection);
}

namespace {

/// A regular file or /dev/null, which cannot be waited for and never makes one wait.
class ReadyInput {
 public:
  explicit ReadyInput(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  template <typename Token>
  asio::awaitable<std::tuple<ErrorCode, std::size_t>> async_read_some(asio::mutable_buffer to,
                                                                      const Token& /*token*/) {
    co_await asio::post(executor_, asio::use_awaitable);
    const ssize_t count = ::read(STDIN_FILENO, to.data(), to.size());
    if (count < 0) {
      co_return std::tuple(ErrorCode(errno, boost::system::system_category()), std::size_t{0});
    }
    co_return std::tuple(count == 0 ? ErrorCode(asio::error::eof) : ErrorCode{},
                         static_cast<std::size_t>(count));
  }

 private:
  asio::any_io_executor executor_;
};

}  // namespace

asio::awaitable<void> Intake::State::serve_stdin(StatePtr state) {
  asio::posix::stream_descriptor input(state->executor);
  ErrorCode cannot_wait;
  input.assign(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0), cannot_wait);
  const IncomingPtr connection = state->enter("stdin");
  connection->close = [&input] {
    ErrorCode ignored;
    input.close(ignored);
  };
  ErrorCode error;
  if (cannot_wait) {
    ReadyInput ready(state->executor);
    error = co_await receive(state, connection, ready);
  } else {
    error = co_await receive(state, connection, input);
  }
  if (error == asio::error::eof && !connection->splitter.rest().empty()) {
    connection->lines = std::string(connection->splitter.rest()) + "\n";
    connection->splitter = LineSplitter(state->options.longest_line);
    state->keep(connection);
  }
  while (state->spool->is_blocked() && !state->is_stopping) {
    co_await wait_for_spool(state);
  }
  ErrorCode ignored;
  input.native_non_blocking(false, ignored);  // a terminal is shared with the shell
  state->leave(connection);
  state->status->has_ended = !state->is_stopping;
}

}  // namespace noci
