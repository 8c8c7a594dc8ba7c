#include "model/event_fields.hpp"

#include <string>

#include "support/catch.hpp"

using namespace noci;

TEST_CASE("every field of an event but its time can be set from what it says") {
  for (std::size_t i = 0; i < field_count; ++i) {
    const auto field = static_cast<Field>(i);
    if (field == Field::timestamp) {
      continue;
    }
    CAPTURE(name_of(field));
    const std::string text = field == Field::action           ? "room_join"
                             : field == Field::outcome        ? "aborted"
                             : field == Field::messages_basis ? "exact"
                             : is_flag(field)                 ? "true"
                             : is_number(field)               ? "42"
                                                              : "some text";
    Event event;
    set_field(event, field, text);
    if (is_number(field)) {
      REQUIRE(event.number(field) == 42);
    } else {
      REQUIRE(event.text(field) == text);
    }
  }
}

TEST_CASE("what is no number, action or outcome changes nothing") {
  Event event;
  for (const char* text : {"", "x", "4x", "99999999999999999999"}) {
    set_field(event, Field::bytes, text);
    set_field(event, Field::action, text);
    set_field(event, Field::outcome, text);
  }
  REQUIRE_FALSE(event.bytes.has_value());
  REQUIRE(event.action == Action::unknown);
  REQUIRE(event.outcome == Outcome::success);
}

TEST_CASE("names of fields, kinds and actions are found again") {
  for (std::size_t i = 0; i < field_count; ++i) {
    REQUIRE(field_named(field_names[i]) == static_cast<Field>(i));
  }
  for (std::size_t i = 0; i < action_count; ++i) {
    REQUIRE(action_named(action_names[i]) == static_cast<Action>(i));
  }
  REQUIRE_FALSE(field_named("user").has_value());
  REQUIRE_FALSE(action_named("room_jion").has_value());
}
