#pragma once
// Sends one HTTP or HTTPS request and gives the answer. Promises: certificate and host name are
// checked, nothing older than TLS 1.2, no redirect is followed, one time limit covers everything
// from name resolution to the last byte, and a large answer is cut without being read. Errors name
// the origin and never the path, which may hold a secret. What an answer means is notify's matter.

#include <cstddef>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "base/http.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace noci {

struct FetchOptions {
  Duration timeout = std::chrono::seconds{20};
  std::size_t max_body = 64 * 1024;  ///< the answer's body is cut here
  std::string ca_file;               ///< PEM certificates trusted beside the system's
};

/// Runs on the executor of the awaiting coroutine, which must be that of one thread.
[[nodiscard]] boost::asio::awaitable<Result<HttpResponse>> fetch(HttpRequest request,
                                                                 FetchOptions options);

}  // namespace noci
