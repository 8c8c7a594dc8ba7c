#pragma once
// `noci alerts list`, `show`, `resend` and `discard`: what became of each alert, and an operator's
// say in it. The running daemon is asked; where none runs, the database itself is read, or changed
// under its lock, which is free then. Nothing here sends: `noci alerts test` is in alerts_test.

#include <cstdint>
#include <optional>
#include <string>

#include "app/configuration.hpp"
#include "app/exit_code.hpp"

namespace noci {

struct AlertsListOptions {
  ConfigOption config;
  std::string state;
  std::string webhook;
  std::string level;
  std::optional<TimePoint> since;
  std::int64_t most = 20;
  bool jsonl = false;
};

struct AlertsShowOptions {
  ConfigOption config;
  std::string id;
  bool jsonl = false;
};

struct AlertsResendOptions {
  ConfigOption config;
  std::string id;
  bool dead = false;  ///< all dead ones, instead of an id
  std::string webhook;
};

struct AlertsDiscardOptions {
  ConfigOption config;
  std::string id;
  bool pending = false;  ///< all pending ones, instead of an id
  std::string webhook;
};

ExitCode alerts_list(const AlertsListOptions& options);
ExitCode alerts_show(const AlertsShowOptions& options);
ExitCode alerts_resend(const AlertsResendOptions& options);
ExitCode alerts_discard(const AlertsDiscardOptions& options);

}  // namespace noci
