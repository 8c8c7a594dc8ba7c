#include "app/alert_desk.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "store/alert_list.hpp"

namespace noci {
namespace {

namespace json = boost::json;

/// What the daemon may build at once for whoever asks with payloads.
constexpr std::size_t most_answer_bytes = std::size_t{8} << 20;

json::object error_of(const std::string& what) {
  return {{"error", what}};
}

std::string text_at(const json::object& question, std::string_view key) {
  const json::value* const value = question.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string().c_str())
                                                : std::string();
}

Result<AlertFilter> filter_of(const json::object& question) {
  AlertFilter filter;
  filter.id = text_at(question, "id");
  filter.webhook = text_at(question, "webhook");
  filter.level = text_at(question, "level");
  if (const std::string state = text_at(question, "state"); !state.empty()) {
    filter.state = delivery_state_named(state);
    if (!filter.state) {
      return failure("there is no state '" + state + "'");
    }
  }
  if (const std::string since = text_at(question, "since"); !since.empty()) {
    filter.since = parse_rfc3339(since);
    if (!filter.since) {
      return failure("'" + since + "' is not a time");
    }
  }
  return filter;
}

json::object delivery_json(const AlertDelivery& delivery, const KnownWebhooks& webhooks) {
  json::object object;
  object["webhook"] = delivery.webhook;
  object["state"] = name_of(delivery.state);
  object["attempts"] = delivery.attempts;
  object["why"] = delivery.why;
  if (!delivery.digest.empty()) {
    object["digest"] = delivery.digest;
  }
  object["created"] = format_rfc3339(delivery.created);
  if (delivery.finished) {
    object["finished"] = format_rfc3339(*delivery.finished);
  } else {
    const auto known = webhooks.find(delivery.webhook);
    const TimePoint free = known == webhooks.end() ? TimePoint{} : known->second;
    object["next_try"] = format_rfc3339(std::max(delivery.due, free));
  }
  return object;
}

json::object alert_json(const ListedAlert& alert, const KnownWebhooks& webhooks, bool payload) {
  json::object object;
  object["event_id"] = alert.event_id;
  object["alert_id"] = alert.alert_id;
  object["time"] = format_rfc3339(alert.event_time);
  object["level"] = alert.level;
  object["status"] = alert.status;
  object["rule"] = alert.rule_title;
  object["summary"] = alert.summary;
  json::array deliveries;
  for (const AlertDelivery& delivery : alert.deliveries) {
    deliveries.push_back(delivery_json(delivery, webhooks));
  }
  object["deliveries"] = std::move(deliveries);
  if (payload) {
    boost::system::error_code error;
    object["payload"] = json::parse(alert.payload, error);
  }
  return object;
}

json::object list(Database& database, const json::object& question, const AlertFilter& filter,
                  const KnownWebhooks& webhooks) {
  const json::value* const asked = question.if_contains("most");
  const std::int64_t most = std::clamp<std::int64_t>(
      asked != nullptr && asked->is_int64() ? asked->get_int64() : 20, 1, most_alerts_listed);
  const bool payload = question.contains("payload");
  // One more than asked for tells whether there are more.
  const auto alerts = list_alerts(database, filter, static_cast<std::size_t>(most) + 1);
  if (!alerts) {
    return error_of(alerts.error().what);
  }
  bool more = false;
  std::size_t bytes = 0;
  json::array listed;
  for (const ListedAlert& alert : *alerts) {
    bytes += payload ? alert.payload.size() : 0;
    more = static_cast<std::int64_t>(listed.size()) == most || bytes > most_answer_bytes;
    if (more) {
      break;
    }
    listed.push_back(alert_json(alert, webhooks, payload));
  }
  return {{"alerts", std::move(listed)}, {"more", more}};
}

json::object changed_json(const Result<Changed>& changed) {
  if (!changed) {
    return error_of(changed.error().what);
  }
  return {{"deliveries", changed->deliveries}, {"events", changed->events}};
}

}  // namespace

json::object answer_alerts(Database& database, const json::object& question,
                           const KnownWebhooks& webhooks, TimePoint now) {
  const auto filter = filter_of(question);
  if (!filter) {
    return error_of(filter.error().what);
  }
  const std::string what = text_at(question, "do");
  if (what == "list") {
    return list(database, question, *filter, webhooks);
  }
  // Without any filter everything would be meant; nobody asks for that by accident.
  if (filter->id.empty() && !filter->state) {
    return error_of("neither an id nor a state says which alerts are meant");
  }
  if (what == "discard") {
    return changed_json(discard(database, *filter, now));
  }
  if (what == "resend") {
    std::vector<std::string> configured;
    for (const auto& [name, until] : webhooks) {
      configured.push_back(name);
    }
    return changed_json(resend(database, *filter, configured, now));
  }
  return error_of("the question is not understood");
}

}  // namespace noci
