#pragma once
// The small HTTP server behind /metrics: GET and HEAD, a handler that answers at once, and limits
// on everything a client chooses (connections, header size, time).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "base/http.hpp"
#include "base/result.hpp"

namespace noci {

class HttpServer {
 public:
  using Handler = std::function<HttpResponse(std::string_view method, std::string_view target)>;

  HttpServer(boost::asio::io_context& context, Handler handler);
  ~HttpServer();

  /// Port 0: any that is free. An error names the address and what to do.
  [[nodiscard]] Result<void> listen(const std::string& address, std::uint16_t port);
  /// The port that is listened on.
  [[nodiscard]] std::uint16_t port() const;

 private:
  class Acceptor;
  std::shared_ptr<Acceptor> acceptor_;
};

}  // namespace noci
