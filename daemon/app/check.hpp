#pragma once
// `noci check`: everything that could keep the daemon from working, said at once: faults of
// settings, rules and lists, tests of rules that fail, logs that cannot be read (with the setfacl
// line that helps), directories that cannot be written, webhooks without their secret.

#include "app/configuration.hpp"
#include "app/exit_code.hpp"

namespace noci {

struct CheckOptions {
  ConfigOption config;
};

ExitCode check(const CheckOptions& options);

}  // namespace noci
