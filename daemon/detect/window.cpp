#include "detect/window.hpp"

#include <algorithm>
#include <bit>

namespace noci::detect {
namespace {

constexpr Duration longest_fine_window = std::chrono::hours{24};
constexpr std::uint32_t fewest_to_compact = 8;

/// The finest window that still looks as far back as `at`: its panes are wide enough.
std::size_t level_of(Spans spans, TimePoint now, TimePoint at) {
  std::size_t level = 0;
  while (level + 1 < spans.size() && at < spans[level].border(now)) {
    ++level;
  }
  return level;
}

}  // namespace

WindowSpan WindowSpan::of(Duration timespan, Duration lateness) {
  const int parts = timespan > longest_fine_window ? 16 : 64;
  const auto widest = static_cast<std::uint64_t>(std::max(timespan / parts, Duration{1}).count());
  return {timespan, Duration(static_cast<std::int64_t>(std::bit_floor(widest))), lateness};
}

bool LadderSum::add(Spans spans, TimePoint now, TimePoint at, std::int64_t amount) {
  if (at < spans.back().border(now)) {
    return false;
  }
  const TimePoint start = spans[level_of(spans, now, at)].start_of(at);
  if (panes_.empty() || panes_.back().start < start) {
    if (panes_.size() >= compact_at_) {
      compact(spans, now);
    }
    panes_.push_back({start, amount});
    return true;
  }
  const auto place = std::ranges::lower_bound(panes_, start, {}, &Pane::start);
  if (place != panes_.end() && place->start == start) {
    place->sum = saturating_add(place->sum, amount);
  } else {
    panes_.insert(place, {start, amount});
  }
  return true;
}

void LadderSum::remove(Spans spans, TimePoint now, TimePoint at, std::int64_t amount) {
  // It may have been merged since, or not yet: somewhere from the beginning of its pane to `at`.
  const TimePoint start = spans[level_of(spans, now, at)].start_of(at);
  auto place = std::ranges::upper_bound(panes_, at, {}, &Pane::start);
  while (amount > 0 && place != panes_.begin() && (--place)->start >= start) {
    const std::int64_t taken = std::min(place->sum, amount);
    place->sum -= taken;
    amount -= taken;
  }
}

std::int64_t LadderSum::value(const WindowSpan& span, TimePoint now) const {
  const TimePoint border = span.border(now);
  std::int64_t sum = 0;
  for (std::size_t i = panes_.size(); i > 0 && panes_[i - 1].start >= border; --i) {
    sum = saturating_add(sum, panes_[i - 1].sum);
  }
  return sum;
}

TimePoint LadderSum::falls_to(std::int64_t most, const WindowSpan& span, TimePoint now) const {
  if (most < 0) {
    return TimePoint(Duration(furthest_time));
  }
  std::int64_t sum = 0;
  for (std::size_t i = panes_.size(); i > 0; --i) {
    sum = saturating_add(sum, panes_[i - 1].sum);
    if (sum > most) {
      return std::max(now, span.end_of(span.pane_of(panes_[i - 1].start)));
    }
  }
  return now;
}

LadderSum LadderSum::rebuilt(Spans from, Spans to, TimePoint now) const {
  LadderSum made;
  for (const Pane& pane : panes_) {
    if (pane.start < from.back().border(now)) {
      continue;
    }
    // It counts at its last instant: late rather than early, so nothing is forgotten too soon. But
    // what no longer counts in a shorter window lies before that one's border.
    const std::size_t level = level_of(from, now, pane.start);
    TimePoint last = from[level].start_of(pane.start) + from[level].width - Duration{1};
    if (level > 0) {
      last = std::min(last, from[level - 1].border(now) - Duration{1});
    }
    made.add(to, now, std::min(last, now), pane.sum);
  }
  return made;
}

void LadderSum::save(ByteWriter& out) const {
  out.number(compact_at_);
  out.number(panes_.size());
  std::int64_t previous = 0;
  for (const Pane& pane : panes_) {
    const std::int64_t start = pane.start.time_since_epoch().count();
    out.integer(start - previous);
    out.integer(pane.sum);
    previous = start;
  }
}

bool LadderSum::load(ByteReader& in) {
  panes_.clear();
  compact_at_ = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(in.number(), fewest_to_compact, UINT32_MAX));
  const std::uint64_t count = in.count();
  panes_.reserve(count);
  std::int64_t previous = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::int64_t step = in.integer();
    const std::int64_t sum = in.integer();
    if ((i > 0 && step <= 0) || sum < 0 || __builtin_add_overflow(previous, step, &previous) ||
        previous < -furthest_time || previous > furthest_time) {
      return false;
    }
    panes_.push_back({TimePoint(Duration(previous)), sum});
  }
  return in.ok();
}

/// Forgets what no window counts any more and merges what only longer ones still count.
void LadderSum::compact(Spans spans, TimePoint now) {
  std::size_t level = spans.size() - 1;
  const TimePoint oldest = spans[level].border(now);
  std::size_t kept = 0;
  for (const Pane& pane : panes_) {
    if (pane.start < oldest || pane.sum == 0) {
      continue;
    }
    while (level > 0 && pane.start >= spans[level - 1].border(now)) {
      --level;
    }
    const TimePoint start = spans[level].start_of(pane.start);
    if (kept > 0 && panes_[kept - 1].start == start) {
      panes_[kept - 1].sum = saturating_add(panes_[kept - 1].sum, pane.sum);
    } else {
      panes_[kept++] = {start, pane.sum};
    }
  }
  panes_.resize(kept);
  if (panes_.capacity() > 4 * (kept + fewest_to_compact)) {
    panes_.shrink_to_fit();
  }
  compact_at_ = std::max(fewest_to_compact, static_cast<std::uint32_t>(kept) * 2);
}

}  // namespace noci::detect
