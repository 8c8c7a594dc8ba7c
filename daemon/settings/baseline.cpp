#include "settings/baseline.hpp"

namespace noci {
namespace {

/// Less is not unusual, more is never reached.
constexpr double least_times = 0.1;
constexpr double most_times = 1000;

double read_times(MapReader& map, std::string_view key, Report& report) {
  const YamlNode* node = map.find(key);
  return node == nullptr ? 0 : as_number(*node, key, least_times, most_times, report).value_or(1);
}

}  // namespace

Baseline read_baseline(MapReader& map, Report& report) {
  Baseline baseline;
  // Where it cannot be read, what fits the rest of the limit: one fault is enough.
  baseline.of = map.has("field") ? LimitType::value_count : LimitType::event_count;
  if (const YamlNode* of = map.need("of", "what is counted: event_count, value_sum, value_count")) {
    if (const auto choice =
            as_choice(*of, "of", {"event_count", "value_sum", "value_count"}, report)) {
      baseline.of = static_cast<LimitType>(*choice);
    }
  }
  baseline.own = read_times(map, "own", report);
  baseline.peers = read_times(map, "peers", report);
  if (!map.has("own") && !map.has("peers")) {
    report.fault(map.place(), "missing-key", "the baseline has neither 'own' nor 'peers'",
                 "say how many times a busy day of its own, or of its peers: own: 8");
  }
  if (const YamlNode* quantile = map.find("quantile")) {
    baseline.quantile = as_number(*quantile, "quantile", 0.5, 1, report).value_or(1);
    if (!map.has("peers")) {
      report.fault(map.place_of("quantile"), "pointless", "'quantile' is about the peers",
                   "add 'peers', or remove it");
    }
  }
  baseline.warm_up =
      map.duration("warm_up", baseline.warm_up, std::chrono::days{1}, std::chrono::days{28});
  baseline.seasonal = map.boolean("seasonal", baseline.seasonal);
  map.refuse("timespan", "a baseline compares days");
  map.refuse("condition", "a baseline fires above own × and peers ×, and above 'at_least'");
  return baseline;
}

}  // namespace noci
