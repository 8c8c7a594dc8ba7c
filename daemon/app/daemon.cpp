#include "app/daemon.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>
#include <sodium.h>

#include "app/analysis.hpp"
#include "app/front_desk.hpp"
#include "app/log.hpp"
#include "app/run_to_end.hpp"
#include "app/sources.hpp"
#include "app/webhooks.hpp"
#include "base/zones.hpp"
#include "io/geo_database.hpp"
#include "io/service_manager.hpp"

namespace noci {
namespace {

TimePoint wall_clock() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

/// Opens the state; what is damaged is set aside, for the log can be read again and a daemon that
/// does not start watches nothing. `lost` says why it begins empty, if it does.
Result<Database> open_database(const Settings& settings, spdlog::logger& log, std::string& lost) {
  std::error_code ignored;
  std::filesystem::create_directories(settings.state_dir, ignored);
  const std::string path = database_path(settings);
  auto database = Database::open(path, randombytes_buf);
  if (!database && database.error().fault == OpenFault::damaged) {
    lost = database.error().what;
    log.error("event=database_damaged why={}", log_value(lost));
    OpenOptions options;
    // The alerts that are raised again are then those that were sent, not new ones.
    options.identity = identity_of(path);
    const auto aside = set_aside(path);
    if (!aside) {
      return tl::unexpected(aside.error());
    }
    log.error("event=database_set_aside kept_as={} next=beginning_anew same_identity={}",
              log_value(*aside), options.identity.has_value());
    database = Database::open(path, randombytes_buf, options);
  }
  if (!database) {
    return failure(database.error().what);
  }
  return std::move(*database);
}

std::vector<SourceInfo> source_infos(const Settings& settings) {
  std::vector<SourceInfo> infos;
  for (const SourceSettings& source : settings.sources) {
    const auto zone = Zone::find(source.timezone);  // known: the settings were checked
    infos.push_back({source.name,
                     source.homeserver,
                     source.worker,
                     source.format,
                     zone ? *zone : Zone::current(),
                     {},
                     source.prefix});
  }
  return infos;
}

bool is_one_file(const Settings& settings) {
  return settings.sources.size() == 1 && settings.sources[0].type == SourceType::file &&
         settings.sources[0].paths.size() == 1 &&
         settings.sources[0].paths[0].find_first_of("*?[") == std::string::npos;
}

Duration lateness_of(const Settings& settings) {
  return settings.lateness.value_or(is_one_file(settings) ? Duration::zero() : default_lateness);
}

Pipeline make_pipeline(const Configuration& configuration, const Database& database) {
  const Settings& settings = configuration.settings;
  PipelineOptions options;
  options.sources = source_infos(settings);
  options.engine.seed = database.hash_seed();
  options.engine.store_id = database.store_id();
  options.engine.lateness = lateness_of(settings);
  options.engine.memory_budget = settings.memory_budget;
  options.live = true;
  options.familiar_memory = settings.familiar_memory;
  options.geography = configuration.geography;
  return Pipeline(std::move(options), configuration.rules);
}

Vigil make_vigil(const Settings& settings) {
  std::vector<std::string> names;
  for (const SourceSettings& source : settings.sources) {
    names.push_back(source.name);
  }
  return Vigil(settings.health, std::move(names));
}

/// What survived: the pipeline as it was, and the cursors that belong to it. State that cannot be
/// read is left behind together with its cursors, loudly: the log is read again.
struct Restored {
  Pipeline pipeline;
  Vigil vigil;
  std::vector<Cursor> cursors;
};

/// Nothing older can be in any window.
Duration longest_window(const RuleSet& rules) {
  Duration longest{};
  for (const Rule& rule : rules.rules) {
    for (const Limit& limit : rule.limits) {
      longest = std::max(longest, limit.timespan);
    }
  }
  return longest;
}

/// After a loss the logs are read again as far back as counts, as if noci were started first now.
Settings read_again(Settings settings, const RuleSet& rules) {
  for (SourceSettings& source : settings.sources) {
    source.backfill = std::max(source.backfill, longest_window(rules));
  }
  return settings;
}

Result<Restored> restore(const Configuration& configuration, Database& database,
                         spdlog::logger& log, std::string& lost) {
  auto saved = load_state(database);
  if (!saved) {
    return tl::unexpected(saved.error());
  }
  Restored restored{make_pipeline(configuration, database), make_vigil(configuration.settings),
                    std::move(saved->cursors)};
  if (!saved->vigil.empty() && !restored.vigil.restore(saved->vigil)) {
    log.error("event=vigil_unusable next=what_is_usual_is_learnt_anew");
  }
  std::uint64_t bytes = 0;
  const auto read = load_blobs(database, [&](std::uint64_t number, std::string_view blob) {
    bytes += blob.size();
    return restored.pipeline.restore(number, blob);
  });
  const auto whole =
      bytes == 0 ? read : read.and_then([&] { return restored.pipeline.finish_restore(); });
  if (!whole) {
    lost = whole.error().what;
    log.error("event=state_unusable why={} next=logs_are_read_again", log_value(lost));
    restored.pipeline = make_pipeline(configuration, database);
    restored.cursors.clear();
  }
  log.info("event=restored cursors={} state_bytes={} keys={}", restored.cursors.size(), bytes,
           restored.pipeline.engine_stats().keys);
  return restored;
}

std::optional<Configuration> configure(const ConfigOption& option, std::vector<Webhook>& webhooks) {
  Faults faults;
  auto configuration = read_configuration(option, {}, faults);
  if (configuration) {
    webhooks = read_webhooks(configuration->settings, faults);
    print(configuration->warnings, std::cerr, "warning: ");
  }
  if (!faults.empty()) {
    print(faults, std::cerr, "");
    return std::nullopt;
  }
  return configuration;
}

ExitCode cannot_start(spdlog::logger& log, const Error& error) {
  log.critical("event=cannot_start why={}", log_value(error.what));
  return ExitCode::environment_at_fault;
}

}  // namespace

ExitCode run_daemon(const RunOptions& options) {
  std::vector<Webhook> webhooks;
  auto configuration = configure(options.config, webhooks);
  if (!configuration) {
    return ExitCode::input_at_fault;
  }
  const Settings& settings = configuration->settings;
  const auto log = make_logger(settings.log_level);
  log->info("event=starting version={} settings={} rules={} sources={} webhooks={}", NOCI_VERSION,
            settings.file.empty() ? "built-in" : log_value(settings.file),
            configuration->rules->rules.size(), settings.sources.size(), webhooks.size());

  std::string lost;
  auto database = open_database(settings, *log, lost);
  if (!database) {
    return cannot_start(*log, database.error());
  }
  auto restored = restore(*configuration, *database, *log, lost);
  if (!restored) {
    return cannot_start(*log, restored.error());
  }

  auto sources = open_sources(lost.empty() ? settings : read_again(settings, *configuration->rules),
                              source_infos(settings), restored->cursors, wall_clock(), log);
  if (!sources) {
    return cannot_start(*log, sources.error());
  }

  const std::string store_id = database->store_id();
  boost::asio::io_context analysis_context{1};
  boost::asio::io_context delivery_context{1};
  EffectChannel effects(delivery_context, effect_capacity);
  Deliverer deliverer(delivery_context, std::move(*database),
                      {settings.node_name, "", NOCI_VERSION, configuration->hash}, wall_clock, log);

  FrontDesk* desk_address = nullptr;
  AnalysisParts parts{std::move(restored->pipeline),
                      source_infos(settings),
                      std::move(restored->vigil),
                      settings.health.alerts,
                      store_id,
                      std::move(sources->followed),
                      settings.commit_interval,
                      lateness_of(settings),
                      PoisonGuard(settings.state_dir + "/reading"),
                      configuration->rules->rules.size(),
                      configuration->geography,
                      wall_clock,
                      [&](AnalysisStatus status) { desk_address->publish(std::move(status)); }};
  Analysis analysis(analysis_context.get_executor(), std::move(parts), effects, log);
  FrontDesk desk({delivery_context, analysis_context, analysis, deliverer, wall_clock},
                 options.config, *configuration, log);
  desk_address = &desk;
  if (const auto opened = desk.open(); !opened) {
    return cannot_start(*log, opened.error());
  }
  deliverer.status().state_lost = lost;
  deliverer.when_settled([&](std::optional<std::vector<Cursor>> cursors) {
    boost::asio::post(analysis_context,
                      [&analysis, cursors = std::move(cursors)] { analysis.settled(cursors); });
  });
  deliverer.replace_webhooks(std::move(webhooks), settings.delivery, desk.node());

  sources->receiving->start();
  std::thread analysis_thread([&] { run_to_end(analysis_context, analysis.run()); });
  run_to_end(delivery_context, desk.serve(effects));
  analysis_thread.join();
  sources->receiving->stop();
  log->info("event=stopped");
  return ExitCode::fine;
}

}  // namespace noci
