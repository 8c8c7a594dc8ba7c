#include "settings/load.hpp"

#include <utility>

#include "settings/delivery.hpp"
#include "settings/file.hpp"
#include "settings/health.hpp"
#include "settings/location.hpp"
#include "settings/reader.hpp"
#include "settings/sources.hpp"
#include "settings/totals.hpp"
#include "settings/webhooks.hpp"
#include "settings/yaml.hpp"

namespace noci {
namespace {

using namespace std::chrono_literals;

class SettingsReader {
 public:
  SettingsReader(const YamlNode& root, Report& report) : root_(root), report_(report) {}

  Settings read();

 private:
  void read_metrics(const YamlNode& node);
  void read_analysis(const YamlNode& node);
  void read_log(const YamlNode& node);

  const YamlNode& root_;
  Report& report_;
  Settings settings_;
};

// --- the rest ------------------------------------------------------------------------------

void SettingsReader::read_metrics(const YamlNode& node) {
  MapReader map(node, "metrics section", report_);
  settings_.metrics.enabled = map.boolean("enabled", settings_.metrics.enabled);
  if (const auto listen = read_listen_address(map, "listen", report_)) {
    settings_.metrics.address = listen->address;
    settings_.metrics.port = listen->port;
  }
  map.finish();
}

void SettingsReader::read_analysis(const YamlNode& node) {
  MapReader map(node, "analysis section", report_);
  if (const YamlNode* lateness = map.find("lateness")) {
    settings_.lateness = as_duration(*lateness, "lateness", 0s, 1h, report_);
  }
  if (const YamlNode* memory = map.find("memory")) {
    // Below the least even the shipped rules would evict at once.
    constexpr std::int64_t least = std::int64_t{16} << 20;
    constexpr std::int64_t most = std::int64_t{1} << 40;
    settings_.memory_budget =
        as_size(*memory, "memory", least, most, report_).value_or(settings_.memory_budget);
  }
  if (const YamlNode* memory = map.find("familiar_memory")) {
    // The least still knows a family's server; without it every alert about the unusual is void.
    constexpr std::int64_t least = std::int64_t{4} << 20;
    constexpr std::int64_t most = std::int64_t{1} << 40;
    settings_.familiar_memory = as_size(*memory, "familiar_memory", least, most, report_)
                                    .value_or(settings_.familiar_memory);
  }
  map.finish();
}

void SettingsReader::read_log(const YamlNode& node) {
  MapReader map(node, "log section", report_);
  const std::vector<std::string_view> names{"debug", "info", "warning", "error"};
  if (const YamlNode* level = map.find("level")) {
    settings_.log_level = names[as_choice(*level, "level", names, report_).value_or(1)];
  }
  map.finish();
}

Settings SettingsReader::read() {
  settings_ = default_settings();
  settings_.file = report_.file();
  MapReader map(root_, "settings file", report_);
  settings_.node_name = map.text("node");
  if (const YamlNode* sources = map.find("sources")) {
    settings_.sources = read_sources(*sources, report_);
  }
  if (const YamlNode* rules = map.find("rules", true)) {
    MapReader section(*rules, "rules section", report_);
    settings_.rules_dir = read_path(section, "dir", settings_.rules_dir, report_);
    settings_.extra_rules_dir = read_path(section, "extra_dir", settings_.extra_rules_dir, report_);
    settings_.rule_limits_file = read_path(section, "limits", settings_.rule_limits_file, report_);
    section.finish();
  }
  if (const YamlNode* totals = map.find("totals", true)) {
    settings_.totals = read_totals(*totals, report_);
  }
  if (const YamlNode* lists = map.find("lists", true)) {
    MapReader section(*lists, "lists section", report_);
    settings_.lists_dir = read_path(section, "dir", settings_.lists_dir, report_);
    settings_.extra_lists_dir = read_path(section, "extra_dir", settings_.extra_lists_dir, report_);
    section.finish();
  }
  if (const YamlNode* webhooks = map.find("webhooks", true)) {
    settings_.webhooks = read_webhooks(*webhooks, report_);
  }
  if (const YamlNode* delivery = map.find("delivery", true)) {
    settings_.delivery = read_delivery(*delivery, report_);
  }
  if (const YamlNode* state = map.find("state", true)) {
    MapReader section(*state, "state section", report_);
    settings_.state_dir = read_path(section, "dir", settings_.state_dir, report_);
    settings_.commit_interval =
        section.duration("commit_interval", settings_.commit_interval, 100ms, 5min);
    section.finish();
  }
  if (const YamlNode* control = map.find("control", true)) {
    MapReader section(*control, "control section", report_);
    settings_.control_socket = read_path(section, "socket", settings_.control_socket, report_);
    section.finish();
  }
  if (const YamlNode* metrics = map.find("metrics", true)) {
    read_metrics(*metrics);
  }
  if (const YamlNode* analysis = map.find("analysis", true)) {
    read_analysis(*analysis);
  }
  if (const YamlNode* geo = map.find("geo", true)) {
    MapReader section(*geo, "geo section", report_);
    for (const std::string& path : section.texts("databases")) {
      settings_.geo_databases.push_back(beside(settings_.file, path));
    }
    section.finish();
  }
  if (const YamlNode* health = map.find("health", true)) {
    settings_.health = read_health(*health, report_);
  }
  if (const YamlNode* log = map.find("log", true)) {
    read_log(*log);
  }
  map.finish();
  return std::move(settings_);
}

}  // namespace

Settings default_settings() {
  Settings settings;
  SourceSettings source;
  // Debian's package logs here. Not `*.log`: beside it may lie a second handler's file with the
  // same requests, or a worker's, and what noci reads must be a choice. `noci check` names others.
  source.name = "homeserver.log";
  source.paths = {"/var/log/matrix-synapse/homeserver.log"};
  settings.sources.push_back(std::move(source));
  return settings;
}

Loaded<Settings> load_settings(const std::string& path) {
  Loaded<Settings> loaded;
  Report report(path, loaded.faults, loaded.warnings);
  if (const auto text = read_text_file(path, report)) {
    if (const auto root = parse_yaml(*text, report)) {
      loaded.value = SettingsReader(*root, report).read();
    }
  }
  return loaded;
}

}  // namespace noci
