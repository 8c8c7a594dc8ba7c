#pragma once
// How many messages a response delivered, where Synapse does not say: from the bytes sent, the
// limit asked for and the kind of endpoint. low ≤ truth ≤ high is argued from what an event can
// weigh, best from what events do weigh; docs/events.md has the reasons and the measurements. State
// and members are metadata, not messages. Pure; an exact count from another line comes before it.

#include <cstdint>
#include <optional>
#include <string_view>

#include "parse/endpoint.hpp"

namespace noci {

struct MessagesEstimate {
  std::int64_t best = 0;
  std::int64_t low = 0;
  std::int64_t high = 0;

  bool operator==(const MessagesEstimate&) const = default;
};

/// How a body was sent. With `compress: true` on Synapse's listener a client that asks for gzip
/// gets it and the log has the compressed size; one line does not tell.
enum class Encoding : std::uint8_t { unknown, plain, gzip };

/// Unset when the action never delivers messages. HEAD requests and failures deliver none; an
/// abandoned request (499) delivered at most what its bytes say. `bytes` is the body as logged,
/// `query` the URI's, of which a sync's filter matters. An unknown encoding counts as plain for
/// the best guess, and as either for the bounds.
[[nodiscard]] std::optional<MessagesEstimate> estimate_messages(
    const Endpoint& endpoint, std::string_view method, std::string_view query, std::int64_t status,
    std::int64_t bytes, Encoding encoding = Encoding::unknown);

/// What a response whose plain body is known to the byte tells about its client: most clients ask
/// for gzip always or never. `unknown` for every other response.
[[nodiscard]] Encoding encoding_shown_by(const Endpoint& endpoint, std::string_view method,
                                         std::int64_t status, std::int64_t bytes);

}  // namespace noci
