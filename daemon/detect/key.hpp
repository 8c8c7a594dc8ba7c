#pragma once
// Whom an event is about: the homeserver it came from (always, so that several homeservers in one
// noci never mix) and the values of the group-by fields, as one string of bytes.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/event.hpp"

namespace noci::detect {

/// Fills `key`; false when the event lacks one of the fields.
[[nodiscard]] bool make_key(const Event& event, const std::vector<Field>& group_by,
                            std::string& key);
/// The group-by fields and their values, without the implicit homeserver.
[[nodiscard]] std::vector<std::pair<Field, std::string>> key_values(
    std::string_view key, const std::vector<Field>& group_by);
/// The implicit homeserver; a view into `key`.
[[nodiscard]] std::string_view homeserver_of(std::string_view key);
/// An event that has nothing but the fields of the key; its views are into `key`.
[[nodiscard]] Event key_as_event(std::string_view key, const std::vector<Field>& group_by);
/// Whether the bytes are a key of so many values.
[[nodiscard]] bool is_key(std::string_view key, std::size_t values);

}  // namespace noci::detect
