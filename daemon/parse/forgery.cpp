#include "parse/forgery.hpp"

#include <functional>

namespace noci {

void forge(Event& event, std::string_view reason) {
  Event forged;
  forged.timestamp = event.timestamp;
  forged.kind = Kind::forged;
  forged.action = Action::log_forgery;
  forged.outcome = Outcome::failure;
  forged.reason = reason;
  forged.homeserver = event.homeserver;
  forged.target_user_id = event.user_id.empty() ? event.target_user_id : event.user_id;
  forged.log_source = event.log_source;
  forged.log_worker = event.log_worker;
  forged.request_id = event.request_id;
  forged.source = event.source;
  forged.position = event.position;
  event = forged;
}

std::uint64_t fingerprint_of(const Event& event) {
  const std::hash<std::string_view> hash;
  std::uint64_t value = hash(event.path) * 31 + hash(event.user_id);
  value = value * 31 + hash(event.source_ip);
  value = value * 31 + static_cast<std::uint64_t>(event.bytes.value_or(-1));
  return value * 31 + static_cast<std::uint64_t>(event.status.value_or(-1));
}

std::string_view reason_of(Fit fit) {
  switch (fit) {
    case Fit::copy:
      return "duplicate";
    case Fit::reused:
      return "request_id_reused";
    case Fit::range:
      return "request_id_range";
    default:
      return "time";
  }
}

void set_aside_copy(Event& event) {
  forge(event, reason_of(Fit::copy));
  event.kind = Kind::ignored;
  event.action = Action::unknown;
  event.target_user_id = {};
}

}  // namespace noci
