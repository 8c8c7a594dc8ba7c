#pragma once
// TLS for a listener: its certificate, and which senders' certificates it believes. TLS 1.2 and
// later; no session is resumed, so every connection is checked as the first was.

#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "base/result.hpp"
#include "model/settings.hpp"

namespace noci {

/// An error names the file and what is wrong with it.
[[nodiscard]] Result<boost::asio::ssl::context> tls_server_context(const TlsSettings& settings);

/// Which of `names` the peer's certificate is for, after the handshake; nothing when none.
[[nodiscard]] std::optional<std::string> name_of_peer(SSL* connection,
                                                      const std::vector<std::string>& names);

}  // namespace noci
