#include "settings/sources.hpp"

#include <chrono>
#include <filesystem>
#include <set>
#include <string>

#include "base/zones.hpp"
#include "settings/file.hpp"
#include "settings/location.hpp"

namespace noci {
namespace {

using Shape = YamlNode::Shape;

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

SourceSettings read_source(const YamlNode& node, Report& report) {
  MapReader map(node, "source", report);
  SourceSettings source;
  read_paths(map, source, report);
  const std::string fallback =
      source.paths.empty() ? "" : std::filesystem::path(source.paths[0]).filename().string();
  source.name = read_name(map, fallback, report);
  if (const YamlNode* format = map.find("format")) {
    source.format = static_cast<LineFormat>(
        as_choice(*format, "format", {"detect", "text", "json"}, report).value_or(0));
  }
  read_timezone(map, source, report);
  source.homeserver = map.text("homeserver");
  source.worker = map.text("worker");
  if (const YamlNode* start = map.find("start_at")) {
    source.start_at = static_cast<StartAt>(
        as_choice(*start, "start_at", {"end", "beginning"}, report).value_or(0));
  }
  // Longer than any window, and short enough to be read at every first start.
  source.backfill =
      map.duration("backfill", source.backfill, std::chrono::seconds{0}, std::chrono::days{31});
  map.finish();
  return source;
}

/// What must differ between sources, and what must not be missing next to others.
void check_sources(const std::vector<SourceSettings>& sources, const std::vector<Place>& places,
                   Report& report) {
  std::set<std::string> names;
  std::set<std::string> paths;
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
