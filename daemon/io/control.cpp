#include "io/control.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/file_descriptor.hpp"

namespace noci {
namespace {

using boost::asio::awaitable;
using Protocol = boost::asio::local::stream_protocol;
constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

constexpr std::size_t longest_question = 64 * 1024;
constexpr std::size_t longest_answer = std::size_t{64} << 20;
constexpr Duration question_timeout = std::chrono::seconds{5};
/// Questions under way; an operator and a monitoring script need two.
constexpr int most_sessions = 16;

void rethrow(std::exception_ptr error) {
  if (error) {
    std::rethrow_exception(error);
  }
}

bool address_of(const std::string& path, sockaddr_un& address) {
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return false;
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return true;
}

/// A connected socket, or errno.
Result<FileDescriptor> connect_to(const std::string& path) {
  sockaddr_un address{};
  if (!address_of(path, address)) {
    return failure("the path is longer than a Unix socket's may be");
  }
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open() ||
      connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return system_failure("", errno);
  }
  return socket;
}

}  // namespace

class ControlServer::Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(boost::asio::io_context& context, Handler handler)
      : context_(context), acceptor_(context), handler_(std::move(handler)) {}

  ~Acceptor() {
    if (!path_.empty()) {
      unlink(path_.c_str());
    }
  }

  Result<void> listen(const std::string& path) {
    sockaddr_un unused{};
    if (!address_of(path, unused)) {
      return failure("cannot listen on " + path + ": it is longer than a Unix socket's path may be");
    }
    if (connect_to(path)) {
      return failure("cannot listen on " + path + ": another noci answers there");
    }
    struct stat status {};
    if (lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
      unlink(path.c_str());
    }
    boost::system::error_code error;
    acceptor_.open(Protocol{}, error);
    const mode_t before = umask(0117);
    if (!error) {
      acceptor_.bind(Protocol::endpoint(path), error);
    }
    umask(before);
    if (!error) {
      acceptor_.listen(most_sessions, error);
    }
    if (error) {
      return failure("cannot listen on " + path + ": " + error.message());
    }
    path_ = path;
    boost::asio::co_spawn(context_, accept(shared_from_this()), rethrow);
    return {};
  }

  void close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  static awaitable<void> accept(std::shared_ptr<Acceptor> self) {
    for (;;) {
      auto [error, socket] = co_await self->acceptor_.async_accept(as_result);
      if (error == boost::asio::error::operation_aborted || !self->acceptor_.is_open()) {
        co_return;
      }
      if (!error && self->sessions_ < most_sessions) {
        ++self->sessions_;
        boost::asio::co_spawn(self->context_, serve(self, std::move(socket)), rethrow);
      } else if (error) {
        // Out of descriptors: leave the others alone for a moment.
        boost::asio::steady_timer timer(self->context_, std::chrono::milliseconds{100});
        co_await timer.async_wait(as_result);
      }
    }
  }

  static awaitable<void> serve(std::shared_ptr<Acceptor> self, Protocol::socket socket) {
    using namespace boost::asio::experimental::awaitable_operators;
    boost::asio::streambuf input(longest_question);
    boost::asio::steady_timer timer(self->context_, question_timeout);
    const auto result = co_await (boost::asio::async_read_until(socket, input, '\n', as_result) ||
                                  timer.async_wait(as_result));
    if (result.index() == 0 && !std::get<0>(std::get<0>(result))) {
      const auto bytes = input.data();
      std::string question(boost::asio::buffers_begin(bytes),
                           boost::asio::buffers_begin(bytes) +
                               static_cast<std::ptrdiff_t>(std::get<1>(std::get<0>(result))) - 1);
      std::string answer = co_await self->handler_(std::move(question));
      answer += '\n';
      timer.expires_after(question_timeout);
      co_await (boost::asio::async_write(socket, boost::asio::buffer(answer), as_result) ||
                timer.async_wait(as_result));
    }
    --self->sessions_;
  }

  boost::asio::io_context& context_;
  Protocol::acceptor acceptor_;
  Handler handler_;
  std::string path_;
  int sessions_ = 0;
};

ControlServer::ControlServer(boost::asio::io_context& context, Handler handler)
    : acceptor_(std::make_shared<Acceptor>(context, std::move(handler))) {}

ControlServer::~ControlServer() { acceptor_->close(); }

Result<void> ControlServer::listen(const std::string& path) { return acceptor_->listen(path); }

Result<std::string> ask(const std::string& path, const std::string& question, Duration patience) {
  auto socket = connect_to(path);
  if (!socket) {
    return failure("cannot ask the daemon at " + path + socket.error().what +
                   "; is `noci run` running, and may this user talk to it?");
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(patience);
  const timeval timeout{seconds.count(), 0};
  setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  const std::string line = question + "\n";
  if (send(socket->get(), line.data(), line.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(line.size())) {
    return system_failure("cannot ask the daemon at " + path, errno);
  }
  std::string answer;
  std::string block(64 * 1024, '\0');
  for (;;) {
    const ssize_t count = recv(socket->get(), block.data(), block.size(), 0);
    if (count < 0) {
      return system_failure("the daemon at " + path + " did not answer", errno);
    }
    if (count == 0) {
      break;
    }
    answer.append(block, 0, static_cast<std::size_t>(count));
    if (answer.size() > longest_answer) {
      return failure("the daemon at " + path + " gave an answer that is too large");
    }
  }
  return answer;
}

}  // namespace noci
