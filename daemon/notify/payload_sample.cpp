// The payloads that no log raised: the test alert, and one that has every part a payload can have,
// by which templates are checked.

#include <chrono>

#include "notify/payload.hpp"

namespace noci {
namespace {

LimitState sample_limit(std::string name, LimitType type, std::string_view field) {
  LimitState limit;
  limit.name = std::move(name);
  limit.type = type;
  limit.field = field;
  limit.timespan = std::chrono::minutes{10};
  limit.base_limit = 20;
  limit.limit = 5;
  limit.factor = 0.25;
  limit.period = "night";
  limit.value = 6;
  limit.breached = true;
  limit.exact = false;
  limit.error_pct = 1.5;
  return limit;
}

}  // namespace

Alert test_alert(const Node& node, TimePoint at, std::string alert_id) {
  Alert alert;
  alert.status = AlertStatus::test;
  alert.timestamp = at;
  alert.alert_id = std::move(alert_id);
  alert.level = Level::informational;
  alert.rule_id = "noci-test";
  alert.rule_title = "Test alert";
  alert.rule_hash = "none";
  alert.first_event = at;
  alert.last_event = at;
  LimitState limit;
  limit.name = "test";
  limit.timespan = std::chrono::minutes{1};
  limit.base_limit = 1;
  limit.limit = 1;
  alert.limits.push_back(std::move(limit));
  alert.summary = "Test alert from noci on " + node.name +
                  ": nothing happened, this webhook receives what noci sends.";
  return alert;
}

std::string test_payload(const Node& node, TimePoint at, std::string alert_id) {
  return payload_json(test_alert(node, at, std::move(alert_id)), node);
}

std::string sample_payload() {
  Alert alert = test_alert({"node", "example.org", "0", "none"}, TimePoint{}, "sample");
  alert.status = AlertStatus::resolved;
  alert.resolve_reason = "below_limit";
  alert.rule_status = "stable";
  alert.runbook = "https://example.org/runbook";
  alert.tags = {"attack.t1213"};
  alert.falsepositives = {"a bridge"};
  alert.key = {{Field::user_id, "@user:example.org"}, {Field::source_ip, "192.0.2.1"}};
  alert.limits = {sample_limit("rooms", LimitType::value_count, name_of(Field::room_id)),
                  sample_limit("media", LimitType::value_count, name_of(Field::media_id)),
                  sample_limit("profiles", LimitType::value_count, name_of(Field::target_user_id)),
                  sample_limit("messages", LimitType::value_sum, name_of(Field::messages)),
                  sample_limit("media_bytes", LimitType::value_sum, name_of(Field::bytes)),
                  sample_limit("history_bytes", LimitType::value_sum, name_of(Field::bytes)),
                  sample_limit("bytes", LimitType::value_sum, name_of(Field::bytes))};
  Sample sample;
  sample.request_id = "GET-1";
  sample.source = "homeserver.log";
  alert.evidence.samples.push_back(sample);
  alert.evidence.linked = {{"@user:example.org", 1, 1}};
  for (std::size_t i = 0; i < field_count; ++i) {
    alert.evidence.top.push_back({static_cast<Field>(i), {{"value", 1}}});
  }
  alert.digest =
      Digest{DigestReason::late, {{"id", "id", 1, {}, "high", "firing", "rule", "text"}}};
  alert.pulse = Pulse{false, "problem", 1, 1, TimePoint{}};
  alert.system = SystemNews{{}, "problem", "advice"};
  alert.system->change.detail = "detail";
  return payload_json(alert, {"node", "example.org", "0", "none"});
}

}  // namespace noci
