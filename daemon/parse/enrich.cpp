#include "parse/enrich.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "parse/ancillary.hpp"
#include "parse/clock.hpp"

namespace noci {
namespace {

/// More requests are never between their own lines at once; the oldest go first.
constexpr std::size_t most_waiting = 4096;
/// From the line inside a request to its access line: the slowest answer there is.
constexpr Duration longest_request = std::chrono::minutes{10};
/// How far the clocks of two processes, and of a request's end and its lines, may be apart.
constexpr Duration clock_skew = std::chrono::seconds{1};
/// Keeps one count far from overflow when many lines of one request are added up.
constexpr std::int64_t most_messages = std::int64_t{1} << 40;

/// Which earlier line an access line of this action waits for.
std::optional<Kind> awaited(Action action) {
  switch (action) {
    case Action::room_messages:
      return Kind::messages;
    case Action::search:
      return Kind::search;
    case Action::login:
    case Action::register_account:
    case Action::token_refresh:
      return Kind::login;
    default:
      return std::nullopt;
  }
}

/// `owner` or `@owner:hs.test` as the client typed it, for `@owner:hs.test`.
bool names(std::string_view identifier, std::string_view user_id) {
  return identifier == user_id || (user_id.size() > identifier.size() + 1 && !identifier.empty() &&
                                   user_id.substr(1, identifier.size()) == identifier &&
                                   user_id[identifier.size() + 1] == ':');
}

/// The exact count, unless the bytes cannot be so few messages: then the larger is taken.
void fill_messages(std::int64_t count, Event& event) {
  if (event.outcome == Outcome::success) {
    if (count >= event.messages_low.value_or(0)) {
      event.messages = event.messages_low = event.messages_high = count;
      event.messages_basis = MessagesBasis::exact;
    }
  } else if (event.messages) {
    // What was prepared is the most that an aborted answer can have delivered.
    event.messages = std::min(*event.messages, count);
    event.messages_low = std::min(event.messages_low.value_or(0), count);
    event.messages_high = std::min(event.messages_high.value_or(count), count);
  }
}

}  // namespace

bool is_nameless_login(const Event& event) {
  return event.user_id.empty() && event.kind == Kind::request &&
         event.outcome == Outcome::success && awaited(event.action) == Kind::login;
}

void Enricher::apply(Event& event, Arena& arena) {
  switch (event.kind) {
    case Kind::messages:
      remember(event);
      return;
    case Kind::search:
      remember_search(event);
      return;
    case Kind::login:
      if (event.action == Action::token_issued) {
        remember(event);
      }
      return;
    case Kind::ignored:
      if (event.reason == login_identifier) {
        remember(event);
      }
      return;
    case Kind::restart:
      forget_process(event);
      return;
    case Kind::request:
      break;
    default:
      return;
  }
  const std::optional<Kind> kind = awaited(event.action);
  if (waiting_.empty()) {
    return;
  }
  if (!kind) {
    // A token issued by a request of its own, of an administrator say, is no worker's login.
    if (logins_ > 0 && event.method == "POST") {
      if (const Place issued = find(event, Kind::login); issued != ToldTable::none) {
        erase(issued);
      }
    }
    return;
  }
  const Place found = find(event, *kind);
  if (found == ToldTable::none) {
    if (is_nameless_login(event)) {
      join_worker_login(event, arena);
    }
    return;
  }
  if (*kind == Kind::search) {
    fill_messages(take_search(event), event);
    return;
  }
  const Told& told = waiting_[found];
  if (*kind == Kind::login) {
    if (is_nameless_login(event)) {
      event.user_id = arena.store(told.user_id);
    }
  } else if (told.user_id == event.user_id || told.user_id == event.effective_user_id) {
    // The line names the puppeted account alone (synapse/rest/client/room.py: requester.user).
    fill_messages(told.messages, event);
  }
  erase(found);
}

bool Enricher::lacks_account(const Event& event) const {
  return find(event, Kind::login) == ToldTable::none &&
         token_for(event, find(event, Kind::ignored)) == ToldTable::none;
}

void Enricher::join_worker_login(Event& event, Arena& arena) {
  const Place typed = find(event, Kind::ignored);
  const Place token = token_for(event, typed);
  if (token != ToldTable::none) {
    event.user_id = arena.store(waiting_[token].user_id);
    erase(token);
  }
  if (typed != ToldTable::none) {
    erase(typed);
  }
}

/// A worker answers the login, and the main process issues the token under a request id of its own:
/// the one token issued meanwhile, or of several the one for whom the client said it was.
Enricher::Place Enricher::token_for(const Event& event, Place typed) const {
  const Duration took = std::chrono::ceil<Duration>(std::chrono::nanoseconds{
      std::clamp<std::int64_t>(event.duration.value_or(0), 0, 600'000'000'000)});
  const TimePoint begin = event.timestamp - took - clock_skew;
  const TimePoint end = event.timestamp + clock_skew;
  Place only = ToldTable::none;
  Place named = ToldTable::none;
  int issued = 0;
  int with_name = 0;
  for (Place place = waiting_.oldest(); place != ToldTable::none; place = waiting_.after(place)) {
    const Told& told = waiting_[place];
    if (told.kind != Kind::login || told.homeserver != event.homeserver ||
        told.worker == event.log_worker || told.time < begin || told.time > end) {
      continue;
    }
    only = place;
    ++issued;
    if (typed != ToldTable::none && names(waiting_[typed].user_id, told.user_id)) {
      named = place;
      ++with_name;
    }
  }
  // A login by e-mail address or token has no name to compare.
  const bool is_named = typed != ToldTable::none && !waiting_[typed].user_id.empty();
  return with_name > 0 ? named : issued == 1 && !is_named ? only : ToldTable::none;
}

void Enricher::remember(const Event& event) {
  if (event.request_id.empty()) {
    return;
  }
  expire(event.timestamp);
  const Place found = find(event, event.kind);
  if (found != ToldTable::none) {
    Told& told = waiting_[found];
    // The first line stands: a repeated one is a second handler's copy.
    if (event.kind == Kind::messages && told.user_id == event.user_id) {
      told.messages = std::clamp(event.messages.value_or(0), told.messages, most_messages);
    }
    return;
  }
  Told& told = add(event);
  told.user_id = event.kind == Kind::ignored ? event.target_user_id.substr(0, 255) : event.user_id;
  told.messages = std::min(event.messages.value_or(0), most_messages);
  keep_within_bounds();
}

/// One line tells the hits and comes first; then one line for each hit, of which two that say the
/// same are no copies. So it is the first line that tells how many copies there are of each.
void Enricher::remember_search(const Event& event) {
  if (event.request_id.empty()) {
    return;
  }
  expire(event.timestamp);
  Place own = find(event, Kind::search);
  while (own != ToldTable::none && waiting_[own].log != event.log) {
    own = matching_from(waiting_.next_of(own), event, Kind::search);
  }
  Told& told = own == ToldTable::none ? add(event) : waiting_[own];
  told.log = event.log;
  const std::int64_t count = std::min(event.messages.value_or(0), most_messages);
  if (event.is_context) {
    told.messages = std::min(told.messages + count, most_messages);
  } else if (told.copies == 0 || told.hits == count) {
    told.hits = count;
    told.copies = std::min(told.copies + 1, most_messages);
  } else {
    told.hits = std::max(told.hits, count);
  }
  keep_within_bounds();
}

std::int64_t Enricher::take_search(const Event& event) {
  std::int64_t most = 0;
  std::int64_t copies = 1;
  std::int64_t further = 0;  // lines of single hits in a log's next file
  for (Place place = find(event, Kind::search); place != ToldTable::none;) {
    const Told& told = waiting_[place];
    if (told.copies == 0) {
      further = std::max(further, told.messages);
    } else {
      most = std::max(most, told.hits + told.messages / told.copies);
      copies = std::max(copies, told.copies);
    }
    const Place next = matching_from(waiting_.next_of(place), event, Kind::search);
    erase(place);
    place = next;
  }
  return std::min(most + further / copies, most_messages);
}

void Enricher::expire(TimePoint now) {
  while (!waiting_.empty() && now - waiting_[waiting_.oldest()].time > longest_request) {
    erase(waiting_.oldest());
  }
}

void Enricher::keep_within_bounds() {
  while (waiting_.size() > most_waiting) {
    erase(waiting_.oldest());
  }
}

void Enricher::forget_process(const Event& event) {
  for (Place place = waiting_.oldest(); place != ToldTable::none;) {
    const Place next = waiting_.after(place);
    if (waiting_[place].homeserver == event.homeserver &&
        waiting_[place].worker == event.log_worker) {
      erase(place);
    }
    place = next;
  }
}

bool Enricher::is_of(const Told& told, const Event& event, Kind kind) {
  // A text log says the homeserver's name only once another log has told it.
  return told.kind == kind && told.request_id == event.request_id &&
         told.worker == event.log_worker &&
         (told.homeserver == event.homeserver || told.homeserver.empty());
}

Enricher::Place Enricher::find(const Event& event, Kind kind) const {
  return matching_from(waiting_.first_of(event.request_id), event, kind);
}

Enricher::Place Enricher::matching_from(Place place, const Event& event, Kind kind) const {
  while (place != ToldTable::none && !is_of(waiting_[place], event, kind)) {
    place = waiting_.next_of(place);
  }
  return place;
}

Told& Enricher::add(const Event& event) {
  Told& told = waiting_.add(event.request_id);
  told.kind = event.kind;
  told.time = event.timestamp;
  told.homeserver = event.homeserver;
  told.worker = event.log_worker;
  logins_ += told.kind == Kind::login ? 1 : 0;
  return told;
}

void Enricher::erase(Place place) {
  logins_ -= waiting_[place].kind == Kind::login ? 1 : 0;
  waiting_.erase(place);
}

void Enricher::save(ByteWriter& out) const {
  out.number(waiting_.size());
  for (Place place = waiting_.oldest(); place != ToldTable::none; place = waiting_.after(place)) {
    const Told& told = waiting_[place];
    out.number(static_cast<std::uint64_t>(told.kind));
    out.integer(told.time.time_since_epoch().count());
    out.text(told.homeserver);
    out.text(told.worker);
    out.text(told.request_id);
    out.text(told.user_id);
    out.integer(told.messages);
    out.number(told.log);
    out.integer(told.hits);
    out.integer(told.copies);
  }
}

void Enricher::restore(ByteReader& in) {
  waiting_.clear();
  logins_ = 0;
  const std::uint64_t count = in.count();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    Event event;
    event.kind = static_cast<Kind>(in.number() % kind_names.size());
    event.timestamp = restore_time(in);
    event.homeserver = in.text();
    event.log_worker = in.text();
    event.request_id = in.text();
    const std::string_view user_id = in.text();
    const std::int64_t messages = in.integer();
    const auto log = static_cast<std::uint32_t>(in.number());
    const auto hits = std::clamp<std::int64_t>(in.integer(), 0, most_messages);
    const auto copies = std::clamp<std::int64_t>(in.integer(), 0, most_messages);
    if (in.ok() && waiting_.size() < most_waiting) {
      Told& told = add(event);
      told.user_id = user_id;
      told.messages = messages;
      told.log = log;
      told.hits = hits;
      told.copies = copies;
    }
  }
}

}  // namespace noci
