#include "settings/load.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <set>
#include <utility>

#include "base/http.hpp"
#include "base/ip.hpp"
#include "base/text.hpp"
#include "base/zones.hpp"
#include "model/rule.hpp"
#include "settings/file.hpp"
#include "settings/reader.hpp"
#include "settings/suggest.hpp"
#include "settings/yaml.hpp"

namespace noci {
namespace {

using namespace std::chrono_literals;
using Shape = YamlNode::Shape;

/// The one variable that is expanded: systemd's LoadCredential= puts secrets into that folder.
constexpr std::string_view credentials_variable = "${CREDENTIALS_DIRECTORY}";

class SettingsReader {
 public:
  SettingsReader(const YamlNode& root, Report& report) : root_(root), report_(report) {}

  Settings read();

 private:
  void read_sources(const YamlNode& node);
  void read_source(const YamlNode& node);
  void read_paths(MapReader& map, SourceSettings& source);
  void read_timezone(MapReader& map, SourceSettings& source);
  void check_sources();
  void read_webhooks(const YamlNode& node);
  void read_webhook(const YamlNode& node);
  void read_url(MapReader& map, WebhookSettings& webhook);
  void read_headers(const YamlNode& node, WebhookSettings& webhook);
  void read_levels(const YamlNode& node, WebhookSettings& webhook);
  void read_metrics(const YamlNode& node);
  void read_listen(const YamlNode& node);
  void read_analysis(const YamlNode& node);

  std::string path(MapReader& map, std::string_view key, const std::string& fallback);
  std::string secret_path(MapReader& map, std::string_view key);
  std::string name(MapReader& map, const std::string& fallback);

  const YamlNode& root_;
  Report& report_;
  Settings settings_;
  std::vector<Place> source_places_;
  std::set<std::string> source_names_;
  std::set<std::string> webhook_names_;
};

std::string SettingsReader::path(MapReader& map, std::string_view key,
                                 const std::string& fallback) {
  const YamlNode* node = map.find(key);
  if (node == nullptr) {
    return fallback;
  }
  const auto text = as_text(*node, key, report_);
  if (!text) {
    return fallback;
  }
  if (text->empty()) {
    report_.fault(node->place, "bad-value", cite(key) + " is empty", "name a file or folder");
  }
  return beside(report_.file(), *text);
}

std::string SettingsReader::secret_path(MapReader& map, std::string_view key) {
  const YamlNode* node = map.find(key);
  auto text = node == nullptr ? std::nullopt : as_text(*node, key, report_);
  if (!text) {
    return {};
  }
  if (std::string_view(*text).substr(0, credentials_variable.size()) == credentials_variable) {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (folder == nullptr) {
      // `noci check` by hand has no credentials; the service has.
      report_.warn(node->place, "no-credentials", cite(key) + " names a systemd credential, and "
                   "CREDENTIALS_DIRECTORY is not set here",
                   "expected outside the service; there, use LoadCredential=");
      return *text;
    }
    text->replace(0, credentials_variable.size(), folder);
  } else if (text->find("${") != std::string::npos) {
    report_.fault(node->place, "bad-value",
                  cite(key) + " holds a variable that is not expanded",
                  "only a leading ${CREDENTIALS_DIRECTORY} is");
  }
  return beside(report_.file(), *text);
}

/// A name that can stand in metrics and logs.
std::string SettingsReader::name(MapReader& map, const std::string& fallback) {
  const YamlNode* node = map.find("name");
  const auto text = node == nullptr ? std::nullopt : as_text(*node, "name", report_);
  if (!text) {
    return fallback;
  }
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  constexpr std::size_t longest = 64;
  if (text->empty() || text->size() > longest ||
      text->find_first_not_of(allowed) != std::string::npos) {
    report_.fault(node->place, "bad-value", "'name' is " + cite(*text),
                  "use 1 to 64 letters, digits, `.`, `_` and `-`");
  }
  return *text;
}

// --- sources -------------------------------------------------------------------------------

void SettingsReader::read_paths(MapReader& map, SourceSettings& source) {
  if (map.has("path") && map.has("paths")) {
    report_.fault(map.place_of("paths"), "conflict", "a source has both 'path' and 'paths'",
                  "keep one of them");
  }
  for (const std::string_view key : {std::string_view("path"), std::string_view("paths")}) {
    for (const std::string& text : map.texts(key)) {
      source.paths.push_back(beside(report_.file(), text));
      if (text.empty()) {
        report_.fault(map.place_of(key), "bad-value", cite(key) + " is empty",
                      "name a file or a glob such as /var/log/matrix-synapse/*.log");
      }
    }
  }
  if (source.paths.empty()) {
    report_.fault(map.place(), "missing-key", "the source has no 'path'",
                  "name a file or a glob such as /var/log/matrix-synapse/*.log");
  }
}

void SettingsReader::read_timezone(MapReader& map, SourceSettings& source) {
  const YamlNode* node = map.find("timezone");
  if (node == nullptr) {
    return;
  }
  source.timezone = as_text(*node, "timezone", report_).value_or("");
  if (const auto zone = Zone::find(source.timezone); !source.timezone.empty() && !zone) {
    report_.fault(node->place, "unknown-timezone", "unknown time zone " + cite(source.timezone),
                  "use an IANA name such as Europe/Paris or UTC");
  }
}

void SettingsReader::read_source(const YamlNode& node) {
  MapReader map(node, "source", report_);
  SourceSettings source;
  read_paths(map, source);
  const std::string fallback =
      source.paths.empty() ? "" : std::filesystem::path(source.paths[0]).filename().string();
  source.name = name(map, fallback);
  if (const YamlNode* format = map.find("format")) {
    source.format = static_cast<LineFormat>(
        as_choice(*format, "format", {"detect", "text", "json"}, report_).value_or(0));
  }
  read_timezone(map, source);
  source.homeserver = map.text("homeserver");
  source.worker = map.text("worker");
  if (const YamlNode* start = map.find("start_at")) {
    source.start_at = static_cast<StartAt>(
        as_choice(*start, "start_at", {"end", "beginning"}, report_).value_or(0));
  }
  map.finish();
  if (!source.name.empty() && !source_names_.insert(source.name).second) {
    report_.fault(map.has("name") ? map.place_of("name") : map.place(), "duplicate-name",
                  "two sources are called " + cite(source.name), "give each its own 'name'");
  }
  source_places_.push_back(map.place());
  settings_.sources.push_back(std::move(source));
}

void SettingsReader::read_sources(const YamlNode& node) {
  settings_.sources.clear();
  if (!node.is(Shape::list)) {
    report_.fault(node.place, "wrong-type", "'sources' must be a list",
                  "begin each source with `- path: …`");
    return;
  }
  for (const YamlNode& item : node.items) {
    read_source(item);
  }
  if (node.items.empty()) {
    report_.fault(node.place, "missing-key", "'sources' is empty",
                  "name at least one log, or remove the key for the default");
  }
  check_sources();
}

void SettingsReader::check_sources() {
  std::set<std::string> paths;
  std::set<std::string> homeservers;
  for (std::size_t i = 0; i < settings_.sources.size(); ++i) {
    for (const std::string& path : settings_.sources[i].paths) {
      if (!paths.insert(path).second) {
        report_.fault(source_places_[i], "duplicate-path", "two sources read " + cite(path),
                      "every request would be counted twice; keep one");
      }
    }
    homeservers.insert(settings_.sources[i].homeserver);
  }
  // One nameless homeserver is fine; several that cannot be told apart would share counters.
  if (homeservers.size() > 1 && homeservers.count("") != 0) {
    for (std::size_t i = 0; i < settings_.sources.size(); ++i) {
      if (settings_.sources[i].homeserver.empty()) {
        report_.fault(source_places_[i], "missing-key", "the source has no 'homeserver'",
                      "other sources name theirs: name this one's too, so that keys do not mix");
      }
    }
  }
}

// --- webhooks ------------------------------------------------------------------------------

bool is_loopback(const Url& url) {
  return url.host == "localhost" || url.host == "::1" || url.host.substr(0, 4) == "127.";
}

void SettingsReader::read_url(MapReader& map, WebhookSettings& webhook) {
  const YamlNode* node = map.find("url");
  webhook.url_file = secret_path(map, "url_file");
  if (node != nullptr && !webhook.url_file.empty()) {
    report_.fault(map.place_of("url_file"), "conflict", "a webhook has both 'url' and 'url_file'",
                  "keep one of them");
  }
  if (node == nullptr && !map.has("url") && !map.has("url_file")) {
    report_.fault(map.place(), "missing-key", "the webhook has no 'url'",
                  "give 'url', or 'url_file' when the URL itself is a secret");
  }
  if (node == nullptr) {
    return;
  }
  webhook.url = as_text(*node, "url", report_).value_or("");
  Url url;
  if (!parse_url(webhook.url, url)) {
    // The text is not repeated: webhook URLs often hold a token.
    report_.fault(node->place, "bad-url", "'url' cannot be used",
                  "it must be http:// or https://, without user name and password");
  } else if (!url.tls && !is_loopback(url)) {
    report_.warn(node->place, "plain-http", "alerts travel unencrypted to " + cite(url.origin()),
                 "use https, or a receiver on this machine");
  }
}

bool is_reserved_header(std::string_view name) {
  constexpr std::array reserved{std::string_view("host"), std::string_view("content-length"),
                                std::string_view("content-type"),
                                std::string_view("transfer-encoding"),
                                std::string_view("connection"), std::string_view("webhook-id"),
                                std::string_view("webhook-timestamp"),
                                std::string_view("webhook-signature")};
  return std::any_of(reserved.begin(), reserved.end(),
                     [&](std::string_view other) { return equals_ignoring_case(name, other); });
}

void SettingsReader::read_headers(const YamlNode& node, WebhookSettings& webhook) {
  if (!node.is(Shape::map)) {
    report_.fault(node.place, "wrong-type", "'headers' must be a map",
                  "write `Name: value` lines below it");
    return;
  }
  constexpr std::string_view token =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& header = node.keys[i].text;
    if (header.empty() || header.find_first_not_of(token) != std::string::npos) {
      report_.fault(node.keys[i].place, "bad-value", cite(header) + " is not a header name");
    } else if (is_reserved_header(header)) {
      report_.fault(node.keys[i].place, "reserved-header",
                    "header " + cite(header) + " is set by noci itself", "remove it");
    }
    const auto value = as_text(node.items[i], header, report_);
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (value && std::any_of(value->begin(), value->end(), is_control)) {
      report_.fault(node.items[i].place, "bad-value",
                    "the value of header " + cite(header) + " holds a control character");
    } else if (value) {
      webhook.headers.emplace_back(header, *value);
    }
  }
}

void SettingsReader::read_levels(const YamlNode& node, WebhookSettings& webhook) {
  const std::vector<std::string_view> names{"informational", "low", "medium", "high", "critical"};
  for (const YamlNode* item : items_of(node)) {
    if (const auto level = as_choice(*item, "levels", names, report_)) {
      webhook.levels.emplace_back(names[*level]);
    }
  }
}

void SettingsReader::read_webhook(const YamlNode& node) {
  MapReader map(node, "webhook", report_);
  WebhookSettings webhook;
  webhook.name = name(map, "");
  if (!map.has("name")) {
    report_.fault(map.place(), "missing-key", "the webhook has no 'name'",
                  "name it: the name stands in metrics and logs instead of the URL");
  } else if (!webhook_names_.insert(webhook.name).second) {
    report_.fault(map.place_of("name"), "duplicate-name",
                  "two webhooks are called " + cite(webhook.name), "give each its own 'name'");
  }
  read_url(map, webhook);
  webhook.secret_file = secret_path(map, "secret_file");
  webhook.template_file = path(map, "template_file", "");
  webhook.ca_file = path(map, "ca_file", "");
  if (const YamlNode* headers = map.find("headers", true)) {
    read_headers(*headers, webhook);
  }
  if (const YamlNode* levels = map.find("levels")) {
    read_levels(*levels, webhook);
  }
  webhook.resolved = map.boolean("resolved", webhook.resolved);
  webhook.timeout = map.duration("timeout", webhook.timeout, 1s, 5min);
  map.finish();
  settings_.webhooks.push_back(std::move(webhook));
}

void SettingsReader::read_webhooks(const YamlNode& node) {
  if (!node.is(Shape::list)) {
    report_.fault(node.place, "wrong-type", "'webhooks' must be a list",
                  "begin each webhook with `- name: …`");
    return;
  }
  for (const YamlNode& item : node.items) {
    read_webhook(item);
  }
}

// --- the rest ------------------------------------------------------------------------------

void SettingsReader::read_listen(const YamlNode& node) {
  const auto text = as_text(node, "listen", report_);
  if (!text) {
    return;
  }
  const auto colon = text->rfind(':');
  std::string host = colon == std::string::npos ? "" : text->substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  const auto address = IpAddress::parse(host);
  const auto port = colon == std::string::npos ? std::nullopt : parse_size(text->substr(colon + 1));
  if (!address || address->is_v4 == bracketed || !port ||
      *port > std::numeric_limits<std::uint16_t>::max()) {
    report_.fault(node.place, "bad-value", "'listen' is " + cite(*text),
                  "it must be ADDRESS:PORT such as 127.0.0.1:9469 or [::1]:9469");
    return;
  }
  settings_.metrics.address = host;
  settings_.metrics.port = static_cast<std::uint16_t>(*port);
}

void SettingsReader::read_metrics(const YamlNode& node) {
  MapReader map(node, "metrics section", report_);
  settings_.metrics.enabled = map.boolean("enabled", settings_.metrics.enabled);
  if (const YamlNode* listen = map.find("listen")) {
    read_listen(*listen);
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
  map.finish();
}

Settings SettingsReader::read() {
  settings_ = default_settings();
  settings_.file = report_.file();
  MapReader map(root_, "settings file", report_);
  settings_.node_name = map.text("node");
  if (const YamlNode* sources = map.find("sources")) {
    read_sources(*sources);
  }
  if (const YamlNode* rules = map.find("rules", true)) {
    MapReader section(*rules, "rules section", report_);
    settings_.rules_dir = path(section, "dir", settings_.rules_dir);
    settings_.extra_rules_dir = path(section, "extra_dir", settings_.extra_rules_dir);
    section.finish();
  }
  if (const YamlNode* lists = map.find("lists", true)) {
    MapReader section(*lists, "lists section", report_);
    settings_.lists_dir = path(section, "dir", settings_.lists_dir);
    settings_.extra_lists_dir = path(section, "extra_dir", settings_.extra_lists_dir);
    section.finish();
  }
  if (const YamlNode* webhooks = map.find("webhooks", true)) {
    read_webhooks(*webhooks);
  }
  if (const YamlNode* state = map.find("state", true)) {
    MapReader section(*state, "state section", report_);
    settings_.state_dir = path(section, "dir", settings_.state_dir);
    settings_.commit_interval =
        section.duration("commit_interval", settings_.commit_interval, 100ms, 5min);
    section.finish();
  }
  if (const YamlNode* control = map.find("control", true)) {
    MapReader section(*control, "control section", report_);
    settings_.control_socket = path(section, "socket", settings_.control_socket);
    section.finish();
  }
  if (const YamlNode* metrics = map.find("metrics", true)) {
    read_metrics(*metrics);
  }
  if (const YamlNode* analysis = map.find("analysis", true)) {
    read_analysis(*analysis);
  }
  if (const YamlNode* log = map.find("log", true)) {
    MapReader section(*log, "log section", report_);
    const std::vector<std::string_view> names{"debug", "info", "warning", "error"};
    if (const YamlNode* level = section.find("level")) {
      settings_.log_level = names[as_choice(*level, "level", names, report_).value_or(1)];
    }
    section.finish();
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
