#pragma once
// `noci replay`: the daemon's pipeline over finished logs. Same records, same rules, same alerts;
// only the store id is nil and the end of input resolves nothing.

#include <string>

#include "app/configuration.hpp"
#include "app/exit_code.hpp"
#include "app/inputs.hpp"

namespace noci {

struct ReplayOptions {
  ConfigOption config;
  std::string rules_dir;    ///< empty: the settings'
  std::string lists_dir;    ///< empty: rules_dir/lists
  std::string limits_file;  ///< empty: the settings', unless there is a rules_dir
  InputOptions input;
  bool jsonl = false;
};

ExitCode replay(const ReplayOptions& options);

}  // namespace noci
