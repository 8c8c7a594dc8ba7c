#include "parse/parser.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "parse/ancillary.hpp"
#include "parse/endpoint.hpp"
#include "parse/envelope.hpp"
#include "parse/line.hpp"
#include "parse/messages_estimate.hpp"
#include "parse/requester.hpp"
#include "parse/scan.hpp"

namespace noci {
namespace {

/// Worker names come from lines; more processes than this never share one stream, and beyond it
/// their records are taken without the check.
constexpr std::size_t most_workers = 256;

void refuse(Event& event, Kind kind, std::string_view reason) {
  event.kind = kind;
  event.reason = reason;
}

/// Takes everything back that the line claims: only the account it would frame is kept, as target.
void forge(Event& event, std::string_view reason) {
  Event forged;
  forged.timestamp = event.timestamp;
  forged.kind = Kind::forged;
  forged.action = Action::log_forgery;
  forged.outcome = Outcome::failure;
  forged.reason = reason;
  forged.homeserver = event.homeserver;
  forged.target_user_id = event.user_id.empty() ? event.target_user_id : event.user_id;
  forged.log_source = event.log_source;
  forged.log_worker = event.log_worker;
  forged.request_id = event.request_id;
  forged.source = event.source;
  forged.position = event.position;
  event = forged;
}

std::string_view reason_of(Fit fit) {
  switch (fit) {
    case Fit::copy:
      return "duplicate";
    case Fit::reused:
      return "request_id_reused";
    case Fit::range:
      return "request_id_range";
    default:
      return "time";
  }
}

Outcome outcome_of(std::int64_t status, bool aborted) {
  constexpr std::int64_t client_gone = 499;  // Synapse's own code, never sent
  if (aborted || status == client_gone) {
    return Outcome::aborted;
  }
  return status >= 200 && status < 400 ? Outcome::success : Outcome::failure;
}

/// Python's own output between the records of a JSON log.
bool begins_traceback(std::string_view line) {
  return line.starts_with("Traceback (most recent call last):") ||
         line.starts_with("--- Logging error ---") || line.starts_with("Exception ignored in");
}

/// The counter in an access line's id. The id is METHOD-TEXT, where TEXT is the counter unless
/// request_id_header says otherwise; `matches` is false when it is a counter of another method.
std::optional<std::uint64_t> counter_of(std::string_view request_id, std::string_view method,
                                        bool& matches) {
  matches = true;
  std::int64_t number = 0;
  if (request_id.size() > method.size() && request_id.starts_with(method) &&
      request_id[method.size()] == '-') {
    if (all_digits(request_id.substr(method.size() + 1), number)) {
      return static_cast<std::uint64_t>(number);
    }
    return std::nullopt;
  }
  matches = !request_counter(request_id);
  return std::nullopt;
}

bool read_requester(const AccessLine& access, const AccessKeys* keys, Requester& out) {
  if (keys == nullptr || keys->authenticated_entity.empty()) {
    return read_requester(access.requester, out);
  }
  if (!read_requester(keys->authenticated_entity, out)) {
    return false;
  }
  if (keys->requester != keys->authenticated_entity) {
    out.effective_user_id = keys->requester;
  }
  return true;
}

void fill_numbers(const AccessLine& access, Event& event) {
  event.outcome = outcome_of(access.status, access.aborted);
  event.user_agent = access.user_agent;
  event.method = access.method;
  event.status = access.status;
  event.bytes = access.bytes;
  event.dbevts = access.dbevts;
  event.duration = access.duration;
}

void fill_endpoint(std::string_view uri, Event& event, Arena& arena) {
  const std::size_t mark = std::min(uri.find('?'), uri.size());
  event.path = uri.substr(0, mark);
  event.query = uri.substr(std::min(mark + 1, uri.size()));
  const Endpoint endpoint = classify(event.method, event.path, event.query, arena);
  event.action = endpoint.action;
  event.room_id = endpoint.room_id;
  event.media_id = endpoint.media_id;
  event.target_user_id = endpoint.target_user_id;
  event.target_server = endpoint.target_server;
  event.limit = endpoint.limit;
  if (!endpoint.counted) {
    refuse(event, Kind::ignored, name_of(endpoint.action));
    return;
  }
  event.kind = Kind::request;
  if (const auto estimate =
          estimate_messages(endpoint, event.method, event.query, *event.status, *event.bytes)) {
    event.messages = estimate->best;
    event.messages_low = estimate->low;
    event.messages_high = estimate->high;
    event.messages_basis = MessagesBasis::estimate;
  }
}

}  // namespace

Parser::Parser(SourceInfo source) : source_(std::move(source)), clock_(source_.zone) {}

Event Parser::blank(const Record& record) const {
  Event event;
  event.timestamp = record.arrival;
  event.homeserver = source_.homeserver;
  event.log_source = source_.name;
  event.log_worker = source_.worker;
  event.source = record.source;
  event.position = record.position;
  return event;
}

Event Parser::parse(const Record& record, Arena& arena) {
  Event event = blank(record);
  arrival_ = record.arrival;
  std::string_view line = record.bytes;
  // Synapse writes bare line feeds; a carriage return comes from a terminal or a shipper.
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  const Envelope envelope = open_envelope(line);
  if (!envelope.worker.empty()) {
    event.log_worker = envelope.worker;
  }
  if (source_.format == LineFormat::json ||
      (source_.format == LineFormat::detect && envelope.body.starts_with('{'))) {
    if (!parse_json(envelope.body, event, arena)) {
      parse_stray(envelope.body, event);
    }
  } else {
    parse_text(envelope.body, event, arena);
  }
  if (event.kind != Kind::error && event.kind != Kind::forged && event.reason != "continuation") {
    newest_ = event.timestamp;
  }
  return event;
}

void Parser::parse_text(std::string_view body, Event& event, Arena& arena) {
  LogLine line;
  if (!parse_log_line(body, line)) {
    parse_stray(body, event);
    return;
  }
  before_ = Before::text_record;
  text_seen_ = true;
  const bool has_past = newest_ != TimePoint{};
  const auto time = clock_.read(line.minute, line.within, has_past ? newest_ : arrival_);
  if (!time) {
    refuse(event, Kind::error, "bad_time");
    return;
  }
  event.timestamp = *time;
  if (!line.worker.empty()) {
    event.log_worker = line.worker;
  }
  understand({line.logger, line.request, line.message, nullptr, true}, event, arena);
}

bool Parser::parse_json(std::string_view body, Event& event, Arena& arena) {
  JsonLine line;
  if (!body.starts_with('{') || !json_.read(body, arena, line)) {
    return false;
  }
  before_ = Before::json_record;
  if (line.time) {
    event.timestamp = *line.time;
  }
  // Synapse's word for records outside any server's context is no server.
  if (event.homeserver.empty() && !line.server_name.starts_with("unknown_server_from_")) {
    event.homeserver = line.server_name;
  }
  const AccessKeys& keys = line.request_keys;
  understand({line.logger, line.request, line.message,
              line.has_request_keys && !keys.method.empty() ? &keys : nullptr, false},
             event, arena);
  return true;
}

void Parser::parse_stray(std::string_view body, Event& event) {
  const bool is_json = source_.format == LineFormat::json || before_ == Before::json_record;
  if (before_ == Before::text_record || before_ == Before::traceback) {
    refuse(event, Kind::ignored, "continuation");
  } else if (body.empty()) {
    refuse(event, Kind::ignored, "blank");
  } else if (is_json && begins_traceback(body)) {
    before_ = Before::traceback;
    refuse(event, Kind::ignored, "continuation");
  } else if (body.starts_with('{') && source_.format != LineFormat::text) {
    refuse(event, Kind::error, "bad_json");
  } else {
    refuse(event, Kind::error, is_json ? "not_json" : "no_prefix");
  }
}

void Parser::understand(const Parts& parts, Event& event, Arena& arena) {
  event.request_id = parts.request;
  const std::string_view tag = access_tag(parts.logger);
  if (!tag.empty()) {
    read_access(parts, tag, event, arena);
    return;
  }
  read_ancillary(parts.logger, parts.message, event, arena);
  if (event.kind == Kind::ignored) {
    return;
  }
  if (parts.keys != nullptr) {
    event.source_ip = read_address(parts.keys->address, arena);
    event.user_agent = parts.keys->user_agent;
  }
  if (event.kind == Kind::restart) {
    if (Sequence* sequence = sequence_of(event.log_worker)) {
      sequence->restart(event.timestamp);
    }
    return;
  }
  if (const auto reason = doubt(parts, request_counter(parts.request), false, event)) {
    forge(event, *reason);
  }
}

void Parser::read_access(const Parts& parts, std::string_view tag, Event& event, Arena& arena) {
  // Printed at DEBUG when a request begins; its end is what counts.
  if (parts.message.starts_with("Received request: ")) {
    refuse(event, Kind::ignored, "received_request");
    return;
  }
  AccessLine access;
  if (parts.keys == nullptr || !parse_access_line(parts.message, *parts.keys, access)) {
    const AccessFault fault = parse_access_line(parts.message, tag, access);
    if (fault == AccessFault::grammar) {
      refuse(event, Kind::error, "access_grammar");
      return;
    }
    const bool keys_differ = parts.keys != nullptr &&
                             (access.method != parts.keys->method || access.uri != parts.keys->uri);
    if (fault == AccessFault::tag || keys_differ) {
      forge(event, fault == AccessFault::tag ? "tag" : "json_keys");
      return;
    }
  }
  Requester requester;
  if (!read_requester(access, parts.keys, requester)) {
    forge(event, "requester");
    return;
  }
  event.user_id = requester.user_id;
  event.effective_user_id = requester.effective_user_id;
  event.server_name = requester.server_name;
  bool matches = true;
  const auto counter = counter_of(parts.request, access.method, matches);
  if (parts.is_text && !matches) {
    forge(event, "request_id_method");
    return;
  }
  if (const auto reason = doubt(parts, counter, true, event)) {
    forge(event, *reason);
    if (*reason == reason_of(Fit::copy)) {
      // Counted already; that a handler printed it twice is nobody's doing.
      event.action = Action::unknown;
      event.target_user_id = {};
      refuse(event, Kind::ignored, *reason);
    }
    return;
  }
  event.source_ip = read_address(access.address, arena);
  fill_numbers(access, event);
  fill_endpoint(access.uri, event, arena);
}

std::optional<std::string_view> Parser::doubt(const Parts& parts,
                                              std::optional<std::uint64_t> counter,
                                              bool ends_request, const Event& event) {
  // Nothing can be injected into a JSON log; but a JSON record inside a text log can be injected.
  if (!parts.is_text && !text_seen_) {
    return std::nullopt;
  }
  Sequence* sequence = sequence_of(event.log_worker);
  if (sequence == nullptr) {
    return std::nullopt;
  }
  const Fit fit = sequence->judge(counter, ends_request, event.timestamp, arrival_);
  return fit == Fit::fine ? std::nullopt : std::optional(reason_of(fit));
}

Sequence* Parser::sequence_of(std::string_view worker) {
  const auto found = sequences_.find(worker);
  if (found != sequences_.end()) {
    return &found->second;
  }
  if (sequences_.size() >= most_workers) {
    return nullptr;
  }
  return &sequences_.try_emplace(std::string(worker)).first->second;
}

void Parser::save(ByteWriter& out) const {
  out.number(static_cast<std::uint64_t>(before_));
  out.number(text_seen_ ? 1 : 0);
  out.integer(newest_.time_since_epoch().count());
  out.number(sequences_.size());
  for (const auto& [worker, sequence] : sequences_) {
    out.text(worker);
    sequence.save(out);
  }
}

void Parser::restore(ByteReader& in) {
  before_ = static_cast<Before>(
      std::min<std::uint64_t>(in.number(), static_cast<std::uint64_t>(Before::traceback)));
  text_seen_ = in.number() != 0;
  newest_ = restore_time(in);
  sequences_.clear();
  const std::uint64_t count = std::min<std::uint64_t>(in.count(), most_workers);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    std::string worker(in.text());
    sequences_[std::move(worker)].restore(in);
  }
}

}  // namespace noci
