#include "parse/client_encoding.hpp"

#include <string>

#include "base/hash.hpp"
#include "parse/messages_estimate.hpp"

namespace noci {
namespace {

/// At most most_clients are kept, and a collision only misleads a guess: the seed may be known.
std::uint64_t client_of(const Event& event) {
  std::string key;
  for (const std::string_view part : {event.user_id, event.source_ip, event.user_agent}) {
    key.append(part).push_back('\0');
  }
  return siphash(key, HashSeed{});
}

Endpoint endpoint_of(const Event& event) {
  Endpoint endpoint;
  endpoint.action = event.action;
  endpoint.room_id = event.room_id;
  endpoint.limit = event.limit;
  return endpoint;
}

}  // namespace

void ClientEncoding::apply(Event& event) {
  if (event.kind != Kind::request || !event.status || !event.bytes) {
    return;
  }
  const Encoding shown =
      encoding_shown_by(endpoint_of(event), event.method, *event.status, *event.bytes);
  if (shown == Encoding::gzip) {
    remember(client_of(event));
  } else if (shown == Encoding::plain && !gzip_.empty()) {
    gzip_.erase(client_of(event));
  }
  if (event.messages_basis != MessagesBasis::estimate || gzip_.empty() ||
      !gzip_.contains(client_of(event))) {
    return;
  }
  if (const auto estimate = estimate_messages(endpoint_of(event), event.method, event.query,
                                              *event.status, *event.bytes, Encoding::gzip)) {
    event.messages = estimate->best;
  }
}

void ClientEncoding::remember(std::uint64_t client) {
  if (!gzip_.insert(client).second) {
    return;
  }
  order_.push_back(client);
  if (order_.size() > most_clients) {
    gzip_.erase(order_.front());
    order_.pop_front();
  }
}

void ClientEncoding::save(ByteWriter& out) const {
  out.number(order_.size());
  for (const std::uint64_t client : order_) {
    out.fixed64(client);
    out.number(gzip_.contains(client) ? 1 : 0);
  }
}

void ClientEncoding::restore(ByteReader& in) {
  gzip_.clear();
  order_.clear();
  const std::uint64_t count = in.count();
  for (std::uint64_t i = 0; i < count && in.ok() && order_.size() < most_clients; ++i) {
    order_.push_back(in.fixed64());
    if (in.number() == 1) {
      gzip_.insert(order_.back());
    }
  }
}

}  // namespace noci
