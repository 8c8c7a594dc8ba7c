#include "detect/distinct.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace noci::detect {

bool DistinctCounter::is_repeat(Spans spans, TimePoint at, std::uint64_t print) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
  // The print is as good as random: another value in another pane is no likelier the same.
  const auto pane = static_cast<std::uint64_t>(spans.front().pane_of(at));
  const std::uint64_t newest = print ^ ((pane + 1) * odd);
  return std::exchange(newest_, newest) == newest;
}

DistinctCounter::Added DistinctCounter::add(Spans spans, std::int64_t cap, TimePoint now,
                                            TimePoint at, std::uint64_t print) {
  if (hll_ && hll_->newest() < now - spans.back().horizon()) {
    // Silent for longer than any window: nothing that is known still counts.
    *this = DistinctCounter(spans.size());
  }
  if (at < spans.back().border(now)) {
    return {};
  }
  Added added{true, std::nullopt};
  if (exact_spans_ > 0) {
    added.before = count_exactly(spans, now, at, print);
  }
  if (hll_) {
    hll_->add(print, at, now - spans.back().horizon());
  }
  estimate_when_full(spans, cap, now);
  return added;
}

std::optional<TimePoint> DistinctCounter::count_exactly(Spans spans, TimePoint now, TimePoint at,
                                                        std::uint64_t print) {
  const Spans exact = spans.first(exact_spans_);
  bool fresh = false;
  SeenTable::Seen& seen = seen_.find_or_add(print, at, now - exact.back().horizon(), fresh);
  const auto before = fresh ? std::nullopt : std::optional(seen.last);
  if (before && *before >= at) {
    return before;
  }
  if (before) {
    ladder_.remove(exact, now, *before, 1);
  }
  ladder_.add(exact, now, at, 1);
  seen.last = at;
  return before;
}

void DistinctCounter::estimate_when_full(Spans spans, std::int64_t cap, TimePoint now) {
  // Never more values than are remembered: most of the time there is nothing to add up.
  if (seen_.size() <= static_cast<std::size_t>(cap)) {
    return;
  }
  while (exact_spans_ > 0 && ladder_.value(spans[exact_spans_ - 1], now) > cap) {
    if (!hll_) {
      hll_ = std::make_unique<SlidingHll>();
      const TimePoint oldest = now - spans.back().horizon();
      seen_.for_each(
          [&](const SeenTable::Seen& seen) { hll_->add(seen.print, seen.last, oldest); });
    }
    --exact_spans_;
    if (exact_spans_ == 0) {
      ladder_ = {};
      seen_.clear();
    }
  }
}

DistinctCounter::Answer DistinctCounter::value(Spans spans, std::size_t span, TimePoint now) const {
  if (span < exact_spans_) {
    return {ladder_.value(spans[span], now), true};
  }
  return {hll_ ? hll_->estimate(spans[span], now) : 0, false};
}

TimePoint DistinctCounter::falls_to(std::int64_t most, Spans spans, std::size_t span,
                                    TimePoint now) const {
  return span < exact_spans_ ? ladder_.falls_to(most, spans[span], now) : now;
}

std::int64_t DistinctCounter::bytes() const {
  return static_cast<std::int64_t>(sizeof(DistinctCounter) - sizeof(LadderSum)) + ladder_.bytes() +
         seen_.bytes() + (hll_ ? hll_->bytes() : 0);
}

DistinctCounter DistinctCounter::rebuilt(Spans from, Spans spans, std::int64_t cap,
                                         TimePoint now) const {
  DistinctCounter other(spans.size());
  if (hll_) {
    // The set reaches back only as far as its longest exact window: longer ones stay estimates.
    other.hll_ = std::make_unique<SlidingHll>(*hll_);
    const Duration complete = exact_spans_ == 0 ? Duration{} : from[exact_spans_ - 1].timespan;
    while (other.exact_spans_ > 0 && spans[other.exact_spans_ - 1].timespan > complete) {
      --other.exact_spans_;
    }
  }
  std::vector<SeenTable::Seen> sorted;
  seen_.for_each([&](const SeenTable::Seen& seen) { sorted.push_back(seen); });
  std::ranges::sort(sorted, [](const SeenTable::Seen& a, const SeenTable::Seen& b) {
    return a.last != b.last ? a.last < b.last : a.print < b.print;
  });
  for (const SeenTable::Seen& seen : sorted) {
    if (other.exact_spans_ > 0) {
      other.count_exactly(spans, now, seen.last, seen.print);
    }
    other.estimate_when_full(spans, cap, now);
  }
  return other;
}

void DistinctCounter::save(ByteWriter& out) const {
  out.number(exact_spans_);
  if (exact_spans_ > 0) {
    seen_.save(out);
    ladder_.save(out);
  }
  out.number(hll_ ? 1 : 0);
  if (hll_) {
    hll_->save(out);
  }
}

bool DistinctCounter::load(ByteReader& in) {
  const std::uint64_t exact = in.number();
  if (exact > spans_) {
    return false;
  }
  exact_spans_ = static_cast<std::uint32_t>(exact);
  if (exact_spans_ > 0 && (!seen_.load(in) || !ladder_.load(in))) {
    return false;
  }
  if (in.number() != 0) {
    hll_ = std::make_unique<SlidingHll>();
    if (!hll_->load(in)) {
      return false;
    }
  }
  return in.ok() && (exact_spans_ == spans_ || hll_ != nullptr);
}

}  // namespace noci::detect
