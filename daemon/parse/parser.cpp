#include "parse/parser.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "parse/ancillary.hpp"
#include "parse/endpoint.hpp"
#include "parse/envelope.hpp"
#include "parse/find_byte.hpp"
#include "parse/forgery.hpp"
#include "parse/line.hpp"
#include "parse/messages_estimate.hpp"
#include "parse/requester.hpp"
#include "parse/scan.hpp"
#include "parse/sequence.hpp"

namespace noci {
namespace {

void refuse(Event& event, Kind kind, std::string_view reason) {
  event.kind = kind;
  event.reason = reason;
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
  const std::size_t mark = std::min(find_byte(uri, '?'), uri.size());
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

/// Loggers whose messages hold no line feed of a client: the access lines themselves and
/// synapse/rest/client/room.py's, which prints the URI as it was sent.
bool is_safe(std::string_view logger) {
  return logger == "synapse.rest.client.room" || !access_tag(logger).empty();
}

/// Words that only an access line has, in a part of it that the client wrote: the reading from the
/// left is not misled, but somebody tried. The account named before them, or the whole part.
std::string_view claimed_in(std::string_view part) {
  constexpr std::string_view claim = " Processed request: ";
  // By its P: blanks are many in an agent.
  std::size_t words = std::string_view::npos;
  for (std::size_t at = part.find('P', 1); at != std::string_view::npos;
       at = part.find('P', at + 1)) {
    if (part.substr(at - 1).starts_with(claim)) {
      words = at - 1;
      break;
    }
  }
  if (words == std::string_view::npos) {
    return {};
  }
  const std::string_view before = part.substr(0, words);
  const std::size_t brace = before.rfind('{');
  return before.ends_with('}') && brace != std::string_view::npos
             ? before.substr(brace + 1, before.size() - brace - 2)
             : before.substr(0, 255);
}

void read_access(std::string_view request, std::string_view tag, std::string_view message,
                 const AccessKeys* keys, ParsedLine& out, Arena& arena) {
  Event& event = out.event;
  // Printed at DEBUG when a request begins; its end is what counts.
  if (message.starts_with("Received request: ")) {
    refuse(event, Kind::ignored, "received_request");
    return;
  }
  AccessLine access;
  if (keys == nullptr || !parse_access_line(message, *keys, access)) {
    const AccessFault fault = parse_access_line(message, tag, access);
    if (fault == AccessFault::grammar) {
      refuse(event, Kind::error, "access_grammar");
      return;
    }
    const bool keys_differ =
        keys != nullptr && (access.method != keys->method || access.uri != keys->uri);
    if (fault == AccessFault::tag || keys_differ) {
      forge(event, fault == AccessFault::tag ? "tag" : "json_keys");
      return;
    }
  }
  Requester requester;
  if (!read_requester(access, keys, requester)) {
    forge(event, "requester");
    return;
  }
  event.user_id = requester.user_id;
  event.effective_user_id = requester.effective_user_id;
  event.server_name = requester.server_name;
  bool matches = true;
  out.id = counter_of(request, access.method, matches);
  if (out.is_text && !matches) {
    forge(event, "request_id_method");
    return;
  }
  out.is_access = true;
  event.claimed_user_id = claimed_in(access.address);
  if (event.claimed_user_id.empty()) {
    event.claimed_user_id = claimed_in(access.user_agent);
  }
  event.source_ip = read_address(access.address, arena);
  fill_numbers(access, event);
  fill_endpoint(access.uri, event, arena);
}

struct Ending {
  std::string_view begins;
  std::string_view ends;
};

/// Messages that end behind a client's text: synapse/handlers/auth.py and
/// synapse/rest/media/v1/download_resource.py.
constexpr Ending endings[] = {
    {"Attempted to login as ", " but they do not exist"},
    {"Rejecting request for remote media ", " due to allow_remote"},
};

/// The ending that a line feed cut off, if so.
std::string_view missing_ending(std::string_view message) {
  for (const Ending& ending : endings) {
    if (message.starts_with(ending.begins)) {
      return message.ends_with(ending.ends) ? std::string_view{} : ending.ends;
    }
  }
  return {};
}

void understand(std::string_view logger, std::string_view request, std::string_view message,
                const AccessKeys* keys, ParsedLine& out, Arena& arena) {
  Event& event = out.event;
  event.request_id = request;
  const std::string_view tag = access_tag(logger);
  if (!tag.empty()) {
    read_access(request, tag, message, keys, out, arena);
    return;
  }
  out.may_carry = out.is_text && !is_safe(logger);
  if (out.may_carry) {
    out.ending = missing_ending(message);
  }
  out.id = request_counter(request);
  read_ancillary(logger, message, event, arena);
  if (event.kind != Kind::ignored && keys != nullptr) {
    event.source_ip = read_address(keys->address, arena);
    event.user_agent = keys->user_agent;
  }
}

}  // namespace

Parser::Parser(SourceInfo source)
    : source_(std::move(source)), clock_(source_.zone), lines_(source_.prefix) {}

void Parser::begin(const Record& record, Event& event) const {
  event.timestamp = record.written.value_or(record.arrival);
  event.homeserver = source_.homeserver;
  event.log_source = source_.name;
  event.log_worker = record.worker.empty() ? std::string_view(source_.worker) : record.worker;
  event.source = record.source;
  event.position = record.position;
}

ParsedLine Parser::parse(const Record& record, Arena& arena) {
  ParsedLine out;
  parse(record, arena, out);
  return out;
}

void Parser::parse(const Record& record, Arena& arena, ParsedLine& out) {
  out = {};
  begin(record, out.event);
  arrival_ = record.arrival;
  if (record.continuation) {
    out.is_continuation = true;
    refuse(out.event, Kind::ignored, "continuation");
    return;
  }
  std::string_view line = record.bytes;
  // Synapse writes bare line feeds; a carriage return comes from a terminal or a shipper.
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  const Envelope envelope = open(line);
  if (!envelope.worker.empty()) {
    out.event.log_worker = envelope.worker;
    out.naming = 1;
  }
  if (!record.written && envelope.stamp.is_set()) {
    out.event.timestamp = clock_.read(envelope.stamp, near(out.event)).value_or(record.arrival);
  }
  if (source_.format == LineFormat::json ||
      (source_.format == LineFormat::detect && envelope.body.starts_with('{'))) {
    if (!parse_json(envelope.body, out, arena)) {
      parse_stray(envelope.body, out);
    }
  } else {
    parse_text(envelope.body, record.logger, out, arena);
  }
  if (out.event.kind != Kind::error && out.event.kind != Kind::forged && !out.is_continuation) {
    newest_ = out.event.timestamp;
  }
}

/// What an incomplete stamp is near to: the record before, else what the transport says.
TimePoint Parser::near(const Event& event) const {
  return newest_ != TimePoint{} ? newest_ : event.timestamp;
}

Envelope Parser::open(std::string_view line) {
  if (LogLine whole; lines_.has_prefix() && lines_.read(line, {}, whole)) {
    return {{}, line, {}};
  }
  return open_envelope(line, lines_.has_prefix());
}

void Parser::parse_text(std::string_view body, std::string_view logger, ParsedLine& out,
                        Arena& arena) {
  LogLine line;
  if (!lines_.read(body, logger, line)) {
    parse_stray(body, out);
    return;
  }
  before_ = Before::text_record;
  // Where Python hands each record to the transport by itself, no line feed begins another.
  out.is_text = logger.empty();
  if (line.stamp.is_set()) {
    const auto time = clock_.read(line.stamp, near(out.event));
    if (!time) {
      refuse(out.event, Kind::error, "bad_time");
      return;
    }
    out.event.timestamp = *time;
  }
  if (!line.worker.empty()) {
    out.event.log_worker = line.worker;
    out.naming += 4;
  }
  understand(line.logger, line.request, line.message, nullptr, out, arena);
}

bool Parser::parse_json(std::string_view body, ParsedLine& out, Arena& arena) {
  JsonLine line;
  if (!body.starts_with('{') || !json_.read(body, arena, line)) {
    return false;
  }
  before_ = Before::json_record;
  if (line.time) {
    out.event.timestamp = *line.time;
  }
  // Synapse's word for records outside any server's context is no server.
  if (out.event.homeserver.empty() && !line.server_name.starts_with("unknown_server_from_")) {
    out.event.homeserver = line.server_name;
  }
  const AccessKeys& keys = line.request_keys;
  understand(line.logger, line.request, line.message,
             line.has_request_keys && !keys.method.empty() ? &keys : nullptr, out, arena);
  return true;
}

void Parser::parse_stray(std::string_view body, ParsedLine& out) {
  Event& event = out.event;
  const bool is_json = source_.format == LineFormat::json || before_ == Before::json_record;
  if (before_ == Before::text_record || before_ == Before::traceback) {
    out.is_continuation = true;
    refuse(event, Kind::ignored, "continuation");
  } else if (body.empty()) {
    refuse(event, Kind::ignored, "blank");
  } else if (is_json && begins_traceback(body)) {
    before_ = Before::traceback;
    out.is_continuation = true;
    refuse(event, Kind::ignored, "continuation");
  } else if (body.starts_with('{') && source_.format != LineFormat::text) {
    refuse(event, Kind::error, "bad_json");
  } else {
    refuse(event, Kind::error, is_json ? "not_json" : "no_prefix");
  }
}

void Parser::save(ByteWriter& out, TimePoint past) const {
  out.number(static_cast<std::uint64_t>(before_));
  out.integer(past.time_since_epoch().count());
  lines_.save(out);
}

void Parser::restore(ByteReader& in) {
  before_ = static_cast<Before>(
      std::min<std::uint64_t>(in.number(), static_cast<std::uint64_t>(Before::traceback)));
  newest_ = restore_time(in);
  lines_.restore(in);
}

}  // namespace noci
