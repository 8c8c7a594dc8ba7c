#include "parse/enrich.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/hash.hpp"
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

/// The table never holds more than most_waiting entries, so its seed need not be secret.
std::uint64_t hash_of(std::string_view request_id) {
  return siphash(request_id, HashSeed{});
}

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
    if (const auto issued = event.method == "POST" ? find(event, Kind::login) : index_.end();
        issued != index_.end()) {
      erase(issued);
    }
    return;
  }
  const auto found = find(event, *kind);
  if (found == index_.end()) {
    if (*kind == Kind::login && event.user_id.empty() && event.outcome == Outcome::success) {
      join_worker_login(event, arena);
    }
    return;
  }
  if (*kind == Kind::search) {
    fill_messages(take_search(event), event);
    return;
  }
  const Told& told = *found->second;
  if (*kind == Kind::login) {
    if (event.user_id.empty() && event.outcome == Outcome::success) {
      event.user_id = arena.store(told.user_id);
    }
  } else if (told.user_id == event.user_id || told.user_id == event.effective_user_id) {
    // The line names the puppeted account alone (synapse/rest/client/room.py: requester.user).
    fill_messages(told.messages, event);
  }
  erase(found);
}

/// A worker answers the login, and the main process issues the token under a request id of its own:
/// the one token issued meanwhile, or of several the one for whom the client said it was.
void Enricher::join_worker_login(Event& event, Arena& arena) {
  const Duration took = std::chrono::ceil<Duration>(std::chrono::nanoseconds{
      std::clamp<std::int64_t>(event.duration.value_or(0), 0, 600'000'000'000)});
  const TimePoint begin = event.timestamp - took - clock_skew;
  const TimePoint end = event.timestamp + clock_skew;
  const auto typed = find(event, Kind::ignored);
  Place only = waiting_.end();
  Place named = waiting_.end();
  int issued = 0;
  int with_name = 0;
  for (Place told = waiting_.begin(); told != waiting_.end(); ++told) {
    if (told->kind != Kind::login || told->homeserver != event.homeserver ||
        told->worker == event.log_worker || told->time < begin || told->time > end) {
      continue;
    }
    only = told;
    ++issued;
    if (typed != index_.end() && names(typed->second->user_id, told->user_id)) {
      named = told;
      ++with_name;
    }
  }
  // A login by e-mail address or token has no name to compare.
  const bool is_named = typed != index_.end() && !typed->second->user_id.empty();
  if (typed != index_.end()) {
    erase(typed);
  }
  const Place chosen = with_name > 0 ? named : issued == 1 && !is_named ? only : waiting_.end();
  if (chosen == waiting_.end()) {
    return;
  }
  event.user_id = arena.store(chosen->user_id);
  erase(entry_of(chosen));
}

void Enricher::remember(const Event& event) {
  if (event.request_id.empty()) {
    return;
  }
  expire(event.timestamp);
  const auto found = find(event, event.kind);
  if (found != index_.end()) {
    Told& told = *found->second;
    // The first line stands: a repeated one is a second handler's copy.
    if (event.kind == Kind::messages && told.user_id == event.user_id) {
      told.messages = std::clamp(event.messages.value_or(0), told.messages, most_messages);
    }
    return;
  }
  Told told;
  told.kind = event.kind;
  told.time = event.timestamp;
  told.homeserver = event.homeserver;
  told.worker = event.log_worker;
  told.request_id = event.request_id;
  told.user_id = event.kind == Kind::ignored ? event.target_user_id.substr(0, 255) : event.user_id;
  told.messages = std::min(event.messages.value_or(0), most_messages);
  insert(std::move(told));
}

/// One line tells the hits and comes first; then one line for each hit, of which two that say the
/// same are no copies. So it is the first line that tells how many copies there are of each.
void Enricher::remember_search(const Event& event) {
  if (event.request_id.empty()) {
    return;
  }
  expire(event.timestamp);
  const auto matches = matching(event, Kind::search);
  const auto own = std::find_if(matches.begin(), matches.end(),
                                [&](Place place) { return place->log == event.log; });
  Told fresh;
  Told& told = own == matches.end() ? fresh : **own;
  const std::int64_t count = std::min(event.messages.value_or(0), most_messages);
  if (event.is_context) {
    told.messages = std::min(told.messages + count, most_messages);
  } else if (told.copies == 0 || told.hits == count) {
    told.hits = count;
    told.copies = std::min(told.copies + 1, most_messages);
  } else {
    told.hits = std::max(told.hits, count);
  }
  if (own == matches.end()) {
    fresh.kind = Kind::search;
    fresh.time = event.timestamp;
    fresh.homeserver = event.homeserver;
    fresh.worker = event.log_worker;
    fresh.request_id = event.request_id;
    fresh.log = event.log;
    insert(std::move(fresh));
  }
}

std::int64_t Enricher::take_search(const Event& event) {
  std::int64_t most = 0;
  std::int64_t copies = 1;
  std::int64_t further = 0;  // lines of single hits in a log's next file
  for (const Place told : matching(event, Kind::search)) {
    if (told->copies == 0) {
      further = std::max(further, told->messages);
    } else {
      most = std::max(most, told->hits + told->messages / told->copies);
      copies = std::max(copies, told->copies);
    }
    erase(entry_of(told));
  }
  return std::min(most + further / copies, most_messages);
}

void Enricher::expire(TimePoint now) {
  const bool too_many = now == TimePoint::max();
  while (!waiting_.empty() && (too_many ? waiting_.size() > most_waiting
                                        : now - waiting_.front().time > longest_request)) {
    erase(entry_of(waiting_.begin()));
  }
}

Enricher::Index::iterator Enricher::entry_of(Place place) {
  const auto [from, to] = index_.equal_range(hash_of(place->request_id));
  return std::find_if(from, to, [&](const auto& entry) { return entry.second == place; });
}

void Enricher::forget_process(const Event& event) {
  for (auto entry = index_.begin(); entry != index_.end();) {
    const Place place = entry->second;
    if (place->homeserver == event.homeserver && place->worker == event.log_worker) {
      entry = index_.erase(entry);
      waiting_.erase(place);
    } else {
      ++entry;
    }
  }
}

bool Enricher::is_of(const Told& told, const Event& event, Kind kind) {
  // A text log says the homeserver's name only once another log has told it.
  return told.kind == kind && told.request_id == event.request_id &&
         told.worker == event.log_worker &&
         (told.homeserver == event.homeserver || told.homeserver.empty());
}

Enricher::Index::iterator Enricher::find(const Event& event, Kind kind) {
  const auto [from, to] = index_.equal_range(hash_of(event.request_id));
  const auto found =
      std::find_if(from, to, [&](const auto& entry) { return is_of(*entry.second, event, kind); });
  return found == to ? index_.end() : found;
}

std::vector<Enricher::Place> Enricher::matching(const Event& event, Kind kind) {
  std::vector<Place> matches;
  const auto [from, to] = index_.equal_range(hash_of(event.request_id));
  for (auto entry = from; entry != to; ++entry) {
    if (is_of(*entry->second, event, kind)) {
      matches.push_back(entry->second);
    }
  }
  return matches;
}

void Enricher::insert(Told told) {
  const std::uint64_t hash = hash_of(told.request_id);
  waiting_.push_back(std::move(told));
  index_.emplace(hash, std::prev(waiting_.end()));
  if (waiting_.size() > most_waiting) {
    expire(TimePoint::max());
  }
}

void Enricher::erase(Index::iterator found) {
  waiting_.erase(found->second);
  index_.erase(found);
}

void Enricher::save(ByteWriter& out) const {
  out.number(waiting_.size());
  for (const Told& told : waiting_) {
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
  index_.clear();
  const std::uint64_t count = in.count();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    Told told;
    told.kind = static_cast<Kind>(in.number() % kind_names.size());
    told.time = restore_time(in);
    told.homeserver = in.text();
    told.worker = in.text();
    told.request_id = in.text();
    told.user_id = in.text();
    told.messages = in.integer();
    told.log = static_cast<std::uint32_t>(in.number());
    told.hits = std::clamp<std::int64_t>(in.integer(), 0, most_messages);
    told.copies = std::clamp<std::int64_t>(in.integer(), 0, most_messages);
    if (in.ok() && waiting_.size() < most_waiting) {
      insert(std::move(told));
    }
  }
}

}  // namespace noci
