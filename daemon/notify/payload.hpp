#pragma once
// The native payload: an alert as the JSON body of a webhook (docs/alerts.md is the reference).
// Stable key order, event time only, no clock: the same alert always gives the same bytes. Text
// that came from a log line is made printable and cut, and the evidence stays within a budget, so
// no attacker can write markup, control characters or a huge body through an alert. Which webhooks
// get it, and in what shape, is left to webhook and template.

#include <cstddef>
#include <string>
#include <string_view>

#include "model/alert.hpp"

namespace noci {

/// Who speaks: fixed for the life of the process (config_hash until the next reload).
struct Node {
  std::string name;
  std::string homeserver;
  std::string version;
  std::string config_hash;
};

/// Standard Webhooks asks for bodies below 20 kB; evidence is the only part that could pass it.
inline constexpr std::size_t evidence_bytes = 16 * 1024;

[[nodiscard]] std::string payload_json(const Alert& alert, const Node& node);

/// SHA-256 (hex) over the rule's id and the key's values: the same for all episodes of one rule
/// about one key, on every installation.
[[nodiscard]] std::string fingerprint(const Alert& alert);

/// What `noci alerts test` sends: about nothing, `alert_id` is the caller's to make unique.
[[nodiscard]] Alert test_alert(const Node& node, TimePoint at, std::string alert_id);
[[nodiscard]] std::string test_payload(const Node& node, TimePoint at, std::string alert_id);

/// A payload in which every path that can ever occur does occur; templates are checked against it.
[[nodiscard]] std::string sample_payload();

}  // namespace noci
