#include "detect/distinct.hpp"

#include <algorithm>

namespace noci::detect {

bool DistinctCounter::add(const std::vector<WindowSpan>& spans, std::int64_t cap, TimePoint now,
                          TimePoint at, std::uint64_t print) {
  if (hll_ && hll_->newest() < now - spans.back().horizon()) {
    // Silent for longer than any window: nothing that is known still counts.
    *this = DistinctCounter(spans.size());
  }
  if (spans.back().pane_of(at) < spans.back().first_pane(now)) {
    return false;
  }
  if (exact_spans_ > 0) {
    count_exactly(spans, now, at, print);
  }
  if (hll_) {
    hll_->add(print, at, now - spans.back().horizon());
  }
  estimate_when_full(spans, cap, now);
  return true;
}

void DistinctCounter::count_exactly(const std::vector<WindowSpan>& spans, TimePoint now,
                                    TimePoint at, std::uint64_t print) {
  bool fresh = false;
  const TimePoint oldest = now - spans[exact_spans_ - 1].horizon();
  SeenTable::Seen& seen = seen_.find_or_add(print, at, oldest, fresh);
  if (!fresh && seen.last >= at) {
    return;
  }
  for (std::size_t i = 0; i < exact_spans_; ++i) {
    if (!fresh) {
      windows_[i].remove(spans[i], now, seen.last, 1);
    }
    windows_[i].add(spans[i], now, at, 1);
  }
  seen.last = at;
}

void DistinctCounter::estimate_when_full(const std::vector<WindowSpan>& spans, std::int64_t cap,
                                         TimePoint now) {
  while (exact_spans_ > 0 && windows_[exact_spans_ - 1].value(spans[exact_spans_ - 1], now) > cap) {
    if (!hll_) {
      hll_ = std::make_unique<SlidingHll>();
      const TimePoint oldest = now - spans.back().horizon();
      seen_.for_each(
          [&](const SeenTable::Seen& seen) { hll_->add(seen.print, seen.last, oldest); });
    }
    --exact_spans_;
    windows_[exact_spans_].clear();
    if (exact_spans_ == 0) {
      seen_.clear();
    }
  }
}

DistinctCounter::Answer DistinctCounter::value(const std::vector<WindowSpan>& spans,
                                               std::size_t span, TimePoint now) const {
  if (span < exact_spans_) {
    return {windows_[span].value(spans[span], now), true};
  }
  return {hll_ ? hll_->estimate(spans[span], now) : 0, false};
}

TimePoint DistinctCounter::falls_to(std::int64_t most, const std::vector<WindowSpan>& spans,
                                    std::size_t span, TimePoint now) const {
  return span < exact_spans_ ? windows_[span].falls_to(most, spans[span], now) : now;
}

std::int64_t DistinctCounter::upper_bound() const {
  if (hll_) {
    return INT64_MAX;  // over the cap, so over every limit not long ago
  }
  std::int64_t most = 0;
  for (const SlidingSum& window : windows_) {
    most = std::max(most, window.upper_bound());
  }
  return most;
}

std::int64_t DistinctCounter::bytes() const {
  std::int64_t sum = static_cast<std::int64_t>(sizeof(DistinctCounter)) + seen_.bytes();
  for (const SlidingSum& window : windows_) {
    sum += window.bytes();
  }
  return sum + (hll_ ? hll_->bytes() : 0);
}

DistinctCounter DistinctCounter::rebuilt(const std::vector<WindowSpan>& from,
                                         const std::vector<WindowSpan>& spans, std::int64_t cap,
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
  }
  for (std::size_t i = 0; i < exact_spans_; ++i) {
    windows_[i].save(out);
  }
  out.number(hll_ ? 1 : 0);
  if (hll_) {
    hll_->save(out);
  }
}

bool DistinctCounter::load(ByteReader& in) {
  const std::uint64_t exact = in.number();
  if (exact > windows_.size()) {
    return false;
  }
  exact_spans_ = exact;
  if (exact_spans_ > 0 && !seen_.load(in)) {
    return false;
  }
  for (std::size_t i = 0; i < exact_spans_; ++i) {
    if (!windows_[i].load(in)) {
      return false;
    }
  }
  if (in.number() != 0) {
    hll_ = std::make_unique<SlidingHll>();
    if (!hll_->load(in)) {
      return false;
    }
  }
  return in.ok() && (exact_spans_ == windows_.size() || hll_ != nullptr);
}

}  // namespace noci::detect
