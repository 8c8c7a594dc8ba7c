#pragma once
// What a record means: one request (or login, or forged line) with normalised fields, named after
// the Elastic Common Schema so that a SOC knows them. docs/events.md is the reference.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/time.hpp"
#include "model/action.hpp"
#include "model/novelty.hpp"
#include "model/record.hpp"

namespace noci {

/// Every field a rule may select on, group by, sum or count.
enum class Field : std::uint8_t {
  timestamp,
  homeserver,
  action,
  outcome,
  user_id,
  effective_user_id,
  actor_id,
  actor_linked,
  server_name,
  source_ip,
  source_network,
  source_country,
  source_as,
  source_as_name,
  user_agent,
  method,
  path,
  status,
  bytes,
  room_id,
  media_id,
  target_user_id,
  target_server,
  messages,
  messages_low,
  messages_high,
  messages_basis,
  limit,
  dbevts,
  duration,
  log_source,
  log_worker,
  request_id,
  first_seen_account,
  first_seen_address,
  first_seen_network,
  first_seen_country,
  first_seen_as,
  first_seen_agent,
  first_seen_action,
  first_seen_server,
  first_seen_hour,
  known_days_account,
  known_days_address,
  known_days_network,
  known_days_agent,
  travel_kmh,
};

inline constexpr std::array field_names{
    std::string_view("@timestamp"),
    std::string_view("matrix.homeserver"),
    std::string_view("event.action"),
    std::string_view("event.outcome"),
    std::string_view("user.id"),
    std::string_view("user.effective.id"),
    std::string_view("actor.id"),
    std::string_view("actor.linked"),
    std::string_view("server.name"),
    std::string_view("source.ip"),
    std::string_view("source.network"),
    std::string_view("source.geo.country"),
    std::string_view("source.as"),
    std::string_view("source.as.name"),
    std::string_view("user_agent.original"),
    std::string_view("http.request.method"),
    std::string_view("url.path"),
    std::string_view("http.response.status_code"),
    std::string_view("http.response.body.bytes"),
    std::string_view("matrix.room.id"),
    std::string_view("matrix.media.id"),
    std::string_view("matrix.target.user.id"),
    std::string_view("matrix.target.server"),
    std::string_view("matrix.messages"),
    std::string_view("matrix.messages.low"),
    std::string_view("matrix.messages.high"),
    std::string_view("matrix.messages.basis"),
    std::string_view("matrix.limit"),
    std::string_view("matrix.dbevts"),
    std::string_view("event.duration"),
    std::string_view("log.source"),
    std::string_view("log.worker"),
    std::string_view("request.id"),
    std::string_view("first_seen.account"),
    std::string_view("first_seen.address"),
    std::string_view("first_seen.network"),
    std::string_view("first_seen.country"),
    std::string_view("first_seen.as"),
    std::string_view("first_seen.agent"),
    std::string_view("first_seen.action"),
    std::string_view("first_seen.server"),
    std::string_view("first_seen.hour"),
    std::string_view("known_days.account"),
    std::string_view("known_days.address"),
    std::string_view("known_days.network"),
    std::string_view("known_days.agent"),
    std::string_view("travel.kmh"),
};

inline constexpr std::size_t field_count = field_names.size();
static_assert(static_cast<std::size_t>(Field::travel_kmh) + 1 == field_count);

[[nodiscard]] constexpr std::string_view name_of(Field field) {
  return field_names[static_cast<std::size_t>(field)];
}

/// The trait behind a field first_seen.…
[[nodiscard]] constexpr std::optional<Trait> trait_of(Field field) {
  if (field < Field::first_seen_account || field > Field::first_seen_hour) {
    return std::nullopt;
  }
  return static_cast<Trait>(static_cast<int>(field) - static_cast<int>(Field::first_seen_account));
}

[[nodiscard]] std::optional<Field> field_named(std::string_view name);
/// Numbers can be summed and compared with gt/gte/lt/lte; everything else is text.
[[nodiscard]] bool is_number(Field field);
/// Text that is `true` or `false`.
[[nodiscard]] bool is_flag(Field field);

enum class Outcome : std::uint8_t { success, failure, aborted };
inline constexpr std::size_t outcome_count = 3;

[[nodiscard]] std::string_view name_of(Outcome outcome);

/// What kind of record an event came from.
enum class Kind : std::uint8_t {
  request,       ///< the access line
  messages,      ///< the exact count of a /messages answer (Synapse 1.144+)
  login,         ///< an access token was issued
  login_failed,  ///< a password was wrong, or the account does not exist
  search,        ///< how many events a /search found
  restart,       ///< the server started: request ids begin again
  ignored,       ///< understood and of no interest, `reason` says why
  forged,        ///< cannot have been written by Synapse as it stands
  error,         ///< not understood, `reason` says why
};

inline constexpr std::array kind_names{
    std::string_view("request"),      std::string_view("messages"), std::string_view("login"),
    std::string_view("login_failed"), std::string_view("search"),   std::string_view("restart"),
    std::string_view("ignored"),      std::string_view("forged"),   std::string_view("error")};

[[nodiscard]] constexpr std::string_view name_of(Kind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}

enum class MessagesBasis : std::uint8_t { none, exact, estimate };

/// Views live as long as the parser's batch (record bytes and the batch's arena). An empty view
/// and an unset optional mean that the field is missing.
struct Event {
  TimePoint timestamp;
  Kind kind = Kind::ignored;
  Action action = Action::unknown;
  Outcome outcome = Outcome::success;
  std::string_view reason;  ///< of ignored, forged and error: a fixed word such as `bad_prefix`
  /// Of a request whose sender wrote parts of an access line into its own: whom they name.
  std::string_view claimed_user_id;

  std::string_view homeserver;
  std::string_view user_id;            ///< who authenticated: who the data goes to
  std::string_view effective_user_id;  ///< the puppeted account, when another one authenticated
  std::string_view actor_id;           ///< user_id, else the only account of this address and agent
  std::optional<bool> actor_linked;    ///< false: proven
  /// Of a request without an account, those it may be of when they are several.
  std::span<const std::string_view> candidates;
  std::string_view server_name;  ///< federation origin
  std::string_view source_ip;
  std::string_view source_network;  ///< /24 of an IPv4 address, /64 of an IPv6 one
  std::string_view source_country;
  std::string_view source_as;  ///< `AS64500`
  std::string_view source_as_name;
  std::string_view user_agent;
  std::string_view method;
  std::string_view path;      ///< as logged, without the query
  std::string_view query;     ///< as logged; not a rule field (it may hold secrets)
  std::string_view room_id;   ///< decoded; room id, or alias where a join names one
  std::string_view media_id;  ///< `server/id`, decoded
  std::string_view target_user_id;
  std::string_view target_server;
  std::string_view log_source;
  std::string_view log_worker;
  std::string_view request_id;

  std::optional<std::int64_t> status;
  std::optional<std::int64_t> bytes;
  std::optional<std::int64_t> messages;
  std::optional<std::int64_t> messages_low;
  std::optional<std::int64_t> messages_high;
  MessagesBasis messages_basis = MessagesBasis::none;
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> dbevts;
  std::optional<std::int64_t> duration;  ///< nanoseconds, start to end of the response

  // How the request fits what its account did before.
  Novelty novelty;
  std::optional<std::int64_t> known_days_account;
  std::optional<std::int64_t> known_days_address;
  std::optional<std::int64_t> known_days_network;
  std::optional<std::int64_t> known_days_agent;
  std::optional<std::int64_t> travel_kmh;  ///< the speed it takes to have been elsewhere before

  SourceIndex source = 0;
  bool is_context = false;  ///< of kind search: what stood around one hit, not the number of hits
  std::uint32_t log = 0;    ///< tells the logs of a process apart, also after a restart of ours
  Position position;

  /// The text of a text field, empty when missing (@timestamp too: see timestamp).
  [[nodiscard]] std::string_view text(Field field) const;
  /// The number of a number field.
  [[nodiscard]] std::optional<std::int64_t> number(Field field) const;
};

/// All texts of an event but its reason, which is a fixed word, and the candidates.
inline constexpr std::array event_texts{&Event::claimed_user_id, &Event::homeserver,
                                        &Event::user_id,         &Event::effective_user_id,
                                        &Event::actor_id,        &Event::server_name,
                                        &Event::source_ip,       &Event::source_network,
                                        &Event::source_country,  &Event::source_as,
                                        &Event::source_as_name,  &Event::user_agent,
                                        &Event::method,          &Event::path,
                                        &Event::query,           &Event::room_id,
                                        &Event::media_id,        &Event::target_user_id,
                                        &Event::target_server,   &Event::log_source,
                                        &Event::log_worker,      &Event::request_id};

}  // namespace noci
