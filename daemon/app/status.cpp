#include "app/status.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace noci {
namespace {

namespace json = boost::json;

json::value time_or_null(const std::optional<TimePoint>& time) {
  return time ? json::value(format_rfc3339(*time)) : json::value(nullptr);
}

json::array sources_json(const AnalysisStatus& analysis) {
  json::array sources;
  for (const SourceStatus& source : analysis.sources) {
    json::object object;
    object["name"] = source.name;
    object["files_opened"] = source.files_opened;
    object["bytes"] = source.bytes;
    object["behind_bytes"] = source.behind_bytes;
    object["rotations"] = source.rotations;
    object["truncations"] = source.truncations;
    object["losses"] = source.losses;
    if (source.received) {
      object["connections"] = source.received->connections;
      object["lines_received"] = source.received->lines;
      object["spool_bytes"] = source.received->spool_bytes;
    }
    json::array faults;
    for (const std::string& fault : source.faults) {
      faults.emplace_back(fault);
    }
    object["faults"] = std::move(faults);
    sources.push_back(std::move(object));
  }
  return sources;
}

json::array webhooks_json(const DeliveryStatus& delivery) {
  json::array webhooks;
  for (const auto& [name, webhook] : delivery.webhooks) {
    json::object object;
    object["name"] = name;
    object["delivered"] = webhook.delivered;
    object["failed_attempts"] = webhook.failed_attempts;
    object["dead"] = webhook.dead;
    object["last_success"] = time_or_null(webhook.last_success);
    object["last_error"] = webhook.last_error;
    webhooks.push_back(std::move(object));
  }
  return webhooks;
}

}  // namespace

std::string status_json(const AnalysisStatus& analysis, const DeliveryStatus& delivery) {
  json::object object;
  object["version"] = NOCI_VERSION;
  object["at"] = format_rfc3339(analysis.at);
  object["newest_event"] = time_or_null(analysis.newest_event);
  object["lag_ms"] = analysis.lag ? json::value(analysis.lag->count()) : json::value(nullptr);
  object["records"] = analysis.parse.records;
  object["requests"] = analysis.parse.by_kind[static_cast<std::size_t>(Kind::request)];
  object["errors"] = analysis.parse.by_kind[static_cast<std::size_t>(Kind::error)];
  object["forged"] = analysis.parse.by_kind[static_cast<std::size_t>(Kind::forged)];
  object["rules"] = analysis.rules;
  object["keys"] = analysis.engine.keys;
  object["memory_bytes"] = analysis.engine.memory_bytes;
  object["open_episodes"] = analysis.engine.open_episodes;
  object["sources"] = sources_json(analysis);
  object["last_commit"] = time_or_null(delivery.last_commit);
  object["commit_error"] = delivery.commit_error;
  object["outbox"] = json::object{{"pending", delivery.outbox_pending},
                                  {"dead", delivery.outbox_dead},
                                  {"oldest", time_or_null(delivery.outbox_oldest)}};
  object["webhooks"] = webhooks_json(delivery);
  object["last_alert"] = delivery.last_alert;
  object["config_valid"] = delivery.config_valid;
  object["config_loaded"] = format_rfc3339(delivery.config_loaded);
  return json::serialize(object);
}

}  // namespace noci
