#include "app/onlooking.hpp"

#include <iostream>

#include "io/geo_database.hpp"

namespace noci {

std::optional<Onlooker> onlooker_for(const ConfigOption& config, const InputLogs& inputs,
                                     ExitCode& code) {
  PipelineOptions options;
  options.sources = inputs.sources;
  if (config.path.empty()) {
    return Onlooker(options, {});
  }
  Faults faults;
  const auto configuration = read_configuration(config, {}, faults);
  if (!configuration) {
    print(faults, std::cerr, "");
    code = ExitCode::input_at_fault;
    return std::nullopt;
  }
  options.familiar_memory = configuration->settings.familiar_memory;
  options.geography = configuration->geography;
  return Onlooker(options, *configuration->rules);
}

}  // namespace noci
