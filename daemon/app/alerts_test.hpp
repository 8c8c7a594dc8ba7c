#pragma once
// `noci alerts test`: one test alert to each webhook, at once and past the outbox, and what the
// receiver said.

#include <string>

#include "app/configuration.hpp"
#include "app/exit_code.hpp"

namespace noci {

struct AlertsTestOptions {
  ConfigOption config;
  std::string webhook;  ///< empty: all
};

ExitCode alerts_test(const AlertsTestOptions& options);

}  // namespace noci
