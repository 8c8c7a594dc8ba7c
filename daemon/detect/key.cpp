#include "detect/key.hpp"

#include <charconv>

#include "base/bytes.hpp"

namespace noci::detect {
namespace {

void append(std::string& key, std::string_view value) {
  std::size_t length = value.size();
  while (length >= 0x80) {
    key.push_back(static_cast<char>(length | 0x80));
    length >>= 7;
  }
  key.push_back(static_cast<char>(length));
  key.append(value);
}

void set_text(Event& event, Field field, std::string_view value) {
  switch (field) {
    case Field::homeserver:
      event.homeserver = value;
      break;
    case Field::action:
      event.action = action_named(value).value_or(Action::unknown);
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
    case Field::server_name:
      event.server_name = value;
      break;
    case Field::source_ip:
      event.source_ip = value;
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
      break;
  }
}

void set_number(Event& event, Field field, std::string_view value) {
  std::int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
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
    default:
      break;
  }
}

}  // namespace

bool make_key(const Event& event, const std::vector<Field>& group_by, std::string& key) {
  key.clear();
  append(key, event.homeserver);
  for (const Field field : group_by) {
    if (is_number(field)) {
      const auto number = event.number(field);
      if (!number) {
        return false;
      }
      append(key, std::to_string(*number));
      continue;
    }
    const std::string_view text = event.text(field);
    if (text.empty()) {
      return false;
    }
    append(key, text);
  }
  return true;
}

std::vector<std::pair<Field, std::string>> key_values(std::string_view key,
                                                      const std::vector<Field>& group_by) {
  ByteReader in(key);
  (void)in.text();
  std::vector<std::pair<Field, std::string>> values;
  values.reserve(group_by.size());
  for (const Field field : group_by) {
    values.emplace_back(field, in.text());
  }
  return values;
}

Event key_as_event(std::string_view key, const std::vector<Field>& group_by) {
  ByteReader in(key);
  Event event;
  event.homeserver = in.text();
  for (const Field field : group_by) {
    const std::string_view value = in.text();
    if (is_number(field)) {
      set_number(event, field, value);
    } else {
      set_text(event, field, value);
    }
  }
  return event;
}

bool is_key(std::string_view key, std::size_t values) {
  ByteReader in(key);
  for (std::size_t i = 0; i <= values; ++i) {
    (void)in.text();
  }
  return in.ok() && in.at_end();
}

}  // namespace noci::detect
