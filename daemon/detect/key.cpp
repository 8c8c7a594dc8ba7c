#include "detect/key.hpp"

#include <string>

#include "base/bytes.hpp"
#include "model/event_fields.hpp"

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

std::string_view homeserver_of(std::string_view key) {
  return ByteReader(key).text();
}

Event key_as_event(std::string_view key, const std::vector<Field>& group_by) {
  ByteReader in(key);
  Event event;
  event.homeserver = in.text();
  for (const Field field : group_by) {
    set_field(event, field, in.text());
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
