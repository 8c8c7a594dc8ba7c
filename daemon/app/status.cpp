#include "app/status.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "pipeline/vigil_alert.hpp"

namespace noci {
namespace {

namespace json = boost::json;

json::value time_or_null(const std::optional<TimePoint>& time) {
  return time ? json::value(format_rfc3339(*time)) : json::value(nullptr);
}

json::value seconds_or_null(const std::optional<Duration>& duration) {
  return duration ? json::value(std::chrono::duration<double>(*duration).count())
                  : json::value(nullptr);
}

json::value share_or_null(const std::optional<double>& share) {
  return share ? json::value(*share) : json::value(nullptr);
}

/// The open episodes: what noci cannot see now, and since when.
json::array blindness_json(const HealthReport& health) {
  json::array list;
  for (const Blindness& blindness : health.blindness) {
    if (blindness.blind) {
      list.push_back(json::object{{"about", describe(blindness.subject)},
                                  {"cause", name_of(blindness.cause)},
                                  {"since", format_rfc3339(blindness.since)}});
    }
  }
  return list;
}

json::object health_json(const HealthReport& health, const std::string& name) {
  json::object object;
  for (const SourceHealth& source : health.sources) {
    if (source.name != name) {
      continue;
    }
    object["silence_s"] = seconds_or_null(source.silence);
    object["silence_limit_s"] = seconds_or_null(source.silence_limit);
    object["request_silence_s"] = seconds_or_null(source.request_silence);
    object["lag_s"] = seconds_or_null(source.lag);
    object["error_share"] = source.error_share;
    object["clock_skew_s"] = seconds_or_null(source.skew);
  }
  json::array blind;
  for (const Blindness& blindness : health.blindness) {
    if (blindness.blind && blindness.subject == BlindSubject{BlindSubject::Kind::source, name}) {
      blind.emplace_back(name_of(blindness.cause));
    }
  }
  object["blind"] = std::move(blind);
  return object;
}

json::array workers_json(const HealthReport& health) {
  json::array workers;
  for (const WorkerHealth& worker : health.workers) {
    workers.push_back(json::object{{"name", worker.name},
                                   {"requests", worker.passed},
                                   {"missing", worker.missing},
                                   {"base_gap", share_or_null(worker.base)},
                                   {"lost", share_or_null(worker.loss)}});
  }
  return workers;
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
    object["health"] = health_json(analysis.health, source.name);
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
  object["workers"] = workers_json(analysis.health);
  object["blind"] = blindness_json(analysis.health);
  object["last_commit"] = time_or_null(delivery.last_commit);
  object["commit_error"] = delivery.commit_error;
  object["state_lost"] = delivery.state_lost;
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
