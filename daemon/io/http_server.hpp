#pragma once
// A small HTTP server for what the daemon shows: metrics and health. GET and HEAD only, everything
// bounded: connections, header size, time. What is shown is up to the handler, which runs on the
// server's executor and must be quick.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include "base/http.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace noci {

/// `target`: path and query as they came. The answer's body is left out for HEAD by the server.
using HttpHandler = std::function<HttpResponse(std::string_view method, std::string_view target)>;

struct HttpLimits {
  std::size_t connections = 64;  ///< more are refused with 503
  std::uint32_t header_size = 8 * 1024;
  Duration idle = std::chrono::seconds{10};  ///< for one request to come or one answer to leave
};

class HttpServer {
 public:
  /// The executor must be that of one thread; listen() and stop() belong to it, too.
  HttpServer(boost::asio::any_io_executor executor, HttpHandler handler, HttpLimits limits = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// `port` 0: any free one, which port() tells.
  [[nodiscard]] Result<void> listen(const std::string& address, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const;
  /// Closes the listener and every connection.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace noci
