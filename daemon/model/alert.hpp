#pragma once
// What noci says about an episode: one state change of one continuous breach of one rule by one
// key. Owns everything; crosses threads. notify/payload writes it as JSON (docs/alerts.md).

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "model/event.hpp"
#include "model/health.hpp"
#include "model/rule.hpp"

namespace noci {

enum class AlertStatus : std::uint8_t { firing, escalated, updated, resolved, test, info };

/// `firing`, `escalated`, …; the payload's `type` is `alert.` and this.
[[nodiscard]] std::string_view name_of(AlertStatus status);

/// One step of a sequence, and the latest time it happened, if it did.
struct StepState {
  std::string name;
  std::int64_t count = 1;  ///< events that complete it
  bool complete = false;
  TimePoint first;
  TimePoint last;
};

/// What a baseline knows: of the key's own days, and of the days of all keys of the rule.
struct UsualState {
  bool warming = false;  ///< nothing it asks for is known yet: the limit is silent
  int own_days = 0;
  std::int64_t own_busiest = 0;
  std::int64_t own_busy_day = 0;  ///< the busiest, as far as it is ordinary
  int peer_days = 0;
  std::int64_t peer_keys = 0;
  std::int64_t peers = 0;    ///< their quantile
  double peer_quantile = 1;  ///< 1 also where it is the busiest of them
  double season = 1;         ///< share of a busy day that is usual by now
};

/// A limit of the rule and where the key stands against it.
struct LimitState {
  std::string name;
  LimitType type = LimitType::event_count;
  std::string field;  ///< empty for event_count
  Duration timespan{};
  Compare compare = Compare::gt;
  std::int64_t base_limit = 0;
  double limit = 0;  ///< in force: base_limit × factor
  double factor = 1;
  std::string period;  ///< of the schedule, empty without one
  std::int64_t value = 0;
  bool breached = false;
  bool exact = true;
  double error_pct = 0;              ///< standard error of an estimated distinct count
  std::int64_t whole = 0;            ///< what all of the server comes to; 0: not a share
  std::vector<StepState> steps;      ///< of a sequence
  std::optional<UsualState> usual;   ///< of a baseline
  std::vector<std::string> because;  ///< conditional factors in force
};

struct Sample {
  TimePoint timestamp;
  Action action = Action::unknown;
  std::string request_id;
  std::string source;  ///< the source's name
  Position position;
};

/// An account that requests without one may be of: it was seen on the same address and agent.
struct LinkedAccount {
  std::string user_id;
  std::int64_t alone = 0;    ///< requests at least for which it was the only one
  std::int64_t several = 0;  ///< and for which it was one of several

  bool operator==(const LinkedAccount&) const = default;
};

struct Evidence {
  std::vector<Sample> samples;
  /// Field and its most frequent values with their counts, largest first.
  std::vector<std::pair<Field, std::vector<std::pair<std::string, std::int64_t>>>> top;
  /// The surest first; empty when no request was without an account, or none could be linked.
  std::vector<LinkedAccount> linked;
  bool truncated = false;  ///< rarer values were forgotten to bound memory
};

/// What noci says about its own sight: system.blind and system.recovered.
struct SystemNews {
  BlindChange change;
  std::string problem;  ///< what is wrong, in plain words
  std::string advice;   ///< what to do about it
};

/// Why events were gathered instead of sent one by one.
enum class DigestReason : std::uint8_t {
  late,        ///< they are old news, from a time when noci or the receiver was away
  suppressed,  ///< more came than the webhook may get
};

[[nodiscard]] std::string_view name_of(DigestReason reason);

/// An event that a digest carries.
struct DigestEntry {
  std::string event_id;
  std::string alert_id;
  std::uint64_t sequence = 1;
  TimePoint timestamp;
  std::string level;
  std::string status;
  std::string rule_title;
  std::string summary;
};

struct Digest {
  DigestReason reason = DigestReason::late;
  std::vector<DigestEntry> entries;  ///< in the order of each alert's sequence
};

/// That noci lives: system.heartbeat.
struct Pulse {
  bool ready = true;
  std::string problem;        ///< why it is not ready
  std::uint64_t pending = 0;  ///< deliveries that wait, over all webhooks
  std::uint64_t dead = 0;
  std::optional<TimePoint> newest_event;
};

struct Alert {
  AlertStatus status = AlertStatus::firing;
  std::string resolve_reason;  ///< of resolved: below_limit, rule_removed
  TimePoint timestamp;         ///< event time of the state change
  std::string alert_id;        ///< of the episode
  std::uint64_t sequence = 1;  ///< per alert_id, strictly increasing
  Level level = Level::medium;
  bool simulated = false;
  bool late = false;

  std::string rule_id;
  std::string rule_title;
  std::string rule_hash;
  std::string rule_status;
  std::vector<std::string> tags;
  std::vector<std::string> falsepositives;
  std::string runbook;

  /// The server that the key belongs to; empty where the sources do not say.
  std::string homeserver;
  /// The group-by fields and their values: what the episode is about.
  std::vector<std::pair<Field, std::string>> key;
  std::vector<LimitState> limits;
  TimePoint first_event;  ///< of what the key's evidence covers
  TimePoint last_event;
  Evidence evidence;
  std::string summary;  ///< one plain sentence
  /// Set when the alert is about noci itself: firing is then blind, resolved is recovered.
  std::optional<SystemNews> system;
  /// Set when it carries other events; status is then info, as of a pulse.
  std::optional<Digest> digest;
  std::optional<Pulse> pulse;

  /// `alert_id-sequence`: the webhook-id, constant over retries.
  [[nodiscard]] std::string event_id() const;
  /// The values of `key`, joined by a space.
  [[nodiscard]] std::string key_text() const;
};

}  // namespace noci
