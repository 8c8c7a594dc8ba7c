#pragma once
// One HTTP or HTTPS request and its answer. Receivers may be slow, dead or lying: one timeout covers
// everything from the name look-up to the last byte, answers are cut at `max_body` without reading
// on, redirects are answers like any other. TLS 1.2 or newer, the certificate must be trusted and
// bear the host's name. Errors name the origin and never the path, which may be a secret.

#include <cstddef>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "base/http.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace noci {

struct FetchOptions {
  Duration timeout = std::chrono::seconds{20};
  std::size_t max_body = std::size_t{64} << 10;
  std::string ca_file;  ///< PEM, trusted beside the system's certificates
};

[[nodiscard]] boost::asio::awaitable<Result<HttpResponse>> fetch(HttpRequest request,
                                                                 FetchOptions options);

}  // namespace noci
