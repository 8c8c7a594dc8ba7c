#include "parse/forgery.hpp"

#include <array>

#include "base/hash.hpp"

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
  std::uint64_t value = quick_hash(event.path);
  value = quick_hash(event.user_id, value);
  value = quick_hash(event.source_ip, value);
  const std::array numbers{event.bytes.value_or(-1), event.status.value_or(-1)};
  return quick_hash({reinterpret_cast<const char*>(numbers.data()), sizeof numbers}, value);
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
