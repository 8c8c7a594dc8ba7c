#include "notify/limit_payload.hpp"

#include <cmath>
#include <cstdint>
#include <utility>

#include "base/text.hpp"

namespace noci {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_name = 256;

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

}  // namespace noci
