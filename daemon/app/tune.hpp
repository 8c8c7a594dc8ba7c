#pragma once
// `noci tune`: the operator's own logs through the rules, and what they say about the limits: how
// high each key came, who would have alerted, how much room is left, numbers that would fit, and
// when thefts laid over the same traffic would be found (tune_thefts.hpp).

#include <string>

#include "app/configuration.hpp"
#include "app/exit_code.hpp"
#include "app/inputs.hpp"

namespace noci {

struct TuneOptions {
  ConfigOption config;
  std::string rules_dir;    ///< empty: the settings'
  std::string lists_dir;    ///< empty: rules_dir/lists
  std::string limits_file;  ///< empty: the settings', unless there is a rules_dir
  InputOptions input;
  double target = 1;  ///< alerts a day that somebody will look at
  bool jsonl = false;
  std::string write;  ///< where the proposed limits go; empty: nowhere
};

ExitCode tune(const TuneOptions& options);

}  // namespace noci
