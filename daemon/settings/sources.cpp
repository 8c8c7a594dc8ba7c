#include "settings/sources.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>

#include "base/percent_format.hpp"
#include "base/zones.hpp"
#include "settings/file.hpp"
#include "settings/listeners.hpp"
#include "settings/location.hpp"

namespace noci {
namespace {

using namespace std::chrono_literals;
using Shape = YamlNode::Shape;

/// In the order of SourceType.
const std::vector<std::string_view> type_names{"file", "journal", "tcp", "unix", "stdin"};

void read_paths(MapReader& map, SourceSettings& source, Report& report) {
  const std::size_t before = report.fault_count();
  if (map.has("path") && map.has("paths")) {
    report.fault(map.place_of("paths"), "conflict", "a source has both 'path' and 'paths'",
                 "keep one of them");
  }
  for (const std::string_view key : {std::string_view("path"), std::string_view("paths")}) {
    for (const std::string& text : map.texts(key)) {
      source.paths.push_back(beside(report.file(), text));
      if (text.empty()) {
        report.fault(map.place_of(key), "bad-value", cite(key) + " is empty",
                     "name a file or a glob such as /var/log/matrix-synapse/*.log");
      }
    }
  }
  if (source.paths.empty() && report.fault_count() == before) {
    report.fault(map.place(), "missing-key", "the source has no 'path'",
                 "name a file or a glob such as /var/log/matrix-synapse/*.log");
  }
}

void read_timezone(MapReader& map, SourceSettings& source, Report& report) {
  const YamlNode* node = map.find("timezone");
  if (node == nullptr) {
    return;
  }
  source.timezone = as_text(*node, "timezone", report).value_or("");
  if (const auto zone = Zone::find(source.timezone); !source.timezone.empty() && !zone) {
    report.fault(node->place, "unknown-timezone", "unknown time zone " + cite(source.timezone),
                 "use an IANA name such as Europe/Paris or UTC");
  }
}

void read_prefix(MapReader& map, SourceSettings& source, Report& report) {
  const YamlNode* node = map.find("prefix");
  if (node == nullptr) {
    return;
  }
  source.prefix = as_text(*node, "prefix", report).value_or("");
  if (const auto pieces = parse_log_prefix(source.prefix); !source.prefix.empty() && !pieces) {
    report.fault(node->place, "bad-value", "'prefix': " + pieces.error().what,
                 "copy 'format' of the formatter from Synapse's log configuration");
  }
}

SourceType read_type(MapReader& map, Report& report) {
  const YamlNode* node = map.find("type");
  return node == nullptr
             ? SourceType::file
             : static_cast<SourceType>(as_choice(*node, "type", type_names, report).value_or(0));
}

/// What only some types have. A key of another type gets a sentence of its own.
void read_transport(MapReader& map, SourceSettings& source, Report& report) {
  struct Keys {
    std::string_view key;
    std::vector<SourceType> types;
  };
  using enum SourceType;
  static const std::vector<Keys> keys{
      {"path", {file, unix_socket}},
      {"paths", {file}},
      {"start_at", {file, journal}},
      {"backfill", {file, journal}},
      {"units", {journal}},
      {"identifiers", {journal}},
      {"containers", {journal}},
      {"directory", {journal}},
      {"listen", {tcp}},
      {"tls", {tcp}},
      {"mode", {unix_socket}},
      {"group", {unix_socket}},
      {"connections", {tcp, unix_socket}},
      {"idle_timeout", {tcp, unix_socket}},
      {"spool_limit", {tcp, unix_socket, standard_input}},
  };
  for (const auto& [key, types] : keys) {
    if (std::find(types.begin(), types.end(), source.type) == types.end()) {
      map.refuse(key, "it belongs to a source of type " +
                          std::string(type_names[static_cast<std::size_t>(types.front())]));
    }
  }
  switch (source.type) {
    case file:
      read_paths(map, source, report);
      break;
    case journal:
      source.journal = read_journal(map, report);
      break;
    case tcp:
      source.listen = read_tcp(map, report);
      break;
    case unix_socket:
      source.listen = read_unix_socket(map, report);
      break;
    case standard_input:
      break;
  }
  if (const YamlNode* limit = map.find("spool_limit")) {
    constexpr std::int64_t least =
        std::int64_t{64} << 20;  // a segment is 1/32, and holds several of the longest lines
    constexpr std::int64_t most = std::int64_t{1} << 40;
    source.spool_limit =
        as_size(*limit, "spool_limit", least, most, report).value_or(source.spool_limit);
  }
}

/// Without a name of its own a source is called as its file, else as its type.
std::string default_name(const SourceSettings& source) {
  if (source.type != SourceType::file) {
    return std::string(type_names[static_cast<std::size_t>(source.type)]);
  }
  return source.paths.empty() ? "" : std::filesystem::path(source.paths[0]).filename().string();
}

SourceSettings read_source(const YamlNode& node, Report& report) {
  MapReader map(node, "source", report);
  SourceSettings source;
  source.type = read_type(map, report);
  read_transport(map, source, report);
  source.name = read_name(map, default_name(source), report);
  if (source.type != SourceType::file && source.name.starts_with('.')) {
    report.fault(map.place_of("name"), "bad-value", "'name' is " + cite(source.name),
                 "it also names a folder: begin it with a letter or digit");
  }
  if (const YamlNode* format = map.find("format")) {
    source.format = static_cast<LineFormat>(
        as_choice(*format, "format", {"detect", "text", "json"}, report).value_or(0));
  }
  read_prefix(map, source, report);
  read_timezone(map, source, report);
  source.homeserver = map.text("homeserver");
  source.worker = map.text("worker");
  if (const YamlNode* start = map.find("start_at")) {
    source.start_at = static_cast<StartAt>(
        as_choice(*start, "start_at", {"end", "beginning"}, report).value_or(0));
  }
  // Longer than any window, and short enough to be read at every first start.
  source.backfill = map.duration("backfill", source.backfill, 0s, std::chrono::days{31});
  map.finish();
  return source;
}

/// What two sources cannot share; empty: nothing, or the port is the system's choice.
std::string listening_place(const SourceSettings& source) {
  const ListenSettings& listen = source.listen;
  switch (source.type) {
    case SourceType::tcp:
      return listen.port == 0 ? "" : listen.address + " port " + std::to_string(listen.port);
    case SourceType::unix_socket:
      return listen.path;
    case SourceType::standard_input:
      return "standard input";
    default:
      return "";
  }
}

/// What must differ between sources, and what must not be missing next to others.
void check_sources(const std::vector<SourceSettings>& sources, const std::vector<Place>& places,
                   Report& report) {
  std::set<std::string> names;
  std::set<std::string> paths;
  std::set<std::string> places_to_listen;
  std::set<std::string> homeservers;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!sources[i].name.empty() && !names.insert(sources[i].name).second) {
      report.fault(places[i], "duplicate-name", "two sources are called " + cite(sources[i].name),
                   "give each its own 'name'");
    }
    for (const std::string& path : sources[i].paths) {
      if (!paths.insert(path).second) {
        report.fault(places[i], "duplicate-path", "two sources read " + cite(path),
                     "every request would be counted twice; keep one");
      }
    }
    if (const std::string place = listening_place(sources[i]);
        !place.empty() && !places_to_listen.insert(place).second) {
      report.fault(places[i], "duplicate-listener", "two sources listen at " + cite(place),
                   "give each its own");
    }
    homeservers.insert(sources[i].homeserver);
  }
  // One nameless homeserver is fine; several that cannot be told apart would share counters.
  for (std::size_t i = 0; i < sources.size() && homeservers.size() > 1; ++i) {
    if (sources[i].homeserver.empty()) {
      report.fault(places[i], "missing-key", "the source has no 'homeserver'",
                   "other sources name theirs: name this one's too, so that keys do not mix");
    }
  }
}

}  // namespace

std::vector<SourceSettings> read_sources(const YamlNode& node, Report& report) {
  std::vector<SourceSettings> sources;
  if (!node.is(Shape::list)) {
    report.fault(node.place, "wrong-type", "'sources' must be a list",
                 "begin each source with `- path: …`");
    return sources;
  }
  std::vector<Place> places;
  for (const YamlNode& item : node.items) {
    sources.push_back(read_source(item, report));
    places.push_back(item.place);
  }
  if (sources.empty()) {
    report.fault(node.place, "missing-key", "'sources' is empty",
                 "name at least one log, or remove the key for the default");
  }
  check_sources(sources, places, report);
  return sources;
}

}  // namespace noci
