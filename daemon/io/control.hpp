#pragma once
// The Unix socket on which the running daemon answers `noci status` and `noci why`: one request
// line, one answer, end. The socket is for its owner and group only. What is asked and answered is
// up to the handler; the client is plain blocking POSIX.

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "base/result.hpp"
#include "base/time.hpp"

namespace noci {

/// Gives the answer to a request line (without its line feed). May ask another thread first.
using ControlHandler = std::function<boost::asio::awaitable<std::string>(std::string request)>;

class ControlServer {
 public:
  ControlServer(boost::asio::any_io_executor executor, ControlHandler handler);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// A socket that a dead daemon left is replaced; one that somebody answers on is an error.
  [[nodiscard]] Result<void> listen(const std::string& path);
  /// Closes everything and removes the socket file.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Asks the daemon that listens at `path`. `timeout` bounds the whole exchange.
[[nodiscard]] Result<std::string> ask(const std::string& path, const std::string& request,
                                      Duration timeout);

}  // namespace noci
