#pragma once
// Signatures of Standard Webhooks 1.0, scheme v1: HMAC-SHA256 over `id.timestamp.body`, so that a
// receiver knows who sent a request and that it is neither changed nor replayed.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace noci {

/// `whsec_` and base64 of 24 to 64 bytes, blanks around it ignored; gives the bytes. An error
/// never repeats the secret.
[[nodiscard]] Result<std::string> parse_secret(std::string_view text);

/// The value of the `webhook-signature` header: `v1,` and base64. `timestamp` is in unix seconds
/// and belongs to the attempt, so each retry is signed anew.
[[nodiscard]] std::string sign(std::string_view key, std::string_view id, std::int64_t timestamp,
                               std::string_view body);

}  // namespace noci
