#include "pipeline/loss_meter.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace noci {
namespace {

/// Numbers in a pane, at the least: ten of them tell 3 % of loss from chance.
constexpr std::uint64_t least_in_pane = 100;
/// A lesson is the gap of this many panes, the base the median of the last lessons: at the usual
/// span at least an hour, so that it follows the daily change of clients (browsers ask OPTIONS
/// before they ask, phones do not) and not what happens within the span.
constexpr int panes_in_lesson = 5;
constexpr std::size_t lessons_kept = 12;
/// The warm-up: 2,000 numbers and twenty minutes at the least.
constexpr std::size_t lessons_needed = 4;
/// A base above this is no base: even a server of nothing but browsers on a foreign origin has one
/// OPTIONS for each request at the very most, and lines that an operator filters out are lost too.
constexpr double highest_base = 0.3;
/// Panes before the share over the span means something.
constexpr std::size_t panes_needed = 5;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::uint64_t grown(std::uint64_t& last, std::uint64_t now) {
  const std::uint64_t more = now > last ? now - last : 0;
  last += more;
  return more;
}

}  // namespace

void LossMeter::look(Duration watched, std::uint64_t passed, std::uint64_t missing,
                     const Bounds& bounds) {
  if (passed < passed_) {
    passed_ = missing_ = 0;
  }
  const std::uint64_t more_passed = grown(passed_, passed);
  const std::uint64_t more_missing = std::min(grown(missing_, missing), more_passed);
  passed_total_ += more_passed;
  missing_total_ += more_missing;
  const bool completed =
      panes_.add(watched, more_passed, more_missing, {bounds.span, least_in_pane});
  const bool losing = is_losing(bounds);
  losing_for_ = losing ? losing_for_ + watched : Duration::zero();
  if (losing && losing_for_ >= bounds.usual_after) {
    // It was said a while ago. Being deaf to the next loss for ever would be worse.
    base_ = panes_.total().share();
    gaps_.assign(1, *base_);
    unlearnt_ = 0;
    losing_for_ = Duration::zero();
    ++accepted_;
  } else if (completed && losing) {
    unlearnt_ = 0;  // nothing is learnt from a loss, nor from what led to it
  } else if (completed && ++unlearnt_ == panes_in_lesson) {
    unlearnt_ = 0;
    learn(panes_.newest(panes_in_lesson).share());
  }
}

void LossMeter::learn(double gap) {
  gaps_.push_back(gap);
  if (gaps_.size() > lessons_kept) {
    gaps_.pop_front();
  }
  if (base_ || gaps_.size() >= lessons_needed) {
    const double learnt = median({gaps_.begin(), gaps_.end()});
    base_ = accepted_ > 0 ? learnt : std::min(learnt, highest_base);
  }
}

double LossMeter::loss_of(double gap) const {
  return std::max(0.0, (gap - *base_) / (1 - std::min(*base_, 0.99)));
}

std::optional<double> LossMeter::loss() const {
  if (!base_ || panes_.complete().size() < panes_needed) {
    return std::nullopt;
  }
  return loss_of(panes_.total().share());
}

bool LossMeter::is_losing(const Bounds& bounds) const {
  return loss().has_value() && (is_sustained(bounds) || is_massive());
}

/// Over the span, in most of its panes, and by more than chance makes: a burst of OPTIONS when many
/// browsers load a page at once is over within a pane or two.
bool LossMeter::is_sustained(const Bounds& bounds) const {
  const Panes::Pane total = panes_.total();
  const double numbers = static_cast<double>(total.whole);
  const double chance = 4 * std::sqrt(numbers * std::max(*base_, 0.001)) / numbers;
  std::vector<double> losses;
  for (const Panes::Pane& pane : panes_.complete()) {
    losses.push_back(loss_of(pane.share()));
  }
  return loss_of(total.share()) > bounds.limit && total.share() - *base_ > chance &&
         median(std::move(losses)) > bounds.limit / 2;
}

/// More than half of a pane's lines are gone: a file cut short, a shipper that dropped its queue.
bool LossMeter::is_massive() const {
  return std::any_of(panes_.complete().begin(), panes_.complete().end(), [&](const auto& pane) {
    return pane.part >= 2 * least_in_pane && loss_of(pane.share()) > 0.5;
  });
}

void LossMeter::save(ByteWriter& out) const {
  panes_.save(out);
  out.number(static_cast<std::uint64_t>(unlearnt_));
  out.number(gaps_.size());
  for (const double gap : gaps_) {
    out.fixed64(std::bit_cast<std::uint64_t>(gap));
  }
  out.number(base_ ? 1 : 0);
  out.fixed64(std::bit_cast<std::uint64_t>(base_.value_or(0)));
  out.integer(losing_for_.count());
  for (const std::uint64_t number : {accepted_, passed_, missing_, passed_total_, missing_total_}) {
    out.number(number);
  }
}

void LossMeter::restore(ByteReader& in) {
  const auto share = [&] {
    const double value = std::bit_cast<double>(in.fixed64());
    return value >= 0 && value <= 1 ? value : 0;  // a damaged state must not become a NaN
  };
  panes_.restore(in);
  unlearnt_ = static_cast<int>(in.number() % panes_in_lesson);
  gaps_.clear();
  for (auto left = in.count(); left > 0; --left) {
    gaps_.push_back(share());
    if (gaps_.size() > lessons_kept) {
      gaps_.pop_front();
    }
  }
  const bool known = in.number() == 1;
  const double base = share();
  base_ = known ? std::optional(base) : std::nullopt;
  losing_for_ = Duration{in.integer()};
  for (std::uint64_t* number : {&accepted_, &passed_, &missing_, &passed_total_, &missing_total_}) {
    *number = in.number();
  }
}

}  // namespace noci
