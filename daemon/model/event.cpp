#include "model/event.hpp"

#include <algorithm>

namespace noci {

std::optional<Field> field_named(std::string_view name) {
  const auto found = std::find(field_names.begin(), field_names.end(), name);
  if (found == field_names.end()) {
    return std::nullopt;
  }
  return static_cast<Field>(found - field_names.begin());
}

bool is_number(Field field) {
  switch (field) {
    case Field::status:
    case Field::bytes:
    case Field::messages:
    case Field::messages_low:
    case Field::messages_high:
    case Field::limit:
    case Field::dbevts:
    case Field::duration:
    case Field::known_days_account:
    case Field::known_days_address:
    case Field::known_days_network:
    case Field::known_days_agent:
    case Field::travel_kmh:
      return true;
    default:
      return false;
  }
}

bool is_flag(Field field) {
  return field == Field::actor_linked || trait_of(field).has_value();
}

std::string_view name_of(Outcome outcome) {
  constexpr std::array names{std::string_view("success"), std::string_view("failure"),
                             std::string_view("aborted")};
  return names[static_cast<std::size_t>(outcome)];
}

std::string_view Event::text(Field field) const {
  switch (field) {
    case Field::homeserver:
      return homeserver;
    case Field::action:
      return name_of(action);
    case Field::outcome:
      return name_of(outcome);
    case Field::user_id:
      return user_id;
    case Field::effective_user_id:
      return effective_user_id;
    case Field::actor_id:
      return actor_id;
    case Field::actor_linked:
      return flag_text(actor_linked);
    case Field::server_name:
      return server_name;
    case Field::source_ip:
      return source_ip;
    case Field::source_network:
      return source_network;
    case Field::source_country:
      return source_country;
    case Field::source_as:
      return source_as;
    case Field::source_as_name:
      return source_as_name;
    case Field::user_agent:
      return user_agent;
    case Field::method:
      return method;
    case Field::path:
      return path;
    case Field::room_id:
      return room_id;
    case Field::media_id:
      return media_id;
    case Field::target_user_id:
      return target_user_id;
    case Field::target_server:
      return target_server;
    case Field::messages_basis:
      return messages_basis == MessagesBasis::exact      ? "exact"
             : messages_basis == MessagesBasis::estimate ? "estimate"
                                                         : "";
    case Field::log_source:
      return log_source;
    case Field::log_worker:
      return log_worker;
    case Field::request_id:
      return request_id;
    default:
      break;
  }
  const auto trait = trait_of(field);
  return trait ? flag_text(novelty.of(*trait)) : std::string_view();
}

std::optional<std::int64_t> Event::number(Field field) const {
  switch (field) {
    case Field::status:
      return status;
    case Field::bytes:
      return bytes;
    case Field::messages:
      return messages;
    case Field::messages_low:
      return messages_low;
    case Field::messages_high:
      return messages_high;
    case Field::limit:
      return limit;
    case Field::dbevts:
      return dbevts;
    case Field::duration:
      return duration;
    case Field::known_days_account:
      return known_days_account;
    case Field::known_days_address:
      return known_days_address;
    case Field::known_days_network:
      return known_days_network;
    case Field::known_days_agent:
      return known_days_agent;
    case Field::travel_kmh:
      return travel_kmh;
    default:
      return std::nullopt;
  }
}

}  // namespace noci
