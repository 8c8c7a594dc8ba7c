#pragma once
// Which clients get gzip. With `compress: true` on Synapse's listener a response is logged at its
// compressed size when its client asked for that, and no line says so; but some answers are known
// to the byte (messages_estimate.hpp), and nearly every client asks always or never. What a client
// showed last decides how its next pages are read. Only the best guess moves, never the bounds. On
// a listener that does not compress there is nothing to remember.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_set>

#include "base/bytes.hpp"
#include "model/event.hpp"

namespace noci {

class ClientEncoding {
 public:
  /// Requests in the order of their stream; estimates of clients that get gzip are made anew.
  void apply(Event& event);

  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

 private:
  /// More clients than are active at once on all but the largest servers; the oldest go first.
  static constexpr std::size_t most_clients = 4096;

  void remember(std::uint64_t client);

  std::unordered_set<std::uint64_t> gzip_;  ///< by account, address and agent
  std::deque<std::uint64_t> order_;         ///< as they were remembered; some are forgotten since
};

}  // namespace noci
