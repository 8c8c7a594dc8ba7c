#include "model/rule.hpp"

#include <algorithm>
#include <array>

namespace noci {
namespace {

constexpr std::array level_names{std::string_view("informational"), std::string_view("low"),
                                 std::string_view("medium"), std::string_view("high"),
                                 std::string_view("critical")};

}  // namespace

std::string_view name_of(Level level) {
  return level_names[static_cast<std::size_t>(level)];
}

std::optional<Level> level_named(std::string_view name) {
  const auto found = std::find(level_names.begin(), level_names.end(), name);
  if (found == level_names.end()) {
    return std::nullopt;
  }
  return static_cast<Level>(found - level_names.begin());
}

std::string_view name_of(Mode mode) {
  constexpr std::array names{std::string_view("enforce"), std::string_view("simulate"),
                             std::string_view("off")};
  return names[static_cast<std::size_t>(mode)];
}

std::string_view name_of(LimitType type) {
  constexpr std::array names{std::string_view("event_count"),      std::string_view("value_sum"),
                             std::string_view("value_count"),      std::string_view("temporal"),
                             std::string_view("temporal_ordered"), std::string_view("baseline")};
  return names[static_cast<std::size_t>(type)];
}

std::string_view name_of(Compare compare) {
  return compare == Compare::gt ? "gt" : "gte";
}

}  // namespace noci
