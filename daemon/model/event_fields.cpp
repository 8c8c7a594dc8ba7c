#include "model/event_fields.hpp"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace noci {
namespace {

void set_text(Event& event, Field field, std::string_view value) {
  switch (field) {
    case Field::homeserver:
      event.homeserver = value;
      break;
    case Field::action:
      event.action = action_named(value).value_or(event.action);
      break;
    case Field::outcome:
      for (const Outcome outcome : {Outcome::success, Outcome::failure, Outcome::aborted}) {
        event.outcome = name_of(outcome) == value ? outcome : event.outcome;
      }
      break;
    case Field::user_id:
      event.user_id = value;
      break;
    case Field::effective_user_id:
      event.effective_user_id = value;
      break;
    case Field::actor_id:
      event.actor_id = value;
      break;
    case Field::actor_linked:
      event.actor_linked = value == "true";
      break;
    case Field::server_name:
      event.server_name = value;
      break;
    case Field::source_ip:
      event.source_ip = value;
      break;
    case Field::source_network:
      event.source_network = value;
      break;
    case Field::source_country:
      event.source_country = value;
      break;
    case Field::source_as:
      event.source_as = value;
      break;
    case Field::source_as_name:
      event.source_as_name = value;
      break;
    case Field::user_agent:
      event.user_agent = value;
      break;
    case Field::method:
      event.method = value;
      break;
    case Field::path:
      event.path = value;
      break;
    case Field::room_id:
      event.room_id = value;
      break;
    case Field::media_id:
      event.media_id = value;
      break;
    case Field::target_user_id:
      event.target_user_id = value;
      break;
    case Field::target_server:
      event.target_server = value;
      break;
    case Field::messages_basis:
      event.messages_basis = value == "exact" ? MessagesBasis::exact : MessagesBasis::estimate;
      break;
    case Field::log_source:
      event.log_source = value;
      break;
    case Field::log_worker:
      event.log_worker = value;
      break;
    case Field::request_id:
      event.request_id = value;
      break;
    default:
      if (const auto trait = trait_of(field)) {
        event.novelty.set(*trait, value == "true");
      }
      break;
  }
}

void set_number(Event& event, Field field, std::string_view value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) {
    return;
  }
  switch (field) {
    case Field::status:
      event.status = number;
      break;
    case Field::bytes:
      event.bytes = number;
      break;
    case Field::messages:
      event.messages = number;
      break;
    case Field::messages_low:
      event.messages_low = number;
      break;
    case Field::messages_high:
      event.messages_high = number;
      break;
    case Field::limit:
      event.limit = number;
      break;
    case Field::dbevts:
      event.dbevts = number;
      break;
    case Field::duration:
      event.duration = number;
      break;
    case Field::known_days_account:
      event.known_days_account = number;
      break;
    case Field::known_days_address:
      event.known_days_address = number;
      break;
    case Field::known_days_network:
      event.known_days_network = number;
      break;
    case Field::known_days_agent:
      event.known_days_agent = number;
      break;
    case Field::travel_kmh:
      event.travel_kmh = number;
      break;
    default:
      break;
  }
}

}  // namespace

void set_field(Event& event, Field field, std::string_view text) {
  if (is_number(field)) {
    set_number(event, field, text);
  } else {
    set_text(event, field, text);
  }
}

}  // namespace noci
