#include "notify/notice_payload.hpp"

#include <boost/json/array.hpp>

#include "base/text.hpp"

namespace noci {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_id = 64;
// A digest has up to a hundred entries.
constexpr std::size_t longest_entry = 240;
constexpr std::size_t longest_problem = 1000;

json::string text(std::string_view raw, std::size_t longest) {
  return json::string(printable(raw, longest));
}

}  // namespace

json::object digest_json(const Digest& digest) {
  json::object levels;
  json::array events;
  for (const DigestEntry& entry : digest.entries) {
    json::value& count = levels[entry.level];
    count = (count.is_int64() ? count.as_int64() : 0) + 1;
    json::object event;
    event["event_id"] = text(entry.event_id, longest_id);
    event["alert_id"] = text(entry.alert_id, longest_id);
    event["sequence"] = entry.sequence;
    event["timestamp"] = format_rfc3339(entry.timestamp);
    event["level"] = text(entry.level, longest_id);
    event["status"] = text(entry.status, longest_id);
    event["rule"] = text(entry.rule_title, longest_entry);
    event["summary"] = text(entry.summary, longest_entry);
    events.push_back(std::move(event));
  }
  json::object object;
  object["reason"] = name_of(digest.reason);
  object["count"] = digest.entries.size();
  object["levels"] = std::move(levels);
  object["events"] = std::move(events);
  return object;
}

json::object pulse_json(const Pulse& pulse) {
  json::object object;
  object["ready"] = pulse.ready;
  if (!pulse.problem.empty()) {
    object["problem"] = text(pulse.problem, longest_problem);
  }
  object["pending"] = pulse.pending;
  object["dead"] = pulse.dead;
  if (pulse.newest_event) {
    object["newest_event"] = format_rfc3339(*pulse.newest_event);
  }
  return object;
}

}  // namespace noci
