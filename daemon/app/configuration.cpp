#include "app/configuration.hpp"

#include <array>
#include <chrono>
#include <iterator>
#include <utility>

#include <unistd.h>

#include "base/hash.hpp"
#include "io/geo_database.hpp"
#include "pipeline/rule_check.hpp"
#include "settings/load.hpp"
#include "settings/rules.hpp"
#include "settings/totals.hpp"

namespace noci {
namespace {

void append(Faults& to, Faults&& more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// What has expired is said as of now; whether an entry counts is judged on event time.
TimePoint today() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

RuleDirs dirs_of(const Settings& settings, const RuleDirsOption& option) {
  RuleDirs dirs;
  dirs.now = today();
  const bool from_settings = option.rules_dir.empty();
  dirs.rules = {from_settings ? settings.rules_dir : option.rules_dir};
  if (!option.lists_dir.empty()) {
    dirs.lists = {option.lists_dir};
  } else {
    dirs.lists = {from_settings && !settings.lists_dir.empty() ? settings.lists_dir
                                                               : dirs.rules[0] + "/lists"};
  }
  if (from_settings && !settings.extra_rules_dir.empty()) {
    dirs.rules.push_back(settings.extra_rules_dir);
  }
  if (from_settings && option.lists_dir.empty() && !settings.extra_lists_dir.empty()) {
    dirs.lists.push_back(settings.extra_lists_dir);
  }
  return dirs;
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// What only this machine knows.
Settings completed(Settings settings) {
  if (settings.node_name.empty()) {
    settings.node_name = host_name();
  }
  return settings;
}

std::string hash_of(const RuleSet& rules) {
  std::string all;
  for (const Rule& rule : rules.rules) {
    all += rule.id + " " + rule.hash + "\n";
  }
  const Sha256 digest = sha256(all);
  return "sha256:" + to_hex({reinterpret_cast<const char*>(digest.data()), 6});
}

}  // namespace

std::optional<Settings> read_settings(const ConfigOption& option, Faults& faults,
                                      Faults& warnings) {
  const bool named = !option.path.empty();
  if (!named && access(default_config_path, F_OK) != 0) {
    return completed(default_settings());
  }
  auto loaded = load_settings(named ? option.path : default_config_path);
  append(warnings, std::move(loaded.warnings));
  if (!loaded.faults.empty()) {
    append(faults, std::move(loaded.faults));
    return std::nullopt;
  }
  return completed(std::move(loaded.value));
}

std::string database_path(const Settings& settings) {
  return settings.state_dir + "/noci.db";
}

std::optional<Configuration> read_configuration(const ConfigOption& option,
                                                const RuleDirsOption& dirs, Faults& faults) {
  Configuration configuration;
  const std::size_t before = faults.size();
  const auto settings = read_settings(option, faults, configuration.warnings);
  auto rules = load_rules(dirs_of(settings.value_or(default_settings()), dirs));
  append(configuration.warnings, std::move(rules.warnings));
  // Faults of rules are worth telling even when the settings are at fault, but only if it is known
  // which rules are meant.
  if (settings || !dirs.rules_dir.empty()) {
    append(faults, std::move(rules.faults));
  }
  if (settings && !settings->geo_databases.empty()) {
    if (auto opened = GeoDatabase::open(settings->geo_databases)) {
      configuration.geography = std::move(*opened);
    } else {
      faults.push_back({settings->file, 0, 0, opened.error().what,
                        "name files in MaxMind's format below geo.databases"});
    }
  }
  if (faults.size() > before) {
    return std::nullopt;
  }
  for (const RuleTestResult& result : check_rules(rules.value)) {
    if (!result.passed) {
      faults.push_back(
          {result.rule_file, 0, 0, "test '" + result.test + "' failed: " + result.explanation, ""});
    }
  }
  if (faults.size() > before) {
    return std::nullopt;
  }
  // The tests in the files are of the rules as they were written; the operator's numbers come
  // after.
  const bool from_settings = dirs.rules_dir.empty() && dirs.limits_file.empty();
  configuration.own_limits =
      read_rule_limits(from_settings ? settings->rule_limits_file : dirs.limits_file, rules.value,
                       faults, configuration.warnings);
  if (faults.size() > before) {
    return std::nullopt;
  }
  for (Rule& rule : rules.value.rules) {
    if (!apply_totals(rule, settings->totals)) {
      configuration.without_totals.push_back(rule.title);
    }
  }
  append(configuration.warnings, lint(rules.value, *settings));
  configuration.settings = *settings;
  configuration.hash = hash_of(rules.value);
  configuration.rules = std::make_shared<const RuleSet>(std::move(rules.value));
  return configuration;
}

void print(const Faults& faults, std::ostream& out, const char* label) {
  for (const Fault& fault : faults) {
    out << label << fault.to_string() << '\n';
  }
}

}  // namespace noci
