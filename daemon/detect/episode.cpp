#include "detect/episode.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "detect/window.hpp"

namespace noci::detect {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// How often an open episode is looked at: fine against resolve_after, and never so fine that a
/// long silence in a replay costs time.
Duration pulse_of(const AlertSettings& settings) {
  return std::clamp(settings.resolve_after / 8, Duration(seconds{1}), Duration(minutes{1}));
}

}  // namespace

std::optional<AlertStatus> Episode::read(const Reading& reading, const AlertSettings& settings,
                                         Level base_level) {
  if (reading.breached) {
    below_since_.reset();
    if (!open_) {
      if (!reading.by_event) {
        return std::nullopt;
      }
      open_ = true;
      level_ = base_level;
      step_ = 0;
      sequence_ = 0;
      raise(reading.ratio, settings);
      return say(AlertStatus::firing, reading.at);
    }
    if (reading.by_event && raise(reading.ratio, settings)) {
      return say(AlertStatus::escalated, reading.at);
    }
    if (settings.renotify && reading.at >= last_said_ + *settings.renotify) {
      return say(AlertStatus::updated, reading.at);
    }
    return std::nullopt;
  }
  if (!open_) {
    return std::nullopt;
  }
  if (!below_since_) {
    below_since_ = reading.at;
  }
  if (reading.at >= *below_since_ + settings.resolve_after) {
    end_now(reading.at);
    return AlertStatus::resolved;
  }
  return std::nullopt;
}

void Episode::end_now(TimePoint at) {
  open_ = false;
  below_since_.reset();
  say(AlertStatus::resolved, at);
}

TimePoint Episode::next_reading(TimePoint now, TimePoint steady_until,
                                const AlertSettings& settings, bool decays) const {
  const TimePoint soonest = now + Duration{1};
  const Duration pulse = pulse_of(settings);
  const auto on_grid = [&](TimePoint time) {
    const std::int64_t before = time.time_since_epoch().count() - 1;
    return TimePoint{pulse * (floor_div(before, pulse.count()) + 1)};
  };
  if (!below_since_) {
    TimePoint wanted = std::max(steady_until, soonest);
    if (settings.renotify) {
      wanted = std::min(wanted, std::max(last_said_ + *settings.renotify, soonest));
    }
    return on_grid(wanted);
  }
  const TimePoint due = *below_since_ + settings.resolve_after;
  return decays ? due : std::min(due, on_grid(soonest));
}

void Episode::save(ByteWriter& out) const {
  out.number(open_ ? 1 : 0);
  out.number(static_cast<std::uint64_t>(level_));
  out.fixed64(std::bit_cast<std::uint64_t>(step_));
  out.number(number_);
  out.number(sequence_);
  out.integer(last_said_.time_since_epoch().count());
  out.number(below_since_ ? 1 : 0);
  if (below_since_) {
    out.integer(below_since_->time_since_epoch().count());
  }
}

bool Episode::load(ByteReader& in) {
  const auto time = [&](TimePoint& out) {
    const std::int64_t count = in.integer();
    out = TimePoint(Duration(count));
    return count >= -furthest_time && count <= furthest_time;
  };
  open_ = in.number() != 0;
  const std::uint64_t level = in.number();
  step_ = std::bit_cast<double>(in.fixed64());
  number_ = in.number();
  sequence_ = in.number();
  if (level > static_cast<std::uint64_t>(Level::critical) || !std::isfinite(step_) ||
      !time(last_said_)) {
    return false;
  }
  level_ = static_cast<Level>(level);
  below_since_.reset();
  if (in.number() != 0 && !time(below_since_.emplace())) {
    return false;
  }
  return in.ok();
}

bool Episode::raise(double ratio, const AlertSettings& settings) {
  bool raised = false;
  for (const Escalation& escalation : settings.escalate) {
    if (ratio >= escalation.at && escalation.at > step_) {
      step_ = escalation.at;
      level_ = std::max(level_, escalation.level);
      raised = true;
    }
  }
  return raised;
}

AlertStatus Episode::say(AlertStatus status, TimePoint at) {
  last_said_ = at;
  ++sequence_;
  return status;
}

}  // namespace noci::detect
