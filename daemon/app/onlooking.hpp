#pragma once
// What the verbs that only look know beside the logs: where settings are named, their geo databases
// and shared addresses; without any, neither.

#include <optional>

#include "app/configuration.hpp"
#include "app/exit_code.hpp"
#include "app/input_logs.hpp"
#include "pipeline/onlooker.hpp"

namespace noci {

/// Prints what is wrong with the settings and says how to end.
[[nodiscard]] std::optional<Onlooker> onlooker_for(const ConfigOption& config,
                                                   const InputLogs& inputs, ExitCode& code);

}  // namespace noci
