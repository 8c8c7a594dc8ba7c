#pragma once
// The way back from text: a field of an event set from what Event::text or a number's digits say.
// For keys that become events again and for the events of rule tests; parsers set members.

#include <string_view>

#include "model/event.hpp"

namespace noci {

/// The event views `text`. What is no number, action or outcome leaves the field as it is;
/// @timestamp is set by its owner.
void set_field(Event& event, Field field, std::string_view text);

}  // namespace noci
