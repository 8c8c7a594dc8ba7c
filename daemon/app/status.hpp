#pragma once
// How the running daemon is, as values: each thread describes itself, metrics and `noci status`
// read it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "model/health.hpp"
#include "model/stats.hpp"

namespace noci {

/// What a listener or standard input received.
struct ReceivedStatus {
  std::uint64_t connections = 0;   ///< now
  std::uint64_t accepted = 0;      ///< connections
  std::uint64_t refused = 0;       ///< because there were too many
  std::uint64_t unauthorized = 0;  ///< TLS failed, or no allowed name
  std::uint64_t idle = 0;          ///< closed for silence, or for too long a time within a line
  std::uint64_t misframed = 0;     ///< octet counts that made no sense
  std::uint64_t lines = 0;
  std::uint64_t oversize_lines = 0;
  std::uint64_t broken_lines = 0;  ///< begun and never ended
  std::uint64_t pauses = 0;        ///< times that senders had to wait for the spool
  std::uint64_t spool_bytes = 0;   ///< now
  std::uint64_t spool_errors = 0;
};

struct SourceStatus {
  std::string name;
  std::vector<std::string> faults;  ///< what cannot be read now, and why
  std::uint64_t bytes = 0;
  std::uint64_t behind_bytes = 0;  ///< there and not read yet
  std::uint64_t files_opened = 0;
  std::uint64_t rotations = 0;
  std::uint64_t truncations = 0;
  std::uint64_t losses = 0;  ///< files that vanished or were truncated before their end was read
  std::uint64_t read_errors = 0;
  std::optional<ReceivedStatus> received;
};

/// Made by the analysis thread about every second.
struct AnalysisStatus {
  TimePoint at{};                         ///< wall clock
  std::optional<TimePoint> newest_event;  ///< event time
  std::optional<Duration> lag;            ///< arrival of the newest line minus its event time
  ParseStats parse;
  EngineStats engine;
  FamiliarStats familiar;
  std::uint64_t failed_lookups = 0;  ///< of geo databases
  CustodyStats custody;
  std::uint64_t clamped_times = 0;
  std::uint64_t skipped_records = 0;  ///< at which noci had died
  std::uint64_t rules = 0;
  std::vector<SourceStatus> sources;
  HealthReport health;
};

struct WebhookStatus {
  std::uint64_t delivered = 0;
  std::uint64_t failed_attempts = 0;
  std::uint64_t dead = 0;                         ///< by their answer
  std::map<std::string, std::uint64_t> given_up;  ///< without one, by reason: age, size
  std::map<std::string, std::uint64_t> digests;   ///< made, by reason: late, suppressed
  std::uint64_t heartbeats = 0;                   ///< that arrived
  std::uint64_t failed_heartbeats = 0;
  std::uint64_t gathered = 0;  ///< events that they carry
  std::optional<TimePoint> last_success;
  std::string last_error;  ///< of the newest attempt, empty when it succeeded
};

/// Kept by the delivery thread.
struct DeliveryStatus {
  std::uint64_t commits = 0;
  std::uint64_t commit_failures = 0;
  std::string state_lost;    ///< why the state that was kept could not be used at the start
  std::string commit_error;  ///< of the newest commit, empty when it succeeded
  std::optional<TimePoint> last_commit;
  Duration last_commit_duration{};
  std::uint64_t outbox_pending = 0;
  std::uint64_t outbox_dead = 0;
  std::uint64_t outbox_bytes = 0;  ///< of what is pending
  std::optional<TimePoint> outbox_oldest;
  std::map<std::string, WebhookStatus> webhooks;
  std::string last_alert;  ///< time, level and summary
  std::uint64_t reloads = 0;
  std::uint64_t reload_failures = 0;
  bool config_valid = true;  ///< of the newest reload
  TimePoint config_loaded{};
};

/// The answer to `noci status`, as one JSON object.
[[nodiscard]] std::string status_json(const AnalysisStatus& analysis,
                                      const DeliveryStatus& delivery);

}  // namespace noci
