#include "notify/notice.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace noci {
namespace {

Alert notice(const char* rule_id, const char* title, TimePoint at, std::string alert_id) {
  Alert alert;
  alert.status = AlertStatus::info;
  alert.timestamp = at;
  alert.alert_id = std::move(alert_id);
  alert.level = Level::informational;
  alert.rule_id = rule_id;
  alert.rule_title = title;
  alert.rule_hash = "built-in";
  alert.rule_status = "stable";
  alert.first_event = at;
  alert.last_event = at;
  return alert;
}

/// `3 Bulk extraction, 1 Rooms joined`: the most frequent first.
std::string titles_of(const Digest& digest) {
  constexpr std::size_t most = 5;
  std::map<std::string, int> counts;
  for (const DigestEntry& entry : digest.entries) {
    ++counts[entry.rule_title];
  }
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), most); ++i) {
    text += (text.empty() ? "" : ", ") + std::to_string(sorted[i].second) + " " + sorted[i].first;
  }
  return text + (sorted.size() > most ? ", and others" : "");
}

std::string summary_of(const Digest& digest, const Alert& alert) {
  const std::string count = std::to_string(digest.entries.size());
  const std::string span =
      format_rfc3339(alert.first_event) + " to " + format_rfc3339(alert.last_event);
  const std::string about = " of " + span + ": " + titles_of(digest) + ". ";
  return digest.reason == DigestReason::late
             ? count + " late alerts" + about +
                   "noci, its log or this receiver was away; they are told together."
             : count + " alerts" + about +
                   "They were more than this webhook may get one by one; critical ones were not "
                   "held back.";
}

}  // namespace

Alert digest_alert(Digest digest, TimePoint at, std::string alert_id) {
  const bool late = digest.reason == DigestReason::late;
  Alert alert = notice(late ? "noci-digest-late" : "noci-digest-suppressed",
                       late ? "Late alerts" : "Alerts beyond the rate of this webhook", at,
                       std::move(alert_id));
  alert.late = late;
  alert.first_event = alert.last_event = digest.entries.front().timestamp;
  for (const DigestEntry& entry : digest.entries) {
    alert.first_event = std::min(alert.first_event, entry.timestamp);
    alert.last_event = std::max(alert.last_event, entry.timestamp);
    alert.level = std::max(alert.level, level_named(entry.level).value_or(Level::medium));
  }
  alert.summary = summary_of(digest, alert);
  alert.digest = std::move(digest);
  return alert;
}

Alert heartbeat_alert(Pulse pulse, const Node& node, TimePoint at, std::string alert_id) {
  Alert alert = notice("noci-heartbeat", "noci lives", at, std::move(alert_id));
  alert.summary = pulse.ready ? "noci on " + node.name + " is watching."
                              : "noci on " + node.name + " runs and is not ready: " + pulse.problem;
  alert.pulse = std::move(pulse);
  return alert;
}

}  // namespace noci
