#include "parse/sequence.hpp"

#include <algorithm>

#include "parse/clock.hpp"
#include "parse/scan.hpp"

namespace noci {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// OPTIONS and /health take numbers without an INFO line, and long polls end late.
constexpr std::uint64_t usual_ahead = 10'000;
/// No Synapse process answers more requests per millisecond; explains the gap after a silence.
constexpr std::uint64_t ids_per_millisecond = 2;
/// How far one line may move the clock: lines of one process are written in order, seconds apart.
constexpr Duration usual_step = minutes{1};
constexpr Duration longest_jump = hours{1};
constexpr Duration clock_skew = minutes{5};
/// An access log may be silent over a long weekend.
constexpr Duration longest_silence = hours{24 * 7};
constexpr Duration furthest_behind = hours{48};
constexpr Duration usual_behind = minutes{10};
/// A new process begins with small ids, some seconds after the old one's last line.
constexpr std::uint64_t first_ids = 200;
constexpr Duration restart_takes = seconds{2};
/// The slowest answer there is.
constexpr Duration longest_request = minutes{10};
/// Lines in a row, none fitting the old range between them, that make a new one: three where only
/// the clock jumped; where ids moved, more than anybody has a use for forging in one go.
constexpr std::uint64_t jump_believed_after = 3;
constexpr std::uint64_t range_believed_after = 50;
/// An access line this far behind the newest one has come or, but for a long poll, never will.
constexpr std::uint64_t settled_behind = 512;
/// Terse JSON rounds times to 10 ms (synapse/logging/_terse_json.py).
constexpr Duration copy_rounding = milliseconds{10};
/// A log handler's buffer or two; the lateness of two sources at a few thousand lines a second.
constexpr std::size_t copies_of_one_source = 256;
constexpr std::size_t copies_of_several = 16'384;
/// By how much the slower of two sources is behind, at least, where its lines are old ones.
constexpr Duration source_lag = seconds{1};
/// Copies are no further apart than this, so no more is worth keeping over a restart of noci.
constexpr Duration copies_within = minutes{1};

}  // namespace

bool Sequence::may_be_restart(const Claim& claim) const {
  if (!claim.id || !claim.ends_request || !now_.has_ids || *claim.id > first_ids ||
      *claim.id >= now_.highest || claim.time - now_.newest < restart_takes) {
    return false;
  }
  return now_.holds(*claim.id) || *claim.id < now_.lowest ||
         (*claim.id + Epoch::window <= now_.highest && claim.time - now_.begin > longest_request);
}

bool Sequence::goes_on(std::uint64_t id) const {
  return now_.has_ids && id + settled_behind > now_.highest && id <= now_.highest + usual_ahead &&
         !now_.holds(id);
}

bool Sequence::is_copy(const Claim& claim) const {
  if (!claim.id || !claim.ends_request || ended_.empty()) {
    return false;
  }
  const Ended& ended = ended_[*claim.id % ended_.size()];
  if (is_shared_ && ended.id != *claim.id && claim.time + source_lag < now_.newest) {
    return now_.holds(*claim.id);  // too long ago to compare
  }
  return ended.id == *claim.id && ended.fingerprint == claim.fingerprint &&
         std::chrono::abs(ended.time - claim.time) <= copy_rounding;
}

Sequence::Standing Sequence::compare(const Claim& claim) const {
  const auto& id = claim.id;
  const Duration step = claim.time - now_.newest;
  if (step < -furthest_behind) {
    return Standing::time;
  }
  if (step > longest_jump && claim.time > claim.arrival + clock_skew) {
    // Only the counter can say now whether this is a quiet night or an invented date.
    const bool continues =
        !id || !now_.has_ids || (*id > now_.highest && *id <= now_.highest + usual_ahead);
    if (!continues || step > longest_silence) {
      return Standing::time;
    }
  }
  if (id && now_.has_ids) {
    const auto elapsed = static_cast<std::uint64_t>(
        std::clamp<Duration>(step, Duration{0}, longest_silence).count());
    if (*id > now_.highest + usual_ahead + elapsed * ids_per_millisecond) {
      return Standing::range;
    }
    if (*id + Epoch::window <= now_.highest) {
      return claim.ends_request && now_.is_long_gone(*id, claim.time) ? Standing::reused
                                                                      : Standing::unusual;
    }
    if (claim.ends_request && now_.holds(*id)) {
      return is_copy(claim) ? Standing::copy : Standing::reused;
    }
  }
  if (step > usual_step) {
    return Standing::jump;
  }
  return step < -usual_behind ? Standing::unusual : Standing::usual;
}

bool Sequence::believe(const Claim& claim, Standing standing) {
  const std::uint64_t number = claim.id.value_or(candidate_.highest);
  const Duration near = standing == Standing::jump ? longest_silence : longest_jump;
  const bool continues =
      candidate_.lines > 0 && std::chrono::abs(claim.time - candidate_.newest) <= near &&
      number + usual_ahead >= candidate_.highest && number <= candidate_.highest + usual_ahead;
  if (continues) {
    candidate_.highest = std::max(candidate_.highest, number);
    candidate_.newest = std::max(candidate_.newest, claim.time);
    ++candidate_.lines;
  } else {
    candidate_ = {number, claim.time, 1};
  }
  const std::uint64_t needed =
      standing == Standing::jump ? jump_believed_after : range_believed_after;
  return candidate_.lines >= needed;
}

/// A restart is believed on its word at first. Should a number of the old range go on soon after,
/// it was none.
bool Sequence::return_to_former(const Claim& claim) {
  if (!has_former_ || !claim.id || claim.time - now_.begin > longest_request ||
      *claim.id + Epoch::window <= former_.highest || *claim.id > former_.highest + usual_ahead) {
    return false;
  }
  former_.newest = std::max(former_.newest, now_.newest);
  now_ = former_;
  has_former_ = false;
  ++false_restarts_;
  return true;
}

void Sequence::anchor(const Claim& claim) {
  anchored_ = true;
  now_.newest = now_.begin = claim.time;
  if (ended_.empty()) {
    ended_.resize(copies_of_one_source);
  }
}

void Sequence::advance_to(std::uint64_t id) {
  if (id - now_.highest > Epoch::window) {
    const std::uint64_t unseen = id - now_.highest - Epoch::window;
    advance_to(now_.highest + Epoch::window);
    numbers_.passed += unseen;
    numbers_.missing += unseen;
    now_.leap(id - Epoch::window);
  }
  while (now_.highest < id) {
    now_.step();
    const std::uint64_t settled = now_.highest - std::min(now_.highest, settled_behind);
    if (settled > now_.lowest) {
      ++numbers_.passed;
      numbers_.missing += now_.holds(settled) ? 0 : 1;
    }
  }
}

void Sequence::absorb(const Claim& claim, TimePoint time) {
  now_.newest = std::max(now_.newest, time);
  if (!claim.id) {
    return;
  }
  const std::uint64_t id = *claim.id;
  if (!now_.has_ids) {
    now_.has_ids = true;
    now_.lowest = now_.highest = id;
    now_.passed.fill(now_.newest);
  }
  advance_to(std::max(id, now_.highest));
  if (!claim.ends_request || id + Epoch::window <= now_.highest) {
    return;
  }
  if (id > now_.lowest && id + settled_behind <= now_.highest && !now_.holds(id) &&
      numbers_.missing > 0) {
    --numbers_.missing;  // a long poll: given up too early
  }
  now_.mark(id);
}

void Sequence::note_end(const Claim& claim) {
  if (claim.id && claim.ends_request) {
    ended_[*claim.id % ended_.size()] = {*claim.id, claim.time, claim.fingerprint};
  }
}

Fit Sequence::judge(const Claim& claim) {
  if (!anchored_) {
    anchor(claim);
  }
  if (may_be_restart(claim) && !is_copy(claim)) {
    restart(claim.time);
  }
  Standing standing = compare(claim);
  if (standing == Standing::range && return_to_former(claim)) {
    standing = compare(claim);
  }
  if (standing == Standing::copy) {
    return Fit::copy;
  }
  if (standing == Standing::usual) {
    candidate_ = {};
  } else if (believe(claim, standing)) {
    if (standing != Standing::jump) {
      now_ = {};
      now_.begin = candidate_.newest;
      has_former_ = false;
    }
    now_.newest = candidate_.newest;
    candidate_ = {};
  } else if (standing == Standing::reused) {
    return Fit::reused;
  } else if (standing == Standing::range) {
    return Fit::range;
  } else if (standing == Standing::time) {
    return Fit::time;
  } else {
    // Believed as a request; its time moves nothing yet.
    Claim still = claim;
    if (claim.id && *claim.id > now_.highest + usual_ahead) {
      still.id.reset();
    }
    note_end(claim);
    absorb(still, now_.newest);
    return Fit::fine;
  }
  note_end(claim);
  absorb(claim, claim.time);
  return Fit::fine;
}

Fit Sequence::follow(const Claim& claim) {
  if (!anchored_) {
    anchor(claim);
  }
  if (claim.id && claim.ends_request) {
    if (is_copy(claim)) {
      return Fit::copy;
    }
    if (has_former_ && claim.time < now_.begin) {
      return Fit::fine;  // of a source that lags behind the restart
    }
    const bool starts_again = *claim.id <= first_ids && *claim.id + Epoch::window <= now_.highest;
    if (now_.holds(*claim.id) || (starts_again && claim.time - now_.begin > longest_request)) {
      restart(claim.time);
    }
  }
  note_end(claim);
  absorb(claim, claim.time);
  return Fit::fine;
}

void Sequence::restart(TimePoint time) {
  if (!anchored_) {
    anchor({{}, false, time, {}, 0});
  } else {
    former_ = now_;
    has_former_ = true;
  }
  now_ = {};
  now_.has_ids = true;
  now_.begin = time;
  now_.newest = has_former_ ? std::max(former_.newest, time) : time;
  now_.passed.fill(now_.newest);
  candidate_ = {};
}

void Sequence::expect_copies() {
  is_shared_ = true;
  if (ended_.size() >= copies_of_several) {
    return;
  }
  std::vector<Ended> more(copies_of_several);
  for (const Ended& ended : ended_) {
    more[ended.id % more.size()] = ended;
  }
  ended_ = std::move(more);
}

void Sequence::save(ByteWriter& out) const {
  out.number((anchored_ ? 1U : 0U) | (has_former_ ? 2U : 0U) | (is_shared_ ? 4U : 0U));
  now_.save(out);
  if (has_former_) {
    former_.save(out);
  }
  out.number(candidate_.highest);
  out.integer(candidate_.newest.time_since_epoch().count());
  out.number(candidate_.lines);
  out.number(ended_.size());
  const auto is_worth_keeping = [&](const Ended& ended) {
    return ended.time != TimePoint{} && now_.newest - ended.time <= copies_within;
  };
  out.number(
      static_cast<std::uint64_t>(std::count_if(ended_.begin(), ended_.end(), is_worth_keeping)));
  for (const Ended& ended : ended_) {
    if (is_worth_keeping(ended)) {
      out.number(ended.id);
      out.integer((now_.newest - ended.time).count());
      out.fixed64(ended.fingerprint);
    }
  }
  out.number(numbers_.passed);
  out.number(numbers_.missing);
  out.number(false_restarts_);
}

void Sequence::restore(ByteReader& in) {
  *this = {};
  const std::uint64_t flags = in.number();
  anchored_ = (flags & 1) != 0;
  has_former_ = (flags & 2) != 0;
  is_shared_ = (flags & 4) != 0;
  now_.restore(in);
  if (has_former_) {
    former_.restore(in);
  }
  candidate_.highest = in.number();
  candidate_.newest = restore_time(in);
  candidate_.lines = in.number();
  const std::uint64_t size = in.number();
  if (size > 0) {
    ended_.resize(size > copies_of_one_source ? copies_of_several : copies_of_one_source);
  }
  for (auto left = in.count(); left > 0 && in.ok(); --left) {
    Ended ended;
    ended.id = in.number();
    ended.time = now_.newest - Duration{std::clamp<std::int64_t>(in.integer(), 0,
                                                                 Duration{copies_within}.count())};
    ended.fingerprint = in.fixed64();
    if (!ended_.empty()) {
      ended_[ended.id % ended_.size()] = ended;
    }
  }
  numbers_.passed = in.number();
  numbers_.missing = in.number();
  false_restarts_ = in.number();
  if (!in.ok() || (anchored_ && ended_.empty())) {
    *this = {};
  }
}

std::optional<std::uint64_t> request_counter(std::string_view request_id) {
  const std::size_t dash = request_id.find('-');
  if (dash == std::string_view::npos || dash == 0) {
    return std::nullopt;
  }
  for (const char c : request_id.substr(0, dash)) {
    // Background contexts such as `main-1` or `rotate_notifs-2` count for themselves.
    if (!(c >= 'A' && c <= 'Z')) {
      return std::nullopt;
    }
  }
  std::int64_t number = 0;
  if (!all_digits(request_id.substr(dash + 1), number)) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(number);
}

}  // namespace noci
