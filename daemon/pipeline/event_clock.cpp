#include "pipeline/event_clock.hpp"

#include <algorithm>
#include <charconv>

namespace noci {
namespace {

constexpr Duration believable_jump = std::chrono::hours{1};
/// How far apart the ids of requests that end one after the other may be: a long poll is logged
/// when it ends, with the id it got when it began.
constexpr std::uint64_t id_distance = 256;
constexpr int requests_to_agree = 3;

std::uint64_t distance(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : b - a;
}

}  // namespace

std::optional<std::uint64_t> request_number(std::string_view request_id) {
  const auto dash = request_id.rfind('-');
  if (dash == std::string_view::npos) {
    return std::nullopt;
  }
  const char* const end = request_id.data() + request_id.size();
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(request_id.data() + dash + 1, end, number);
  if (error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return number;
}

TimePoint EventClock::believe(const Event& event, std::optional<TimePoint> latest) {
  TimePoint time = event.timestamp;
  if (latest && time > *latest) {
    ++clamped_;
    time = *latest;
  }
  if (!newest_) {
    newest_ = time;
  }
  if (time - *newest_ > believable_jump) {
    if (!jump_confirmed(event)) {
      ++clamped_;
      return *newest_;
    }
  } else if (event.kind == Kind::request) {
    jump_ = {};
  }
  newest_ = std::max(*newest_, time);
  return time;
}

bool EventClock::jump_confirmed(const Event& event) {
  const auto number = request_number(event.request_id);
  if (event.kind != Kind::request || !number) {
    return false;
  }
  const bool agrees = jump_.agreed > 0 && distance(*number, jump_.request) <= id_distance &&
                      *number != jump_.request &&
                      std::chrono::abs(event.timestamp - jump_.time) <= believable_jump;
  jump_ = {event.timestamp, *number, agrees ? jump_.agreed + 1 : 1};
  return jump_.agreed >= requests_to_agree;
}

void EventClock::save(ByteWriter& out) const {
  out.number(newest_ ? 1 : 0);
  out.integer(newest_ ? newest_->time_since_epoch().count() : 0);
  out.integer(jump_.time.time_since_epoch().count());
  out.number(jump_.request);
  out.number(static_cast<std::uint64_t>(jump_.agreed));
}

void EventClock::restore(ByteReader& in) {
  const bool known = in.number() == 1;
  const TimePoint newest{Duration{in.integer()}};
  newest_ = known ? std::optional(newest) : std::nullopt;
  jump_.time = TimePoint{Duration{in.integer()}};
  jump_.request = in.number();
  jump_.agreed = static_cast<int>(in.number() & 3);
}

}  // namespace noci
