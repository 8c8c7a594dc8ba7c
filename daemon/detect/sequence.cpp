#include "detect/sequence.hpp"

#include <algorithm>
#include <tuple>

namespace noci::detect {
namespace {

constexpr std::uint32_t fewest_to_prune = 16;
constexpr std::int64_t most_counted = std::int64_t{1} << 31;
constexpr TimePoint never{Duration{-furthest_time}};
constexpr TimePoint forever{Duration{furthest_time}};

/// What happened at this time or before does not count.
TimePoint border_of(const WindowSpan& span, TimePoint now) {
  return now - span.timespan - span.lateness;
}

}  // namespace

std::int64_t most_marks(const StepPlan& plan) {
  std::int64_t sum = 0;
  std::int64_t later = 0;  // beginnings of the next step that are kept
  for (std::size_t k = plan.counts.size(); k > 0; --k) {
    later = std::min(plan.counts[k - 1] * (plan.ordered ? later + 1 : 1), most_counted);
    sum += later;
  }
  return sum;
}

bool StepTimes::add(const StepPlan& plan, Spans spans, TimePoint now, TimePoint at,
                    std::size_t step) {
  if (at <= border_of(spans.back(), now)) {
    return false;
  }
  const auto index = static_cast<std::uint32_t>(step);
  const auto place = std::ranges::lower_bound(
      marks_, std::tuple(at, index), {}, [](const Mark& m) { return std::tuple(m.at, m.step); });
  if (place != marks_.end() && place->at == at && place->step == index) {
    place->count += place->count < plan.counts[step] ? 1 : 0;
    return true;
  }
  marks_.insert(place, {at, index, 1});
  if (marks_.size() >= prune_at_) {
    prune(plan, spans, now);
  }
  return true;
}

std::int64_t StepTimes::value(const StepPlan& plan, const WindowSpan& span, TimePoint now) const {
  std::vector<std::int64_t> missing = plan.counts;
  std::size_t complete = 0;
  TimePoint after = border_of(span, now);
  for (const Mark& mark : marks_) {
    if (mark.at <= after || (plan.ordered && mark.step != complete)) {
      continue;
    }
    std::int64_t& wanted = missing[mark.step];
    const bool was_complete = wanted <= 0;
    wanted -= mark.count;
    if (wanted <= 0 && !was_complete) {
      ++complete;
      after = plan.ordered ? mark.at : after;
    }
  }
  return static_cast<std::int64_t>(complete);
}

TimePoint StepTimes::falls_to(std::int64_t most, const StepPlan& plan, const WindowSpan& span,
                              TimePoint now) const {
  if (most < 0) {
    return forever;
  }
  const auto wanted = static_cast<std::size_t>(most) + 1;
  if (wanted > plan.counts.size()) {
    return now;
  }
  // The latest beginning: when that leaves the window, nothing later takes its place.
  std::vector<Done> steps = latest(plan, plan.ordered ? wanted : plan.counts.size());
  std::erase_if(steps, [](const Done& step) { return !step.complete; });
  if (steps.size() < wanted) {
    return now;
  }
  if (!plan.ordered) {
    std::ranges::sort(steps, std::ranges::greater{}, &Done::first);
  }
  const TimePoint begin = steps[plan.ordered ? 0 : wanted - 1].first;
  return std::max(now, begin + span.timespan + span.lateness);
}

std::vector<StepTimes::Done> StepTimes::story(const StepPlan& plan, const WindowSpan& span,
                                              TimePoint now) const {
  const auto complete = static_cast<std::size_t>(value(plan, span, now));
  std::vector<Done> steps = latest(plan, plan.ordered ? complete : plan.counts.size());
  for (Done& step : steps) {
    step.complete = step.complete && step.first > border_of(span, now);
  }
  return steps;
}

/// How the first `steps` steps happened, as late as possible: from the last one backwards.
std::vector<StepTimes::Done> StepTimes::latest(const StepPlan& plan, std::size_t steps) const {
  std::vector<Done> done(plan.counts.size());
  TimePoint before = forever;
  for (std::size_t k = steps; k > 0; --k) {
    std::int64_t missing = plan.counts[k - 1];
    Done& step = done[k - 1];
    for (auto mark = marks_.rbegin(); mark != marks_.rend() && missing > 0; ++mark) {
      if (mark->step == k - 1 && mark->at < before) {
        step.last = missing == plan.counts[k - 1] ? mark->at : step.last;
        step.first = mark->at;
        missing -= mark->count;
      }
    }
    step.complete = missing <= 0;
    if (plan.ordered) {
      before = step.complete ? step.first : never;
    }
  }
  return done;
}

std::int64_t StepTimes::bytes() const {
  return static_cast<std::int64_t>(sizeof(StepTimes) + marks_.size() * sizeof(Mark));
}

void StepTimes::save(ByteWriter& out) const {
  out.number(prune_at_);
  out.number(marks_.size());
  std::int64_t previous = 0;
  for (const Mark& mark : marks_) {
    const std::int64_t at = mark.at.time_since_epoch().count();
    out.integer(at - previous);
    out.number(mark.step);
    out.number(mark.count);
    previous = at;
  }
}

bool StepTimes::load(ByteReader& in, std::size_t steps) {
  marks_.clear();
  prune_at_ = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(in.number(), fewest_to_prune, UINT32_MAX));
  const std::uint64_t count = in.count();
  std::int64_t previous = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::int64_t later = in.integer();
    const std::uint64_t step = in.number();
    const std::uint64_t events = in.number();
    if ((i > 0 && later < 0) || __builtin_add_overflow(previous, later, &previous) ||
        previous < -furthest_time || previous > furthest_time || step >= steps || events == 0 ||
        events > static_cast<std::uint64_t>(most_counted)) {
      return false;
    }
    const Mark mark{TimePoint(Duration(previous)), static_cast<std::uint32_t>(step),
                    static_cast<std::uint32_t>(events)};
    if (!marks_.empty() && marks_.back().at == mark.at && marks_.back().step >= mark.step) {
      return false;
    }
    marks_.push_back(mark);
  }
  return in.ok();
}

void StepTimes::prune(const StepPlan& plan, Spans spans, TimePoint now) {
  const TimePoint oldest = border_of(spans.back(), now);
  // At this time and later anything may still arrive; in no order it makes no difference.
  const TimePoint settled = now - spans.back().lateness;
  std::vector<bool> kept(marks_.size(), false);
  keep_candidates(plan, settled, kept);
  std::size_t size = 0;
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    if (kept[i] && marks_[i].at > oldest) {
      marks_[size++] = marks_[i];
    }
  }
  marks_.resize(size);
  prune_at_ = std::max(fewest_to_prune, static_cast<std::uint32_t>(size) * 2);
}

/// Goes from the last step to the first. `bounds` are the times before which a step must be
/// complete: each kept event may be the first of the step after it, and so may a future one.
void StepTimes::keep_candidates(const StepPlan& plan, TimePoint settled,
                                std::vector<bool>& kept) const {
  std::vector<std::size_t> bounds{marks_.size()};  // as indexes, descending
  for (std::size_t k = plan.counts.size(); k > 0; --k) {
    if (!plan.ordered) {
      bounds = {marks_.size()};
    }
    for (const std::size_t bound : bounds) {
      std::int64_t missing = plan.counts[k - 1];
      for (std::size_t i = bound; i > 0 && missing > 0; --i) {
        const Mark& mark = marks_[i - 1];
        if (mark.step != k - 1 || (bound < marks_.size() && mark.at == marks_[bound].at)) {
          continue;
        }
        kept[i - 1] = true;
        // What has not settled is kept anyway and does not stand in for older events.
        missing -= plan.ordered && mark.at >= settled ? 0 : mark.count;
      }
    }
    bounds = {marks_.size()};
    for (std::size_t i = marks_.size(); i > 0; --i) {
      if (marks_[i - 1].step == k - 1 && kept[i - 1]) {
        bounds.push_back(i - 1);
      }
    }
  }
}

}  // namespace noci::detect
