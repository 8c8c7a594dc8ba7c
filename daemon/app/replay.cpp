#include "app/replay.hpp"

#include <iostream>

#include "app/counting_thread.hpp"
#include "io/geo_database.hpp"
#include "notify/payload.hpp"
#include "pipeline/pipeline.hpp"

namespace noci {
namespace {

void print_text(const Alert& alert) {
  std::cout << format_rfc3339(alert.timestamp) << "  " << name_of(alert.status) << "  "
            << name_of(alert.level) << "  " << alert.rule_title << ": " << alert.summary
            << (alert.simulated ? " (simulated)" : "") << '\n';
}

/// As the daemon would choose: nothing for one ordered log, otherwise the writers' flush period
/// and some clock skew.
Duration lateness_for(const Settings& settings, std::size_t logs) {
  return settings.lateness.value_or(logs == 1 ? Duration::zero() : default_lateness);
}

}  // namespace

ExitCode replay(const ReplayOptions& options) {
  Faults faults;
  const auto configuration = read_configuration(
      options.config, {options.rules_dir, options.lists_dir, options.limits_file}, faults);
  if (!configuration) {
    print(faults, std::cerr, "");
    return ExitCode::input_at_fault;
  }
  print(configuration->warnings, std::cerr, "warning: ");
  ExitCode code{};
  const auto inputs = open_inputs(options.input, "replay", code);
  if (!inputs) {
    return code;
  }
  const Settings& settings = configuration->settings;
  PipelineOptions pipeline_options;
  pipeline_options.sources = inputs->sources;
  pipeline_options.engine.lateness = lateness_for(settings, inputs->logs.size());
  pipeline_options.engine.memory_budget = settings.memory_budget;
  pipeline_options.familiar_memory = settings.familiar_memory;
  pipeline_options.geography = configuration->geography;
  Pipeline pipeline(std::move(pipeline_options), configuration->rules);
  const Node node{settings.node_name, "", NOCI_VERSION, configuration->hash};

  std::size_t state_changes = 0;
  CountingThread counting(pipeline, events_at_once(*inputs), [&](const std::vector<Alert>& alerts) {
    for (const Alert& alert : alerts) {
      if (options.jsonl) {
        std::cout << payload_json(alert, node) << '\n';
      } else {
        print_text(alert);
      }
    }
    state_changes += alerts.size();
    std::cout.flush();
  });
  code = read_all(*inputs, "replay", [&](const Chunk& chunk) { counting.feed(chunk); });
  counting.finish();
  if (!options.jsonl) {
    const ParseStats& stats = pipeline.parse_stats();
    std::cerr << stats.records << " records, " << state_changes << " state changes\n";
  }
  return code;
}

}  // namespace noci
