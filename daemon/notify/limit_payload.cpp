#include "notify/limit_payload.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/text.hpp"

namespace noci {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_name = 256;

json::array steps_json(const std::vector<StepState>& steps) {
  json::array all;
  for (const StepState& step : steps) {
    json::object one;
    one["name"] = printable(step.name, longest_name);
    one["count"] = step.count;
    one["complete"] = step.complete;
    if (step.complete) {
      one["first"] = format_rfc3339(step.first);
      one["last"] = format_rfc3339(step.last);
    }
    all.push_back(std::move(one));
  }
  return all;
}

json::object usual_json(const UsualState& usual) {
  json::object one;
  one["warming"] = usual.warming;
  one["own"] = json::object{
      {"days", usual.own_days}, {"busiest", usual.own_busiest}, {"busy_day", usual.own_busy_day}};
  one["peers"] = json::object{{"days", usual.peer_days},
                              {"keys", usual.peer_keys},
                              {"total", usual.peers},
                              {"quantile", number_json(usual.peer_quantile)}};
  one["season"] = number_json(usual.season);
  return one;
}

}  // namespace

json::value number_json(double value) {
  if (!std::isfinite(value)) {
    return json::value(0);
  }
  if (value == std::trunc(value) && std::abs(value) < 1e15) {
    return json::value(static_cast<std::int64_t>(value));
  }
  return json::value(value);
}

json::object limit_json(const LimitState& state) {
  json::object limit;
  limit["name"] = printable(state.name, longest_name);
  limit["type"] = name_of(state.type);
  if (!state.field.empty()) {
    limit["field"] = state.field;
  }
  limit["timespan_s"] = std::chrono::ceil<std::chrono::seconds>(state.timespan).count();
  limit["op"] = name_of(state.compare);
  limit["limit"] = number_json(state.limit);
  limit["base_limit"] = state.base_limit;
  limit["factor"] = number_json(state.factor);
  if (!state.period.empty()) {
    limit["period"] = printable(state.period, longest_name);
  }
  limit["value"] = state.value;
  limit["breached"] = state.breached;
  limit["exact"] = state.exact;
  if (!state.exact) {
    limit["error_pct"] = number_json(state.error_pct);
  }
  if (state.whole > 0) {
    limit["whole"] = state.whole;
    limit["share"] =
        number_json(static_cast<double>(state.value) / static_cast<double>(state.whole));
  }
  if (!state.steps.empty()) {
    limit["steps"] = steps_json(state.steps);
  }
  if (state.usual) {
    limit["baseline"] = usual_json(*state.usual);
  }
  if (!state.because.empty()) {
    json::array& because = limit["because"].emplace_array();
    for (const std::string& factor : state.because) {
      because.push_back(json::value(json::string(printable(factor, longest_name))));
    }
  }
  return limit;
}

}  // namespace noci
