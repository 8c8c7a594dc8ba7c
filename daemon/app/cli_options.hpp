#pragma once
// What the verbs of the command line share: how one is declared, and the options that several of
// them take, so that these are spelt and explained alike everywhere.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/configuration.hpp"
#include "app/exit_code.hpp"
#include "app/inputs.hpp"
#include "base/time.hpp"

namespace noci {

/// What runs once the command line is understood.
using Verb = std::function<ExitCode()>;

/// Declares one verb: `add_<verb>` adds its options to the tree and, when it is chosen, leaves
/// what to run in `verb`. Options live as long as the tree, in a shared struct.
template <typename Options>
std::shared_ptr<Options> options_for(CLI::App& command, Verb& verb,
                                     ExitCode (*run)(const Options&)) {
  auto options = std::make_shared<Options>();
  command.callback([options, &verb, run] { verb = [options, run] { return run(*options); }; });
  return options;
}

void add_config(CLI::App& command, ConfigOption& config);

/// Of verbs that need none.
void add_known_by(CLI::App& command, ConfigOption& config);

/// The logs to read; `paths` is an option's name, or PATH for arguments without one.
void add_input(CLI::App& command, InputOptions& input, const std::string& paths = "PATH");

void add_time(CLI::App& command, const std::string& name, std::optional<TimePoint>& value,
              const std::string& description);

template <typename Enum>
void add_choice(CLI::App& command, const std::string& name, Enum& value,
                const std::vector<std::pair<std::string, Enum>>& choices,
                const std::string& description) {
  std::string names;
  for (const auto& [word, choice] : choices) {
    names += (names.empty() ? "" : "|") + word;
  }
  command
      .add_option_function<std::string>(
          name,
          [&value, choices, names, name](const std::string& word) {
            for (const auto& [spelling, choice] : choices) {
              if (spelling == word) {
                value = choice;
                return;
              }
            }
            throw CLI::ValidationError(name, "'" + word + "' is none of " + names);
          },
          description)
      ->type_name(names);
}

}  // namespace noci
