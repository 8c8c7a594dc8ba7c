#include "app/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "app/process.hpp"

namespace noci {
namespace {

using prometheus::Labels;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double seconds(TimePoint time) {
  return seconds(time.time_since_epoch());
}

}  // namespace

class Metrics::Families {
 public:
  /// The threads keep totals that only grow; the registry's counter follows them.
  void total(const char* name, const char* help, std::uint64_t value, const Labels& labels = {}) {
    auto& counter =
        prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
    counter.Increment(static_cast<double>(value) - counter.Value());
  }

  void total(const char* name, const char* help, double value) {
    auto& counter = prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add({});
    counter.Increment(value - counter.Value());
  }

  void now(const char* name, const char* help, double value, const Labels& labels = {}) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels).Set(value);
  }

  void now(const char* name, const char* help, std::uint64_t value, const Labels& labels = {}) {
    now(name, help, static_cast<double>(value), labels);
  }

  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer{}.Serialize(registry_.Collect());
  }

 private:
  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Merge};
};

Metrics::Metrics(const std::string& version) : families_(std::make_unique<Families>()) {
  families_->now("noci_build_info", "Always 1; the label says which version runs.", 1.0,
                 {{"version", version}});
}

Metrics::~Metrics() = default;

namespace {

void add_parsing(auto& to, const ParseStats& parse) {
  for (std::size_t i = 0; i < kind_names.size(); ++i) {
    to.total("noci_records_total", "Log records read, by what they were.", parse.by_kind[i],
             {{"kind", std::string(kind_names[i])}});
  }
  to.total("noci_read_bytes_total", "Bytes of log lines read.", parse.bytes);
  to.total("noci_continuation_lines_total", "Lines that belong to a multi-line record.",
           parse.continuation_lines);
  to.total("noci_oversize_lines_total", "Lines longer than noci keeps; skipped to their end.",
           parse.oversize_lines);
  for (const auto& [reason, count] : parse.errors) {
    to.total("noci_parse_errors_total", "Records not understood or not believed, by reason.", count,
             {{"reason", std::string(reason)}});
  }
  for (const auto& [reason, count] : parse.ignored) {
    to.total("noci_ignored_records_total", "Records of no interest, by reason.", count,
             {{"reason", std::string(reason)}});
  }
  for (std::size_t i = 0; i < action_count; ++i) {
    if (parse.by_action[i] > 0) {
      to.total("noci_events_total", "Requests counted, by endpoint class.", parse.by_action[i],
               {{"action", std::string(action_names[i])}});
    }
  }
}

void add_engine(auto& to, const AnalysisStatus& analysis) {
  const EngineStats& engine = analysis.engine;
  to.now("noci_rules", "Rules in force.", analysis.rules);
  to.now("noci_keys", "Accounts, addresses, servers and other keys with a live window.",
         engine.keys);
  const auto memory = [&](const char* part, std::uint64_t bytes) {
    to.now("noci_memory_bytes", "Estimated memory, by what it is for.", bytes, {{"part", part}});
  };
  memory("keys", engine.memory_bytes);
  memory("familiar", analysis.familiar.memory_bytes);
  memory("custody", analysis.custody.bytes);
  to.now("noci_open_episodes", "Episodes that are firing or escalated.", engine.open_episodes);
  to.total("noci_evicted_keys_total", "Cold keys forgotten to stay within the memory budget.",
           engine.evicted_keys);
  to.total("noci_late_events_total", "Events older than a window could still take.",
           engine.late_events);
  const FamiliarStats& familiar = analysis.familiar;
  to.now("noci_familiar_accounts", "Accounts whose usual ways are known.", familiar.accounts);
  to.now("noci_familiar_places", "Addresses with agents where an account was seen lately.",
         familiar.places);
  to.total("noci_familiar_evicted_accounts_total",
           "Accounts whose usual ways were forgotten to stay within the memory budget.",
           familiar.evicted_accounts);
  to.total("noci_familiar_evicted_places_total", "Likewise places.", familiar.evicted_places);
  to.total("noci_geo_failed_lookups_total", "Addresses that a geo database could not be asked for.",
           analysis.failed_lookups);
  const CustodyStats& custody = analysis.custody;
  to.now("noci_mixed_logs", "Text logs that clients can write lines of their own into.",
         custody.mixed_logs);
  to.now("noci_custody_lines", "Lines of mixed text logs that wait to be judged.", custody.lines);
  to.total("noci_custody_released_early_total", "Lines judged too early for want of room.",
           custody.released_early);
  to.now("noci_interleaved_logs", "Text logs of several processes that do not say which.",
         custody.interleaved_logs);
  to.total("noci_false_restarts_total", "Starts of Synapse that were believed and were forged.",
           custody.false_restarts);
  to.total("noci_clamped_times_total", "Event times too absurd to believe.",
           analysis.clamped_times);
  to.total("noci_skipped_records_total", "Records passed over because noci had died at them.",
           analysis.skipped_records);
  to.total("noci_missing_group_field_total",
           "Events a rule selected that lack one of its group-by fields.",
           engine.missing_group_field);
  for (const auto& [rule, count] : engine.alerts) {
    to.total("noci_alerts_total", "Episodes that began to fire or escalated.", count,
             {{"rule", rule.first}, {"level", std::string(name_of(rule.second))}});
  }
  if (analysis.lag) {
    to.now("noci_event_lag_seconds", "Arrival of the newest line minus its event time.",
           seconds(*analysis.lag));
  }
  if (analysis.newest_event) {
    to.now("noci_newest_event_timestamp_seconds", "Newest event time seen.",
           seconds(*analysis.newest_event));
  }
}

void add_received(auto& to, const std::string& source, const ReceivedStatus& received) {
  const Labels labels{{"source", source}};
  to.now("noci_intake_connections", "Senders that are connected.", received.connections, labels);
  const auto connections = [&](const char* result, std::uint64_t value) {
    to.total("noci_intake_connections_total", "Connections of senders, by what became of them.",
             value, {{"source", source}, {"result", result}});
  };
  connections("accepted", received.accepted);
  connections("refused", received.refused);
  connections("unauthorized", received.unauthorized);
  connections("idle", received.idle);
  connections("misframed", received.misframed);
  const auto lines = [&](const char* result, std::uint64_t value) {
    to.total("noci_intake_lines_total", "Lines that senders began, by what became of them.", value,
             {{"source", source}, {"result", result}});
  };
  lines("taken", received.lines);
  lines("oversize", received.oversize_lines);
  lines("broken", received.broken_lines);
  to.total("noci_intake_pauses_total", "Times that senders had to wait for the spool.",
           received.pauses, labels);
  to.now("noci_intake_spool_bytes", "Bytes in the spool, counted ones not yet removed included.",
         received.spool_bytes, labels);
  to.total("noci_intake_spool_errors_total", "Writes to the spool that failed.",
           received.spool_errors, labels);
}

void add_sources(auto& to, const AnalysisStatus& analysis) {
  for (const SourceStatus& source : analysis.sources) {
    const Labels labels{{"source", source.name}};
    to.total("noci_source_files_opened_total", "Files of the source that were opened.",
             source.files_opened, labels);
    to.now("noci_source_faults", "Paths of the source that cannot be read now.",
           static_cast<double>(source.faults.size()), labels);
    to.total("noci_source_bytes_total", "Bytes read from the source.", source.bytes, labels);
    to.total("noci_source_rotations_total", "Files that were replaced under their name.",
             source.rotations, labels);
    to.total("noci_source_truncations_total", "Files that were truncated in place.",
             source.truncations, labels);
    to.total("noci_source_losses_total",
             "Files that vanished or were truncated before their end was read.", source.losses,
             labels);
    to.total("noci_source_read_errors_total", "Reads that failed.", source.read_errors, labels);
    if (source.received) {
      add_received(to, source.name, *source.received);
    }
  }
}

Labels labels_of(const BlindSubject& subject, Cause cause) {
  Labels labels{{"cause", std::string(name_of(cause))}};
  if (subject.kind == BlindSubject::Kind::source) {
    labels["source"] = subject.name;
  } else if (subject.kind == BlindSubject::Kind::worker) {
    labels["worker"] = subject.name;
  }
  return labels;
}

void add_health(auto& to, const HealthReport& health) {
  for (const Blindness& blindness : health.blindness) {
    const Labels labels = labels_of(blindness.subject, blindness.cause);
    to.now("noci_blind", "1 while noci is blind to a source or worker, by cause.",
           blindness.blind ? 1.0 : 0.0, labels);
    to.total("noci_blind_episodes_total", "How often noci became blind.", blindness.episodes,
             labels);
  }
  for (const SourceHealth& source : health.sources) {
    const Labels labels{{"source", source.name}};
    to.total("noci_source_records_total", "Records read from the source.", source.records, labels);
    to.total("noci_source_requests_total", "Access lines among them.", source.requests, labels);
    to.total("noci_source_errors_total", "Records among them that were not understood.",
             source.errors, labels);
    to.now("noci_source_silence_seconds", "How long the source has said nothing.",
           seconds(source.silence), labels);
    to.now("noci_source_silence_limit_seconds", "From when on that is unusual.",
           seconds(source.silence_limit), labels);
    to.now("noci_source_request_silence_seconds", "How long no access line has come.",
           seconds(source.request_silence), labels);
    to.now("noci_source_lag_seconds", "How old is what noci reads while it is behind; else 0.",
           seconds(source.lag), labels);
    to.now("noci_source_error_ratio", "Share of records not understood, over the span.",
           source.error_share, labels);
    if (source.skew) {
      to.now("noci_source_clock_skew_seconds",
             "How long before their arrival all lines are stamped; negative: in the future.",
             seconds(*source.skew), labels);
    }
  }
  for (const WorkerHealth& worker : health.workers) {
    const Labels labels{{"worker", worker.name}};
    to.total("noci_worker_requests_total", "Request numbers that the worker has passed.",
             worker.passed, labels);
    to.total("noci_worker_missing_requests_total", "Those among them that no access line had.",
             worker.missing, labels);
    if (worker.base) {
      to.now("noci_worker_base_gap_ratio", "Share of numbers that usually have no access line.",
             *worker.base, labels);
    }
    if (worker.loss) {
      to.now("noci_worker_lost_ratio", "Share of access lines lost, over the span.", *worker.loss,
             labels);
    }
  }
}

void add_delivery(auto& to, const DeliveryStatus& delivery, TimePoint analysis_at, TimePoint now) {
  to.now("noci_analysis_age_seconds",
         "Since the analysis last said how it is: a second or so, unless it is stuck.",
         analysis_at == TimePoint{} ? 0.0 : seconds(now - analysis_at));
  to.total("noci_commits_total", "Transactions committed.", delivery.commits);
  to.now("noci_state_lost",
         "1 when the saved state could not be used at the start, and the logs were read again.",
         delivery.state_lost.empty() ? 0.0 : 1.0);
  to.total("noci_commit_failures_total", "Transactions that failed and are tried again.",
           delivery.commit_failures);
  to.now("noci_commit_duration_seconds", "How long the newest commit took.",
         seconds(delivery.last_commit_duration));
  if (delivery.last_commit) {
    to.now("noci_last_commit_timestamp_seconds", "When the newest commit was made.",
           seconds(*delivery.last_commit));
  }
  to.now("noci_outbox_pending", "Deliveries that wait for their receiver.",
         delivery.outbox_pending);
  to.now("noci_outbox_dead", "Deliveries that were given up.", delivery.outbox_dead);
  to.now("noci_outbox_bytes", "Payloads of the deliveries that wait.", delivery.outbox_bytes);
  to.now("noci_outbox_oldest_seconds", "Age of the oldest waiting delivery.",
         delivery.outbox_oldest ? seconds(now - *delivery.outbox_oldest) : 0.0);
  for (const auto& entry : delivery.webhooks) {
    const auto& webhook = entry.second;
    const auto count = [&](const char* result, std::uint64_t value) {
      to.total("noci_deliveries_total", "Attempts to deliver, by webhook and result.", value,
               {{"webhook", entry.first}, {"result", result}});
    };
    count("delivered", webhook.delivered);
    count("failed", webhook.failed_attempts);
    count("dead", webhook.dead);
    const auto beats = [&](const char* result, std::uint64_t value) {
      to.total("noci_heartbeats_total", "Heartbeats, by webhook and result.", value,
               {{"webhook", entry.first}, {"result", result}});
    };
    beats("delivered", webhook.heartbeats);
    beats("failed", webhook.failed_heartbeats);
    for (const char* reason : {"late", "suppressed"}) {
      const auto found = webhook.digests.find(reason);
      to.total("noci_digests_total", "Digests made of late alerts, or of those beyond the rate.",
               found == webhook.digests.end() ? 0 : found->second,
               {{"webhook", entry.first}, {"reason", reason}});
    }
    to.total("noci_gathered_alerts_total", "Alerts that digests carry.", webhook.gathered,
             {{"webhook", entry.first}});
    for (const char* reason : {"age", "size"}) {
      const auto found = webhook.given_up.find(reason);
      to.total("noci_outbox_given_up_total",
               "Deliveries given up because they were too old, or the outbox full.",
               found == webhook.given_up.end() ? 0 : found->second,
               {{"webhook", entry.first}, {"reason", reason}});
    }
  }
  to.total("noci_reloads_total", "Reloads of settings and rules that were asked for.",
           delivery.reloads);
  to.total("noci_reload_failures_total", "Reloads that were refused because of a fault.",
           delivery.reload_failures);
  to.now("noci_config_valid", "1 when the newest reload was accepted.",
         delivery.config_valid ? 1.0 : 0.0);
  to.now("noci_config_last_reload_timestamp_seconds", "When the settings in force were loaded.",
         seconds(delivery.config_loaded));
}

void add_process(auto& to) {
  const ProcessStats process = process_stats();
  to.total("process_cpu_seconds_total", "User and system CPU time.", process.cpu_seconds);
  to.now("process_resident_memory_bytes", "Resident memory.", process.resident_bytes);
  to.now("process_open_fds", "Open file descriptors.", process.open_files);
  to.now("process_start_time_seconds", "Start of the process.", process.start_time_seconds);
}

}  // namespace

std::string Metrics::text(const AnalysisStatus& analysis, const DeliveryStatus& delivery,
                          TimePoint now) {
  add_parsing(*families_, analysis.parse);
  add_engine(*families_, analysis);
  add_sources(*families_, analysis);
  add_health(*families_, analysis.health);
  add_delivery(*families_, delivery, analysis.at, now);
  add_process(*families_);
  return families_->text();
}

}  // namespace noci
