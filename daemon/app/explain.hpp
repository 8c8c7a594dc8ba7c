#pragma once
// `noci explain`: what noci makes of each record of a log, one line of text or JSON each.

#include <string>

#include "app/configuration.hpp"
#include "app/exit_code.hpp"
#include "app/inputs.hpp"

namespace noci {

struct ExplainOptions {
  InputOptions input;
  ConfigOption config;  ///< none: neither geo databases nor shared addresses
  bool jsonl = false;
};

ExitCode explain(const ExplainOptions& options);

/// The flat object of one record: `line`, `kind`, `reason` where refused, and its fields.
[[nodiscard]] std::string explain_json(const Event& event);

}  // namespace noci
