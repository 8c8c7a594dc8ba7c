#pragma once
// Questions to the running daemon over a Unix socket (`noci status`, `noci why`): one line in, one
// answer out, end. What is asked and answered is app's.

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "base/result.hpp"
#include "base/time.hpp"

namespace noci {

class ControlServer {
 public:
  using Handler = std::function<boost::asio::awaitable<std::string>(std::string question)>;

  ControlServer(boost::asio::io_context& context, Handler handler);
  ~ControlServer();

  /// Mode 0660. A socket file that nobody listens on is replaced, one in use is an error.
  [[nodiscard]] Result<void> listen(const std::string& path);

 private:
  class Acceptor;
  std::shared_ptr<Acceptor> acceptor_;
};

/// Asks and waits for the answer. An error says whether nobody listens or who may not ask.
[[nodiscard]] Result<std::string> ask(const std::string& path, const std::string& question,
                                      Duration patience);

}  // namespace noci
