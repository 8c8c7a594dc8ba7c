#include "notify/payload.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <boost/json.hpp>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "notify/limit_payload.hpp"
#include "notify/notice_payload.hpp"

namespace noci {
namespace {

namespace json = boost::json;

// A Matrix id is at most 255 bytes; a media id is a server name, a slash and its own id.
constexpr std::size_t longest_value = 256;
constexpr std::size_t longest_media_id = 512;
// PagerDuty cuts a summary at 1,024.
constexpr std::size_t longest_summary = 1000;
constexpr std::size_t longest_runbook = 2000;
constexpr std::size_t most_samples = 16;

json::value text(std::string_view raw, std::size_t longest = longest_value) {
  return json::value(json::string(printable(raw, longest)));
}

json::array texts(const std::vector<std::string>& raw) {
  json::array list;
  for (const std::string& item : raw) {
    list.push_back(text(item));
  }
  return list;
}

json::value time(TimePoint at) {
  return json::value(json::string(format_rfc3339(at)));
}

void add_if_any(json::object& object, std::string_view key, std::string_view raw) {
  if (!raw.empty()) {
    object[key] = text(raw);
  }
}

std::size_t longest_of(Field field) {
  return field == Field::media_id ? longest_media_id : longest_value;
}

std::string_view kind_of(Field field, std::string_view value) {
  switch (field) {
    case Field::user_id:
    case Field::effective_user_id:
    case Field::actor_id:
    case Field::target_user_id:
      return "user";
    case Field::source_ip:
      return value.find('/') == std::string_view::npos ? "ip" : "network";
    case Field::source_network:
      return "network";
    case Field::server_name:
    case Field::target_server:
    case Field::homeserver:
      return "server";
    case Field::room_id:
      return "room";
    case Field::media_id:
      return "media";
    case Field::log_source:
      return "source";
    case Field::log_worker:
      return "worker";
    default:
      return "campaign";  // requests that share a trait: an agent, a path
  }
}

/// The accounts and addresses behind a key that is neither: a network, an agent, the whole server.
void add_who_is_behind(const Alert& alert, json::array& members) {
  const auto is_key = [&](std::initializer_list<Field> fields) {
    return std::ranges::any_of(alert.key, [&](const auto& part) {
      return std::ranges::find(fields, part.first) != fields.end();
    });
  };
  if (is_key({Field::user_id, Field::actor_id, Field::effective_user_id})) {
    return;
  }
  for (const auto& [field, values] : alert.evidence.top) {
    if (is_key({field}) ||
        (field != Field::user_id && field != Field::actor_id && field != Field::source_ip)) {
      continue;
    }
    for (const auto& [value, count] : values) {
      json::object member;
      member["kind"] = kind_of(field, value);
      member["field"] = name_of(field);
      member["key"] = printable(value, longest_of(field));
      member["count"] = count;
      members.push_back(std::move(member));
    }
  }
}

json::object entity_of(const Alert& alert) {
  json::array members;
  std::string joined;
  for (const auto& [field, value] : alert.key) {
    const std::string shown = printable(value, longest_of(field));
    joined += (members.empty() ? "" : " ") + shown;
    json::object member;
    member["kind"] = kind_of(field, value);
    member["field"] = name_of(field);
    member["key"] = shown;
    members.push_back(std::move(member));
  }
  json::object entity;
  entity["kind"] = alert.key.empty()       ? json::value("global")
                   : alert.key.size() == 1 ? members[0].at("kind")
                                           : json::value("pair");
  entity["key"] = joined;
  add_who_is_behind(alert, members);
  entity["members"] = std::move(members);
  add_if_any(entity, "homeserver", alert.homeserver);
  return entity;
}

json::object rule_of(const Alert& alert) {
  json::object rule;
  rule["id"] = text(alert.rule_id);
  rule["title"] = text(alert.rule_title);
  rule["hash"] = text(alert.rule_hash);
  add_if_any(rule, "status", alert.rule_status);
  rule["tags"] = texts(alert.tags);
  rule["falsepositives"] = texts(alert.falsepositives);
  if (!alert.runbook.empty()) {
    // The operators' own text: its line ends are meant.
    rule["runbook"] = to_utf8(std::string_view(alert.runbook).substr(0, longest_runbook));
  }
  return rule;
}

/// What a limit says about the damage, where that can be told from its type, field and name.
std::optional<std::string_view> impact_name(const LimitState& limit) {
  const std::string_view name = limit.name;
  const bool sum = limit.type == LimitType::value_sum;
  const bool distinct = limit.type == LimitType::value_count;
  if (distinct && limit.field == name_of(Field::room_id)) {
    return "rooms";
  }
  if ((distinct && limit.field == name_of(Field::media_id)) ||
      (limit.type == LimitType::event_count && name.starts_with("media"))) {
    return "media_files";
  }
  if (distinct && limit.field == name_of(Field::target_user_id)) {
    return "profiles_est";
  }
  if (sum && limit.field == name_of(Field::messages)) {
    return "events_est";
  }
  if (sum && limit.field == name_of(Field::bytes)) {
    return name.starts_with("media")     ? "media_bytes"
           : name.starts_with("history") ? "history_bytes"
                                         : "bytes";
  }
  return std::nullopt;
}

/// The largest value of each kind: of several windows the longest has seen most.
json::object impact_of(const std::vector<LimitState>& limits) {
  json::object impact;
  for (const LimitState& limit : limits) {
    if (const auto name = impact_name(limit)) {
      json::value& known = impact[*name];
      known = std::max(known.is_int64() ? known.as_int64() : 0, limit.value);
    }
  }
  return impact;
}

json::value sample_of(const Sample& sample) {
  json::object object;
  object["time"] = time(sample.timestamp);
  object["action"] = name_of(sample.action);
  object["request_id"] = text(sample.request_id);
  object["source"] = text(sample.source);
  object["offset"] = sample.position.offset;
  object["line"] = sample.position.line;
  return object;
}

/// Fills the budget row by row, so that the most frequent value of every field comes before the
/// second of any.
json::object evidence_of(const Evidence& evidence) {
  const std::size_t sample_count = std::min(evidence.samples.size(), most_samples);
  bool truncated = evidence.truncated || sample_count < evidence.samples.size();
  std::size_t used = 64;  // the names and brackets around the lists
  std::size_t rows = sample_count;
  for (const auto& [field, values] : evidence.top) {
    used += name_of(field).size() + 6;
    rows = std::max(rows, values.size());
  }
  json::array samples;
  std::vector<json::array> lists(evidence.top.size());
  const auto add = [&](json::array& list, json::value item) {
    used += json::serialize(item).size() + 1;
    if (used > evidence_bytes) {
      truncated = true;
      return false;
    }
    list.push_back(std::move(item));
    return true;
  };
  bool room = true;
  for (std::size_t row = 0; row < rows && room; ++row) {
    for (std::size_t i = 0; i < lists.size() && room; ++i) {
      const auto& [field, values] = evidence.top[i];
      if (row < values.size()) {
        room = add(lists[i], json::array{text(values[row].first, longest_of(field)),
                                         json::value(values[row].second)});
      }
    }
    if (room && row < sample_count) {
      room = add(samples, sample_of(evidence.samples[row]));
    }
  }
  json::object top;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    top[name_of(evidence.top[i].first)] = std::move(lists[i]);
  }
  json::object object;
  object["samples"] = std::move(samples);
  object["top"] = std::move(top);
  object["truncated"] = truncated;
  return object;
}

/// Where the episode stands. `updated` is news about one that still fires, not a state of its own.
std::string_view state_of(AlertStatus status) {
  return name_of(status == AlertStatus::updated ? AlertStatus::firing : status);
}

/// Who may be behind requests without an account, and how sure that is.
json::array linked_of(const std::vector<LinkedAccount>& accounts) {
  json::array list;
  for (const LinkedAccount& account : accounts) {
    json::object object;
    object["kind"] = "user";
    object["key"] = text(account.user_id);
    object["alone"] = account.alone;
    object["several"] = account.several;
    object["certainty"] = account.several == 0 ? "only_candidate"
                          : account.alone == 0 ? "one_of_several"
                                               : "partly";
    list.push_back(std::move(object));
  }
  return list;
}

json::object times_of(const Alert& alert) {
  json::object times;
  times["first_event"] = time(alert.first_event);
  times["last_event"] = time(alert.last_event);
  times["detected"] = time(alert.timestamp);
  return times;
}

json::object node_of(const Node& node) {
  json::object object;
  object["name"] = text(node.name);
  add_if_any(object, "homeserver", node.homeserver);
  object["version"] = text(node.version);
  object["config_hash"] = text(node.config_hash);
  return object;
}

json::object health_of(const SystemNews& news) {
  const BlindChange& change = news.change;
  json::object health;
  health["cause"] = name_of(change.cause);
  health["problem"] = text(news.problem, longest_summary);
  health["advice"] = text(news.advice, longest_summary);
  add_if_any(health, "detail", change.detail);
  health["since"] = time(change.since);
  health["value"] = number_json(change.value);
  health["limit"] = number_json(change.limit);
  health["unit"] = is_in_seconds(change.cause) ? "s" : "share";
  return health;
}

std::string type_of(const Alert& alert) {
  if (alert.digest) {
    return "digest." + std::string(name_of(alert.digest->reason));
  }
  if (alert.pulse) {
    return "system.heartbeat";
  }
  if (alert.system) {
    return alert.system->change.blind ? "system.blind" : "system.recovered";
  }
  return "alert." + std::string(name_of(alert.status));
}

}  // namespace

std::string payload_json(const Alert& alert, const Node& node) {
  json::object data;
  data["schema"] = "1";
  data["event_id"] = alert.event_id();
  data["sequence"] = alert.sequence;
  data["alert_id"] = alert.alert_id;
  data["fingerprint"] = fingerprint(alert);
  data["status"] = state_of(alert.status);
  add_if_any(data, "reason", alert.resolve_reason);
  data["level"] = name_of(alert.level);
  data["simulated"] = alert.simulated;
  data["late"] = alert.late;
  data["summary"] = text(alert.summary, longest_summary);
  data["rule"] = rule_of(alert);
  data["entity"] = entity_of(alert);
  if (!alert.evidence.linked.empty()) {
    data["linked"] = linked_of(alert.evidence.linked);
  }
  json::array limits;
  for (const LimitState& state : alert.limits) {
    limits.push_back(limit_json(state));
  }
  data["limits"] = std::move(limits);
  data["times"] = times_of(alert);
  if (json::object impact = impact_of(alert.limits); !impact.empty()) {
    data["impact"] = std::move(impact);
  }
  data["evidence"] = evidence_of(alert.evidence);
  if (alert.system) {
    data["health"] = health_of(*alert.system);
  }
  if (alert.digest) {
    data["digest"] = digest_json(*alert.digest);
  }
  if (alert.pulse) {
    data["heartbeat"] = pulse_json(*alert.pulse);
  }
  data["node"] = node_of(node);

  json::object payload;
  payload["type"] = type_of(alert);
  payload["timestamp"] = time(alert.timestamp);
  payload["data"] = std::move(data);
  return json::serialize(payload);
}

std::string fingerprint(const Alert& alert) {
  std::string identity = alert.rule_id;
  for (const auto& [field, value] : alert.key) {
    identity.push_back('\0');
    identity += value;
  }
  if (!alert.homeserver.empty()) {
    identity.push_back('\0');
    identity += alert.homeserver;
  }
  const Sha256 digest = sha256(identity);
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace noci
