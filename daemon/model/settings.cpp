#include "model/settings.hpp"

namespace noci {

std::string Fault::to_string() const {
  std::string text = file;
  if (line > 0) {
    text += ":" + std::to_string(line) + ":" + std::to_string(column);
  }
  text += ": " + what;
  if (!help.empty()) {
    text += "; " + help;
  }
  return text;
}

}  // namespace noci
