#include "parse/messages_estimate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/text.hpp"
#include "parse/endpoint_query.hpp"

namespace noci {
namespace {

// What events weigh, in bytes. Measured on the genuine capture in tests/corpus/synapse-v1.98.0
// unless said otherwise; docs/events.md explains them together.

/// An unencrypted timeline event as clients get it: 433 on average over 4,496 of one reader, 366 to
/// 455 in most rooms. Encrypted ones are about 1,050, but history is mostly read in full pages,
/// and there the limit corrects the guess, which it could not do if this were larger.
constexpr double event_bytes = 430;
/// A federation PDU: hashes, signatures and the ids of the events before it come on top.
constexpr double pdu_bytes = 1000;
/// A thread's root carries its newest reply.
constexpr double thread_bytes = 1000;
/// A push notification: the event, the room, the actions of the rule.
constexpr double notification_bytes = 800;
/// A search hit: the event, its rank and often its neighbours.
constexpr double hit_bytes = 500;
/// Start and end tokens and braces of a page; an empty page is 45 to 50.
constexpr double page_bytes = 80;
/// The state that comes with the events of one room: 4 to 8 kB in rooms of 10 to 50 members.
constexpr double room_state_bytes = 4000;
/// A page of at least this share of its limit is taken for a full one: pages are full but for the
/// last, and the smallest events (337) give a share of 337 / 430.
constexpr double full_share = 0.78;
/// JSON pages shrink to about a quarter (4.5 to 5 for text, 2.1 for ciphertext).
constexpr double gzip_factor = 4;

/// A first sync of an account in no room: push rules and account data.
constexpr double first_sync_bytes = 4800;
/// What a room costs in a first sync beside its timeline: state, receipts, counters.
constexpr double sync_room_bytes = 4500;
/// Tokens and counters of every later sync.
constexpr double later_sync_bytes = 250;
/// A message in a later sync with its room's envelope and often its sender's member event. Half of
/// it decides between none and one: presence, typing and receipts alone are at most about 630
/// bytes, the smallest answers with one event about 715.
constexpr double later_sync_event_bytes = 900;
/// Filters in URIs are a few hundred bytes; what stands behind this is not looked at.
constexpr std::size_t longest_filter = 2048;
constexpr std::int64_t default_timeline = 10;
/// Clients store a filter and name it by number; Element's asks for 20.
constexpr std::int64_t stored_filter_timeline = 20;
/// filter_timeline_limit of the homeserver's settings, by default.
constexpr std::int64_t most_timeline = 100;

// What bounds rest on.

/// No event is larger (the protocol's limit), so one event alone explains a page of this size.
constexpr std::int64_t largest_event = 65536;
/// The mean of all other events of a page, with the member events lazy loading adds.
constexpr std::int64_t largest_mean = 4096;
/// The smallest event in plain JSON: type, room, sender, time, id and an empty content.
constexpr std::int64_t smallest_plain = 200;
/// Compressed, an event still has the 32 random bytes of its id and what differs in its time.
constexpr std::int64_t smallest_gzip = 36;
/// An empty page with the longest tokens is under 200, so this much holds an event.
constexpr std::int64_t surely_one = 260;
/// The first event of an answer brings every key's name: under this there is none, gzip or not.
constexpr std::int64_t surely_none = 150;
/// The same for a sync, with its envelope.
constexpr std::int64_t sync_surely_none = 250;

constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();

struct Shape {
  double overhead = page_bytes;
  double event = event_bytes;
  std::int64_t cap = unbounded;  ///< what the server never exceeds
  bool events_only = false;      ///< nothing else grows with the bytes: `low` can be more than 0
  std::int64_t at_least = 0;     ///< a success always holds so many
  std::int64_t none_below = surely_none;
};

std::int64_t rounded(double count) {
  return count <= 0 ? 0 : static_cast<std::int64_t>(std::llround(std::min(count, 1e15)));
}

/// The limit as a cap. At 1,000 Synapse before 1.70 may have let /relations have more.
std::int64_t cap_of(const Endpoint& endpoint) {
  if (!endpoint.limit || (endpoint.action == Action::room_relations && *endpoint.limit >= 1000)) {
    return unbounded;
  }
  return std::max<std::int64_t>(*endpoint.limit, 1);
}

/// The timeline limit of a sync's filter, as far as the URI shows it.
std::int64_t timeline_limit(std::string_view query) {
  std::array<char, longest_filter> place;
  const std::string_view raw = raw_query_parameter(query, "filter").value_or("");
  const std::string_view filter = query_decode_to(place.data(), raw.substr(0, place.size()));
  if (filter.empty()) {
    return default_timeline;
  }
  if (filter.front() != '{') {
    return stored_filter_timeline;
  }
  constexpr std::string_view key = "\"limit\"";
  const auto timeline = filter.find("\"timeline\"");
  const auto end = filter.find('}', timeline);
  const auto limit = filter.find(key, timeline);
  if (timeline == std::string_view::npos || limit >= end) {
    return default_timeline;
  }
  std::string_view number = filter.substr(limit + key.size());
  number.remove_prefix(std::min(number.find_first_not_of(" :"), number.size()));
  number = number.substr(0, number.find_first_not_of("0123456789"));
  return std::min(parse_count(number).value_or(default_timeline), most_timeline);
}

Shape sync_shape(std::string_view query) {
  Shape shape;
  shape.none_below = sync_surely_none;
  if (raw_query_parameter(query, "since").value_or("").empty()) {
    const auto timeline = static_cast<double>(timeline_limit(query));
    shape.overhead = first_sync_bytes;
    shape.event = timeline > 0 ? event_bytes + sync_room_bytes / timeline : 1e18;
  } else {
    shape.overhead = later_sync_bytes;
    shape.event = later_sync_event_bytes;
  }
  return shape;
}

/// The one message that single-event endpoints answer with.
MessagesEstimate single(std::int64_t bytes) {
  const std::int64_t one = bytes >= surely_none ? 1 : 0;
  return {one, one, 1};
}

Shape page_shape(const Endpoint& endpoint, double event, bool events_only) {
  Shape shape;
  shape.event = event;
  shape.cap = cap_of(endpoint);
  shape.events_only = events_only;
  return shape;
}

/// Unset: no messages, or exactly one (asked before).
std::optional<Shape> shape_of(const Endpoint& endpoint, std::string_view query) {
  Shape shape;
  switch (endpoint.action) {
    case Action::room_messages:
    case Action::admin_room_messages:
      return page_shape(endpoint, event_bytes, true);
    case Action::room_relations:
    case Action::room_aggregations:
      return page_shape(endpoint, event_bytes, false);  // groups and the original come along
    case Action::room_threads:
      return page_shape(endpoint, thread_bytes, false);
    case Action::notifications:
      return page_shape(endpoint, notification_bytes, true);
    case Action::room_context:
    case Action::admin_room_context:
      shape = page_shape(endpoint, event_bytes, false);
      shape.overhead += room_state_bytes;
      // Half before, half after, and the event itself.
      shape.cap = !endpoint.limit || *endpoint.limit == unbounded ? unbounded : *endpoint.limit + 1;
      shape.at_least = 1;
      return shape;
    case Action::room_initial_sync:
      shape = page_shape(endpoint, event_bytes, false);
      shape.overhead += room_state_bytes;
      return shape;
    case Action::initial_sync:
      shape.overhead = first_sync_bytes;
      shape.event += sync_room_bytes /
                     static_cast<double>(std::max<std::int64_t>(endpoint.limit.value_or(10), 1));
      return shape;
    case Action::event_stream:
      return page_shape(endpoint, event_bytes, false);
    case Action::search:
      shape.event = hit_bytes;
      return shape;
    case Action::sync:
      return sync_shape(query);
    case Action::sliding_sync:
      // Bodies hide its limits; an increment has the envelope of a later sync.
      shape.overhead = later_sync_bytes;
      shape.event = later_sync_event_bytes;
      shape.none_below = sync_surely_none;
      return shape;
    case Action::fed_backfill:
      shape = page_shape(endpoint, pdu_bytes, true);
      shape.cap = std::min<std::int64_t>(shape.cap, 100);
      return shape;
    case Action::fed_missing_events:
      shape = page_shape(endpoint, pdu_bytes, true);
      shape.cap = 20;
      return shape;
    default:
      return std::nullopt;
  }
}

bool answers_one_event(Action action) {
  return action == Action::room_event || action == Action::event_by_id ||
         action == Action::fed_event || action == Action::admin_event;
}

std::int64_t lowest(const Shape& shape, std::int64_t bytes) {
  if (!shape.events_only || bytes < surely_one) {
    return bytes >= surely_one ? shape.at_least : 0;
  }
  const std::int64_t beyond_one = bytes - largest_event - largest_mean;
  return std::min(shape.cap, 1 + std::max<std::int64_t>(0, beyond_one / largest_mean));
}

std::int64_t highest(const Shape& shape, std::int64_t bytes, Encoding encoding) {
  if (bytes < shape.none_below) {
    return 0;
  }
  const std::int64_t smallest = encoding == Encoding::plain ? smallest_plain : smallest_gzip;
  return std::min(shape.cap, 1 + (bytes - shape.none_below) / smallest);
}

std::int64_t likeliest(const Shape& shape, double bytes) {
  const double count = (bytes - shape.overhead) / shape.event;
  if (shape.cap != unbounded && count >= full_share * static_cast<double>(shape.cap)) {
    return shape.cap;
  }
  return rounded(count);
}

}  // namespace

std::optional<MessagesEstimate> estimate_messages(const Endpoint& endpoint, std::string_view method,
                                                  std::string_view query, std::int64_t status,
                                                  std::int64_t bytes, Encoding encoding) {
  bytes = std::max<std::int64_t>(bytes, 0);
  const double plain_bytes =
      static_cast<double>(bytes) * (encoding == Encoding::gzip ? gzip_factor : 1);
  const bool one = answers_one_event(endpoint.action);
  const auto shape = one ? Shape() : shape_of(endpoint, query);
  if (!shape) {
    return std::nullopt;
  }
  const bool abandoned = status == 499;
  if (method == "HEAD" || (!abandoned && (status < 200 || status > 299))) {
    return MessagesEstimate{};
  }
  MessagesEstimate estimate;
  if (one) {
    estimate = single(bytes);
  } else {
    estimate.low = lowest(*shape, bytes);
    estimate.high = std::max(estimate.low, highest(*shape, bytes, encoding));
    estimate.best = std::clamp(likeliest(*shape, plain_bytes), estimate.low, estimate.high);
  }
  if (abandoned) {
    estimate.low = 0;  // counted bytes include what never left the server's buffers
  }
  return estimate;
}

Encoding encoding_shown_by(const Endpoint& endpoint, std::string_view method, std::int64_t status,
                           std::int64_t bytes) {
  if (status != 200 || method == "HEAD") {
    return Encoding::unknown;
  }
  // gzip adds 18 bytes of header and trailer, and such short bodies do not shrink.
  const auto judge = [&](std::int64_t plain, std::int64_t least, std::int64_t most) {
    return bytes == plain                    ? Encoding::plain
           : bytes >= least && bytes <= most ? Encoding::gzip
                                             : Encoding::unknown;
  };
  switch (endpoint.action) {
    case Action::receipt:
    case Action::read_marker:
    case Action::typing:
    case Action::to_device:
    case Action::logout:
    case Action::logout_all:
    case Action::room_leave:
    case Action::room_forget:
      return judge(2, 20, 24);  // `{}`
    case Action::room_join:
      if (endpoint.room_id.starts_with('!')) {  // `{"room_id":"…"}`
        const auto plain = static_cast<std::int64_t>(14 + endpoint.room_id.size());
        return judge(plain, plain + 4, plain + 32);
      }
      return Encoding::unknown;
    default:
      return Encoding::unknown;
  }
}

}  // namespace noci
