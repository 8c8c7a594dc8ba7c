#include "app/why.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "notify/limit_payload.hpp"

namespace noci {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

std::string count_of(const json::value& value) {
  return describe_count(value.to_number<std::int64_t>());
}

/// `joined (5) since 2026-06-05T10:00:00Z, listed (5) not yet`
std::string steps_text(const json::array& steps) {
  std::string text;
  for (const json::value& each : steps) {
    const json::object& step = each.as_object();
    text += (text.empty() ? "" : ", ") + text_of(step.at("name")) + " (" +
            count_of(step.at("count")) + ") " +
            (step.at("complete").as_bool() ? "since " + text_of(step.at("first")) : "not yet");
  }
  return text;
}

std::string usual_text(const json::object& baseline) {
  const json::object& own = baseline.at("own").as_object();
  const json::object& peers = baseline.at("peers").as_object();
  std::string text = baseline.at("warming").as_bool() ? "; still learning" : "";
  text +=
      "; its own busiest of " + count_of(own.at("days")) + " days " + count_of(own.at("busiest"));
  if (peers.at("keys").to_number<std::int64_t>() > 0) {
    text += ", usual for " + count_of(peers.at("keys")) + " others up to " +
            count_of(peers.at("total"));
  }
  return text;
}

std::string limit_text(const json::object& limit) {
  const std::string name = text_of(limit.at("name"));
  const std::string timespan = text_of(limit.at("timespan"));
  if (const json::value* steps = limit.if_contains("steps")) {
    return name + " within " + timespan + ": " + steps_text(steps->as_array());
  }
  const double in_force = limit.at("limit").to_number<double>();
  const double value = limit.at("value").to_number<double>();
  std::string text =
      name + ": " + text_of(limit.at("value")) + " in " + timespan + ", limit " +
      describe_count(static_cast<std::int64_t>(in_force)) + " (" +
      std::to_string(in_force > 0 ? static_cast<std::int64_t>(100 * value / in_force) : 0) + " %)";
  if (const json::value* because = limit.if_contains("because")) {
    for (const json::value& factor : because->as_array()) {
      text += ", since " + text_of(factor);
    }
  }
  if (const json::value* whole = limit.if_contains("whole")) {
    text += "; all of the server is " + count_of(*whole);
  }
  if (const json::value* baseline = limit.if_contains("baseline")) {
    text += usual_text(baseline->as_object());
  }
  return text;
}

}  // namespace

std::string why_json(const std::string& key, const std::vector<KeyStatus>& views) {
  json::array rules;
  for (const KeyStatus& view : views) {
    json::object rule;
    rule["id"] = view.rule_id;
    rule["title"] = view.rule_title;
    rule["firing"] = view.firing;
    json::object fields;
    for (const auto& [field, value] : view.key) {
      fields[name_of(field)] = to_utf8(value);
    }
    rule["key"] = std::move(fields);
    json::array limits;
    for (const LimitState& state : view.limits) {
      json::object limit = limit_json(state);
      limit["timespan"] = format_duration(state.timespan);
      limits.push_back(std::move(limit));
    }
    rule["limits"] = std::move(limits);
    rules.push_back(std::move(rule));
  }
  return json::serialize(json::object{{"key", to_utf8(key)}, {"rules", std::move(rules)}});
}

std::string why_text(const json::object& answer) {
  const json::array& rules = answer.at("rules").as_array();
  if (rules.empty()) {
    return "no rule has seen " + text_of(answer.at("key")) + " within its windows\n";
  }
  std::string text;
  for (const json::value& each : rules) {
    const json::object& rule = each.as_object();
    text += text_of(rule.at("title")) + (rule.at("firing").as_bool() ? "  FIRING" : "") + '\n';
    for (const json::value& limit : rule.at("limits").as_array()) {
      text += "  " + limit_text(limit.as_object()) + '\n';
    }
  }
  return text;
}

}  // namespace noci
