#include "settings/health.hpp"

namespace noci {
namespace {

using namespace std::chrono_literals;

double read_share(MapReader& map, std::string_view key, double fallback, Report& report) {
  const YamlNode* node = map.find(key);
  // At 0 the first strange line would be blindness, at 1 nothing ever.
  return node == nullptr ? fallback : as_number(*node, key, 0.001, 0.99, report).value_or(fallback);
}

}  // namespace

HealthSettings read_health(const YamlNode& node, Report& report) {
  MapReader map(node, "health section", report);
  HealthSettings health;
  health.alerts = map.boolean("alerts", health.alerts);
  health.warm_up = map.duration("warm_up", health.warm_up, 1s, 24h * 7);
  health.silence_least = map.duration("silence_least", health.silence_least, 1s, 24h);
  health.silence_most = map.duration("silence_most", health.silence_most, 1s, 24h * 30);
  health.unreadable = map.duration("unreadable", health.unreadable, 1s, 24h);
  health.behind = map.duration("behind", health.behind, 1s, 24h);
  health.clock_skew = map.duration("clock_skew", health.clock_skew, 10s, 24h);
  health.not_understood = read_share(map, "not_understood", health.not_understood, report);
  health.lines_lost = read_share(map, "lines_lost", health.lines_lost, report);
  health.span = map.duration("span", health.span, 1s, 24h);
  health.settle = map.duration("settle", health.settle, 1s, 24h);
  health.usual_after = map.duration("usual_after", health.usual_after, 1min, 24h * 365);
  if (health.silence_most < health.silence_least) {
    const bool least = map.has("silence_least");
    report.fault(map.place_of(least ? "silence_least" : "silence_most"), "bad-value",
                 "'silence_most' is shorter than 'silence_least'", "exchange them");
  }
  map.finish();
  return health;
}

}  // namespace noci
