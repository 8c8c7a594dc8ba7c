#include "app/why.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"

namespace noci {
namespace {

namespace json = boost::json;

json::object limit_json(const LimitState& limit) {
  json::object object;
  object["name"] = limit.name;
  object["type"] = name_of(limit.type);
  if (!limit.field.empty()) {
    object["field"] = limit.field;
  }
  object["timespan"] = format_duration(limit.timespan);
  object["value"] = limit.value;
  object["limit"] = limit.limit;
  object["breached"] = limit.breached;
  return object;
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
    for (const LimitState& limit : view.limits) {
      limits.push_back(limit_json(limit));
    }
    rule["limits"] = std::move(limits);
    rules.push_back(std::move(rule));
  }
  return json::serialize(json::object{{"key", to_utf8(key)}, {"rules", std::move(rules)}});
}

}  // namespace noci
