#include "model/alert.hpp"

#include <array>

namespace noci {

std::string_view name_of(AlertStatus status) {
  constexpr std::array names{std::string_view("firing"),  std::string_view("escalated"),
                             std::string_view("updated"), std::string_view("resolved"),
                             std::string_view("test"),    std::string_view("info")};
  return names[static_cast<std::size_t>(status)];
}

std::string_view name_of(DigestReason reason) {
  return reason == DigestReason::late ? "late" : "suppressed";
}

std::string Alert::event_id() const {
  return alert_id + "-" + std::to_string(sequence);
}

std::string Alert::key_text() const {
  std::string text;
  for (const auto& [field, value] : key) {
    text += (text.empty() ? "" : " ") + value;
  }
  return text;
}

}  // namespace noci
