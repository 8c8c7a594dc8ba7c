#pragma once
// noci.yaml as values, every default in place. config/noci.yaml explains each key; settings/load
// reads it. Paths are as written (absolute, or relative to the settings file, already resolved).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/totals.hpp"

namespace noci {

enum class LineFormat : std::uint8_t { detect, text, json };

enum class StartAt : std::uint8_t { end, beginning };

enum class SourceType : std::uint8_t { file, journal, tcp, unix_socket, standard_input };

/// Which entries of the journal; what any of the three names matches is read.
struct JournalSettings {
  std::vector<std::string> units;
  std::vector<std::string> identifiers;
  std::vector<std::string> containers;
  std::string directory;  ///< of journal files; empty: this machine's own journal

  bool operator==(const JournalSettings&) const = default;
};

/// TLS of a listener; empty cert_file: none.
struct TlsSettings {
  std::string cert_file;           ///< PEM, with its chain
  std::string key_file;            ///< PEM
  std::string ca_file;             ///< senders need a certificate of one of these authorities
  std::vector<std::string> names;  ///< and one of these names; empty: any

  bool operator==(const TlsSettings&) const = default;
};

/// Where senders connect to, and what they may do.
struct ListenSettings {
  std::string address;  ///< tcp: an IP address
  std::uint16_t port = 0;
  std::string path;      ///< unix: of the socket
  unsigned mode = 0660;  ///< of the socket
  std::string group;     ///< of the socket; empty: the daemon's own
  std::int64_t connections = 64;
  /// A sender may lose what it writes into a connection that was closed for its silence.
  Duration idle_timeout = std::chrono::hours{1};
  TlsSettings tls;

  bool operator==(const ListenSettings&) const = default;
};

struct SourceSettings {
  std::string name;  ///< `log.source`; unique; default: the path's file name, else the type
  SourceType type = SourceType::file;
  std::vector<std::string> paths;  ///< files and globs
  JournalSettings journal;
  ListenSettings listen;
  std::int64_t spool_limit = std::int64_t{1} << 30;  ///< bytes of what came by socket or stdin
  LineFormat format = LineFormat::detect;
  std::string prefix;               ///< of text records, in Python's words; empty: Synapse's
  std::string timezone;             ///< IANA; empty: this machine's zone
  std::string homeserver;           ///< `matrix.homeserver`
  std::string worker;               ///< `log.worker`; empty: from the line, else the file's name
  StartAt start_at = StartAt::end;  ///< for a file without a saved cursor, found at start-up
  Duration backfill{};  ///< of a source without any cursor, what is read of the past; 0: nothing

  bool operator==(const SourceSettings&) const = default;
};

/// At most so many alerts one by one in so much time; 0: as many as there are.
struct RateSettings {
  std::int64_t alerts = 60;
  Duration per = std::chrono::minutes{10};
};

struct WebhookSettings {
  std::string name;
  std::string url;            ///< http or https; may hold a secret, so only its origin is printed
  std::string url_file;       ///< file (or systemd credential name) that holds the URL instead
  std::string secret_file;    ///< `whsec_…`; empty: the request is not signed
  std::string template_file;  ///< JSON body template; empty: the native payload
  std::string ca_file;        ///< extra CA certificates; empty: the system's
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> levels;  ///< empty: all
  bool resolved = true;             ///< send resolved state changes too
  Duration timeout = std::chrono::seconds{20};
  RateSettings rate;
  Duration heartbeat{};  ///< how often system.heartbeat is sent; 0: never
};

/// What waits for its receivers, and for how long. config/noci.yaml says why these.
struct DeliverySettings {
  Duration give_up_after = std::chrono::days{3};
  std::int64_t most_pending = 10'000;                  ///< deliveries, over all webhooks
  std::int64_t pending_size = std::int64_t{64} << 20;  ///< bytes of their payloads
  std::int64_t digest_from = 3;  ///< so many late alerts are told in one digest; 0: never
};

struct MetricsSettings {
  bool enabled = true;
  std::string address = "127.0.0.1";
  std::uint16_t port = 9469;

  bool operator==(const MetricsSettings&) const = default;
};

/// From when on noci calls itself blind. config/noci.yaml says why these.
struct HealthSettings {
  bool alerts = true;  ///< system.blind and system.recovered; metrics and status are always there
  Duration warm_up = std::chrono::minutes{30};
  Duration silence_least = std::chrono::minutes{3};
  Duration silence_most = std::chrono::hours{12};
  Duration unreadable = std::chrono::minutes{1};
  Duration behind = std::chrono::minutes{2};
  Duration clock_skew = std::chrono::minutes{1};
  double not_understood = 0.05;  ///< share of a source's records
  double lines_lost = 0.03;      ///< share of a worker's access lines
  Duration span = std::chrono::minutes{10};
  Duration settle = std::chrono::minutes{1};
  Duration usual_after = std::chrono::hours{24};
};

struct Settings {
  std::string file;       ///< where it was read; empty: the built-in defaults
  std::string node_name;  ///< default: this machine's host name
  std::vector<SourceSettings> sources;
  std::string rules_dir = "/usr/share/noci/rules";
  std::string extra_rules_dir = "/etc/noci/rules.d";
  ServerTotals totals{};  ///< of the server, as the operator gives them
  std::string rule_limits_file = "/etc/noci/limits.yaml";  ///< need not exist
  std::string lists_dir;                                   ///< empty: RULES/lists
  std::string extra_lists_dir = "/etc/noci/lists";
  std::vector<WebhookSettings> webhooks;
  DeliverySettings delivery;
  std::string state_dir = "/var/lib/noci";
  std::string control_socket = "/run/noci/control.sock";
  MetricsSettings metrics;
  /// How late a line may be; unset: 0 with a single file, 10 s otherwise.
  std::optional<Duration> lateness;
  Duration commit_interval = std::chrono::seconds{5};
  std::int64_t memory_budget = std::int64_t{512} << 20;    ///< bytes for keys, windows and evidence
  std::int64_t familiar_memory = std::int64_t{128} << 20;  ///< bytes for what accounts usually do
  std::vector<std::string> geo_databases;                  ///< files in MaxMind's format
  HealthSettings health;
  std::string log_level = "info";
};

/// L of the window promise where several files are read: the writers' flush period of 5 s and as
/// much again for clocks that differ between workers.
inline constexpr Duration default_lateness = std::chrono::seconds{10};

/// A fault of a settings, rule or list file.
struct Fault {
  std::string file;
  int line = 0;      ///< 1-based; 0: the file as a whole
  int column = 0;    ///< 1-based
  std::string what;  ///< what is wrong
  std::string help;  ///< what would be right

  /// `file:line:column: what (help)`
  [[nodiscard]] std::string to_string() const;
};

using Faults = std::vector<Fault>;

}  // namespace noci
