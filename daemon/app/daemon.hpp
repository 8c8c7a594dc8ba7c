#pragma once
// `noci run`: composition of the daemon. Two threads: analysis (sources → pipeline) and delivery
// (database, webhooks, HTTP, signals); one bounded channel of effects one way, small posted
// messages the other.

#include "app/configuration.hpp"
#include "app/exit_code.hpp"

namespace noci {

struct RunOptions {
  ConfigOption config;
};

ExitCode run_daemon(const RunOptions& options);

}  // namespace noci
