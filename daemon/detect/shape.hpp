#pragma once
// What can be told of an event before any of its texts is read: its action, its outcome, and which
// fields it has. Most selections are decided by that alone, the same for all events of a shape.

#include <cstdint>
#include <optional>

#include "model/event.hpp"

namespace noci::detect {

/// One bit for each field.
using FieldSet = std::uint64_t;
static_assert(field_count <= 64);

[[nodiscard]] constexpr FieldSet bit_of(Field field) {
  return FieldSet{1} << static_cast<unsigned>(field);
}

struct Shape {
  Action action = Action::unknown;
  std::optional<Outcome> outcome;  ///< unset: not known
  FieldSet known = 0;              ///< fields of which is known whether the event has them …
  FieldSet present = 0;            ///< … and of these, those that it has
};

/// The fields that an event has; no other has a bit.
[[nodiscard]] FieldSet fields_of(const Event& event);

}  // namespace noci::detect
