#include "parse/epoch.hpp"

#include <algorithm>

#include "parse/clock.hpp"

namespace noci {
namespace {

/// The slowest answer there is.
constexpr Duration longest_request = std::chrono::minutes{10};
/// Of a saved time, against a damaged blob.
constexpr std::int64_t longest_past = Duration{std::chrono::hours{24 * 3650}}.count();

}  // namespace

bool Epoch::holds(std::uint64_t id) const {
  return id <= highest && id + window > highest && (seen[id % window / 64] >> (id % 64) & 1) != 0;
}

void Epoch::mark(std::uint64_t id) {
  seen[id % window / 64] |= std::uint64_t{1} << (id % 64);
}

bool Epoch::is_long_gone(std::uint64_t id, TimePoint time) const {
  const std::uint64_t boundary = id / window + 1;
  const std::uint64_t latest = highest / window;
  if (boundary > latest) {
    return false;
  }
  // Older ones were overwritten: then the oldest that is known will do.
  const std::uint64_t known =
      latest - boundary < passed.size() ? boundary : latest - passed.size() + 1;
  return time - passed[known % passed.size()] > longest_request;
}

void Epoch::step() {
  ++highest;
  seen[highest % window / 64] &= ~(std::uint64_t{1} << (highest % 64));
  if (highest % window == 0) {
    passed[highest / window % passed.size()] = newest;
  }
}

void Epoch::leap(std::uint64_t id) {
  seen = {};
  passed.fill(newest);
  highest = id;
}

void Epoch::save(ByteWriter& out) const {
  out.number(has_ids ? 1 : 0);
  out.number(lowest);
  out.number(highest);
  out.integer(begin.time_since_epoch().count());
  out.integer(newest.time_since_epoch().count());
  for (const std::uint64_t word : seen) {
    out.fixed64(word);
  }
  for (const TimePoint time : passed) {
    out.integer((newest - time).count());
  }
}

void Epoch::restore(ByteReader& in) {
  has_ids = in.number() != 0;
  lowest = in.number();
  highest = in.number();
  begin = restore_time(in);
  newest = restore_time(in);
  for (std::uint64_t& word : seen) {
    word = in.fixed64();
  }
  for (TimePoint& time : passed) {
    time = newest - Duration{std::clamp<std::int64_t>(in.integer(), 0, longest_past)};
  }
}

}  // namespace noci
