#pragma once
// HTTP messages as values: what notify/ produces and judges, and what io/ sends and receives.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace noci {

struct Url {
  bool tls = false;
  std::string host;  ///< without brackets for IPv6
  std::uint16_t port = 80;
  std::string target = "/";  ///< path and query
  [[nodiscard]] std::string origin()
      const;  ///< `https://host:port`, safe to log (no path, no secret)
};

/// Only http and https, no credentials in the URL. False when it cannot be used.
[[nodiscard]] bool parse_url(const std::string& text, Url& url);

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  Url url;
  std::string method = "POST";
  Headers headers;
  std::string body;
};

struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;  ///< cut at what the client was told to read
};

}  // namespace noci
