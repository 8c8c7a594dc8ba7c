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
/// Lines in a row, none fitting the old regime between them, that make a new one: three where only
/// the clock jumped; where ids moved, more than anybody has a use for forging in one go.
constexpr std::uint64_t jump_believed_after = 3;
constexpr std::uint64_t regime_believed_after = 50;

}  // namespace

bool Sequence::seen(std::uint64_t id) const {
  return (seen_[id % window / 64] >> (id % 64) & 1) != 0;
}

Sequence::Standing Sequence::compare(std::optional<std::uint64_t> id, bool ends_request,
                                     TimePoint time, TimePoint arrival) const {
  const Duration step = time - now_.newest;
  if (step < -furthest_behind) {
    return Standing::time;
  }
  if (step > longest_jump && time > arrival + clock_skew) {
    // Only the counter can say now whether this is a quiet night or an invented date.
    const bool continues =
        !id || !has_ids_ || (*id > now_.highest && *id <= now_.highest + usual_ahead);
    if (!continues || step > longest_silence) {
      return Standing::time;
    }
  }
  if (id && has_ids_) {
    const auto elapsed = static_cast<std::uint64_t>(
        std::clamp<Duration>(step, Duration{0}, longest_silence).count());
    if (*id > now_.highest + usual_ahead + elapsed * ids_per_millisecond) {
      return Standing::range;
    }
    const bool may_be_restart = *id <= first_ids && *id < now_.highest && step >= restart_takes;
    if (may_be_restart || *id + window <= now_.highest) {
      return Standing::unusual;
    }
    if (ends_request && *id <= now_.highest && seen(*id)) {
      return std::find(lately_.begin(), lately_.end(), Ended{*id, time}) == lately_.end()
                 ? Standing::reused
                 : Standing::copy;
    }
  }
  if (step > usual_step) {
    return Standing::jump;
  }
  return step < -usual_behind ? Standing::unusual : Standing::usual;
}

bool Sequence::believe(std::optional<std::uint64_t> id, TimePoint time, Standing standing) {
  const std::uint64_t number = id.value_or(other_.highest);
  const Duration near = standing == Standing::jump ? longest_silence : longest_jump;
  const bool continues = other_.lines > 0 && std::chrono::abs(time - other_.newest) <= near &&
                         number + usual_ahead >= other_.highest &&
                         number <= other_.highest + usual_ahead;
  if (continues) {
    other_.highest = std::max(other_.highest, number);
    other_.newest = std::max(other_.newest, time);
    ++other_.lines;
  } else {
    other_ = {number, time, 1};
  }
  const std::uint64_t needed =
      standing == Standing::jump ? jump_believed_after : regime_believed_after;
  return other_.lines >= needed;
}

void Sequence::absorb(std::optional<std::uint64_t> id, bool ends_request, TimePoint time) {
  now_.newest = std::max(now_.newest, time);
  if (!id) {
    return;
  }
  if (!has_ids_) {
    has_ids_ = true;
    now_.highest = *id;
  }
  if (*id > now_.highest) {
    const std::uint64_t steps = std::min(*id - now_.highest, window);
    for (std::uint64_t i = 0; i < steps; ++i) {
      const std::uint64_t cleared = *id - i;
      seen_[cleared % window / 64] &= ~(std::uint64_t{1} << (cleared % 64));
    }
    now_.highest = *id;
  }
  if (ends_request && *id + window > now_.highest) {
    seen_[*id % window / 64] |= std::uint64_t{1} << (*id % 64);
  }
}

void Sequence::note_end(std::uint64_t id, TimePoint time) {
  lately_[oldest_] = {id, time};
  oldest_ = (oldest_ + 1) % lately_.size();
}

Fit Sequence::judge(std::optional<std::uint64_t> id, bool ends_request, TimePoint time,
                    TimePoint arrival) {
  if (!anchored_) {
    anchored_ = true;
    now_.newest = time;
    if (id && ends_request) {
      note_end(*id, time);
    }
    absorb(id, ends_request, time);
    return Fit::fine;
  }
  const Standing standing = compare(id, ends_request, time, arrival);
  if (standing == Standing::copy) {
    return Fit::copy;
  }
  if (id && ends_request) {
    note_end(*id, time);
  }
  if (standing == Standing::usual) {
    other_ = {};
    absorb(id, ends_request, time);
    return Fit::fine;
  }
  if (believe(id, time, standing)) {
    if (standing != Standing::jump) {
      seen_ = {};
      now_.highest = other_.highest;
    }
    now_.newest = other_.newest;
    other_ = {};
    absorb(id, ends_request, time);
    return Fit::fine;
  }
  switch (standing) {
    case Standing::reused:
      return Fit::reused;
    case Standing::range:
      return Fit::range;
    case Standing::time:
      return Fit::time;
    default:
      // Believed as a request; its time moves nothing yet.
      absorb(id && *id <= now_.highest + usual_ahead ? id : std::nullopt, ends_request,
             now_.newest);
      return Fit::fine;
  }
}

void Sequence::restart(TimePoint time) {
  if (!anchored_) {
    anchored_ = true;
    now_.newest = time;
  }
  has_ids_ = true;
  now_.highest = 0;
  seen_ = {};
  other_ = {};
}

void Sequence::save(ByteWriter& out) const {
  out.number((anchored_ ? 1U : 0U) | (has_ids_ ? 2U : 0U));
  for (const Regime* regime : {&now_, &other_}) {
    out.number(regime->highest);
    out.integer(regime->newest.time_since_epoch().count());
    out.number(regime->lines);
  }
  for (const std::uint64_t word : seen_) {
    out.number(word);
  }
  for (const Ended& ended : lately_) {
    out.number(ended.id);
    out.integer(ended.time.time_since_epoch().count());
  }
  out.number(oldest_);
}

void Sequence::restore(ByteReader& in) {
  const std::uint64_t flags = in.number();
  anchored_ = (flags & 1) != 0;
  has_ids_ = (flags & 2) != 0;
  for (Regime* regime : {&now_, &other_}) {
    regime->highest = in.number();
    regime->newest = restore_time(in);
    regime->lines = in.number();
  }
  for (std::uint64_t& word : seen_) {
    word = in.number();
  }
  for (Ended& ended : lately_) {
    ended.id = in.number();
    ended.time = restore_time(in);
  }
  oldest_ = in.number() % lately_.size();
  if (!in.ok()) {
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
