#include "model/action.hpp"

#include <algorithm>

namespace noci {

std::optional<Action> action_named(std::string_view name) {
  const auto found = std::find(action_names.begin(), action_names.end(), name);
  if (found == action_names.end()) {
    return std::nullopt;
  }
  return static_cast<Action>(found - action_names.begin());
}

}  // namespace noci
