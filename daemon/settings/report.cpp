#include "settings/report.hpp"

#include <utility>

#include "base/text.hpp"

namespace noci {
namespace {

std::string with_code(const std::string& what, std::string_view code) {
  return what + " [" + std::string(code) + "]";
}

}  // namespace

Report::Report(std::string file, Faults& faults, Faults& warnings)
    : file_(std::move(file)), faults_(faults), warnings_(warnings) {}

void Report::fault(Place at, std::string_view code, const std::string& what, std::string help) {
  ++counted_;
  if (counted_ <= most_kept) {
    faults_.push_back({file_, at.line, at.column, with_code(what, code), std::move(help)});
  } else if (counted_ == most_kept + 1) {
    faults_.push_back({file_, at.line, at.column,
                       with_code("more than " + std::to_string(most_kept) + " faults", "too-many"),
                       "repair these first; the rest of the file's faults are not shown"});
  }
}

void Report::warn(Place at, std::string_view code, const std::string& what, std::string help) {
  if (++warned_ <= most_kept) {
    warnings_.push_back({file_, at.line, at.column, with_code(what, code), std::move(help)});
  }
}

std::string cite(std::string_view text) {
  return "'" + printable(text, 80) + "'";
}

}  // namespace noci
