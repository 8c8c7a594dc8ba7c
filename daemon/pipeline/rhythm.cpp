#include "pipeline/rhythm.hpp"

#include <algorithm>

namespace noci {
namespace {

/// A silence is too long when it is this many times the longest usual one. Of lines that come at
/// random, at 1,000 in the time looked back on, the chance that a pause of four times the longest
/// lies between any two is 10^-9.
constexpr int factor = 4;
/// On the first day nothing is known of what the hour usually brings (the evening, a backup), only
/// how it went a moment ago.
constexpr int first_day_factor = 30;
constexpr Duration recent_span = std::chrono::minutes{30};

std::int64_t hour_of(TimePoint time) {
  return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
}

}  // namespace

void Rhythm::look(TimePoint now, Duration watched, bool heard, const Bounds& bounds) {
  silence_ += watched;
  if (!heard) {
    return;
  }
  if (heard_) {
    known_ += silence_;
    half_hour_ += silence_;
    // A silence that broke its limit is no measure of what is usual: it counts as what was still
    // allowed. One that comes back again and again is learnt nevertheless, step by step.
    learn(now, std::min(silence_, limit(now, bounds)));
  }
  heard_ = true;
  silence_ = Duration::zero();
}

void Rhythm::learn(TimePoint now, Duration gap) {
  if (half_hour_ >= recent_span) {
    half_hour_ = Duration::zero();
    recent_ = {Duration::zero(), recent_[0]};
  }
  recent_[0] = std::max(recent_[0], gap);
  for (std::int64_t hour = hour_of(now - gap); hour <= hour_of(now); ++hour) {
    note(hour, gap);
  }
}

void Rhythm::note(std::int64_t hour, Duration gap) {
  Hour& kept = hours_[static_cast<std::size_t>(hour) % hours_kept];
  if (kept.number != hour) {
    kept = {hour, Duration::zero()};
  }
  kept.longest = std::max(kept.longest, gap);
}

Duration Rhythm::limit(TimePoint now, const Bounds& bounds) const {
  if (!is_warm(bounds)) {
    return bounds.most;
  }
  const std::int64_t this_hour = hour_of(now);
  Duration usual = std::max(recent_[0], recent_[1]);
  bool is_known = false;
  // Of the same hour on another day, the one before and the one after: people are not punctual, and
  // twice a year the hour itself moves.
  for (std::int64_t day = 0; day <= 7; ++day) {
    for (const std::int64_t off : {-1, 0, 1}) {
      const std::int64_t age = 24 * day + off;
      const std::int64_t hour = this_hour - age;
      if (age < 0 || age >= static_cast<std::int64_t>(hours_kept) || hour < 0) {
        continue;
      }
      const Hour& kept = hours_[static_cast<std::size_t>(hour) % hours_kept];
      if (kept.number == hour) {
        usual = std::max(usual, kept.longest);
        is_known = is_known || (off == 0 && day > 0);
      }
    }
  }
  return std::clamp(usual * (is_known ? factor : first_day_factor), bounds.least,
                    std::max(bounds.least, bounds.most));
}

void Rhythm::save(ByteWriter& out) const {
  out.number(heard_ ? 1 : 0);
  for (const Duration& duration : {known_, silence_, half_hour_, recent_[0], recent_[1]}) {
    out.integer(duration.count());
  }
  const auto is_kept = [](const Hour& hour) { return hour.number >= 0; };
  out.number(static_cast<std::uint64_t>(std::count_if(hours_.begin(), hours_.end(), is_kept)));
  for (const Hour& hour : hours_) {
    if (is_kept(hour)) {
      out.integer(hour.number);
      out.integer(hour.longest.count());
    }
  }
}

void Rhythm::restore(ByteReader& in) {
  heard_ = in.number() == 1;
  for (Duration* duration : {&known_, &silence_, &half_hour_, &recent_[0], &recent_[1]}) {
    *duration = Duration{in.integer()};
  }
  for (auto left = in.count(); left > 0; --left) {
    const std::int64_t hour = in.integer();
    const Duration longest{in.integer()};
    if (hour >= 0) {
      note(hour, longest);
    }
  }
}

}  // namespace noci
