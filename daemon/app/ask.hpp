#pragma once
// `noci status` and `noci why KEY`: questions to the running daemon over its control socket.

#include <string>

#include "app/configuration.hpp"
#include "app/exit_code.hpp"

namespace noci {

struct StatusOptions {
  ConfigOption config;
  bool json = false;
};

struct WhyOptions {
  ConfigOption config;
  std::string key;
  bool json = false;
};

ExitCode status(const StatusOptions& options);
ExitCode why(const WhyOptions& options);

}  // namespace noci
