#include <algorithm>
#include <map>
#include <set>

#include <rapidcheck/catch.h>

#include "detect/distinct.hpp"
#include "detect/window.hpp"
#include "support/catch.hpp"

using namespace noci;
using detect::DistinctCounter;
using detect::LadderSum;
using detect::WindowSpan;

namespace {

struct Arrival {
  TimePoint at;
  std::int64_t amount;
  std::uint64_t value;
};

struct Case {
  std::vector<Duration> timespans;
  Duration lateness;
  std::vector<Arrival> arrivals;
};

void showValue(const Case& one, std::ostream& out) {
  out << "L=" << one.lateness.count();
  for (const Duration timespan : one.timespans) {
    out << " T=" << timespan.count();
  }
  for (const Arrival& arrival : one.arrivals) {
    out << ' ' << arrival.at.time_since_epoch().count() << ':' << arrival.amount << '/'
        << arrival.value;
  }
}

/// Any lengths (also above a day), any order within the lateness, gaps up to years.
rc::Gen<Case> any_case() {
  return rc::gen::exec([] {
    Case one;
    const auto pieces = *rc::gen::container<std::vector<std::int64_t>>(
        *rc::gen::inRange<std::size_t>(1, 4),
        rc::gen::element<std::int64_t>(1, 50, 999, 1000, 60'000, 90'001, 600'000, 86'400'000,
                                       86'400'001, 2'592'000'000));
    for (const std::int64_t piece : std::set<std::int64_t>(pieces.begin(), pieces.end())) {
      one.timespans.emplace_back(piece);
    }
    one.lateness = Duration(*rc::gen::element<std::int64_t>(0, 1, 500, 10'000, 3'600'000));
    TimePoint clock{Duration(*rc::gen::element<std::int64_t>(0, 1'780'000'000'123))};
    const int count = *rc::gen::inRange(0, 120);
    for (int i = 0; i < count; ++i) {
      const auto longest = one.timespans.back().count();
      clock += Duration(*rc::gen::weightedOneOf<std::int64_t>(
          {{4, rc::gen::inRange<std::int64_t>(0, 3)},
           {6, rc::gen::inRange<std::int64_t>(0, longest / 8 + 2)},
           {2, rc::gen::inRange<std::int64_t>(0, 2 * longest + 2)},
           {1, rc::gen::just<std::int64_t>(100'000'000'000)}}));
      const Duration late(*rc::gen::inRange<std::int64_t>(0, one.lateness.count() + 1));
      one.arrivals.push_back({clock - late, *rc::gen::inRange<std::int64_t>(0, 1000),
                              *rc::gen::inRange<std::uint64_t>(1, 30)});
    }
    return one;
  });
}

/// exact(T) at `now`: the sum and the distinct values of (now - T, now].
std::pair<std::int64_t, std::int64_t> exact(const std::vector<Arrival>& seen, TimePoint now,
                                            Duration timespan) {
  std::int64_t sum = 0;
  std::set<std::uint64_t> values;
  for (const Arrival& arrival : seen) {
    if (arrival.at > now - timespan && arrival.at <= now) {
      sum += arrival.amount;
      values.insert(arrival.value);
    }
  }
  return {sum, static_cast<std::int64_t>(values.size())};
}

/// The promise's upper bound: T/64 more, T/16 above a day; a pane is at least a millisecond.
Duration widened(Duration timespan, Duration lateness) {
  const int parts = timespan > std::chrono::hours{24} ? 16 : 64;
  return timespan + std::max(timespan / parts, Duration{1}) + lateness;
}

}  // namespace

TEST_CASE("sums and distinct counts keep the window promise for any arrival within the lateness") {
  rc::prop("exact(T) <= value <= exact(T + T/64 + L)", [] {
    const Case one = *any_case();
    std::vector<WindowSpan> spans;
    for (const Duration timespan : one.timespans) {
      spans.push_back(WindowSpan::of(timespan, one.lateness));
    }
    LadderSum sums;
    DistinctCounter distinct(spans.size());
    std::vector<Arrival> seen;
    TimePoint now = one.arrivals.empty() ? TimePoint{} : one.arrivals.front().at;
    for (const Arrival& arrival : one.arrivals) {
      now = std::max(now, arrival.at);
      seen.push_back(arrival);
      // Fingerprints are spread over all bits, as SipHash would do.
      distinct.add(spans, 1024, now, arrival.at, arrival.value * 0x9e3779b97f4a7c15U);
      sums.add(spans, now, arrival.at, arrival.amount);
      for (std::size_t i = 0; i < spans.size(); ++i) {
        for (const Duration later : {Duration{0}, one.timespans[i] / 2, one.timespans[i] * 3}) {
          const auto least = exact(seen, now + later, one.timespans[i]);
          const auto most = exact(seen, now + later, widened(one.timespans[i], one.lateness));
          const std::int64_t sum = sums.value(spans[i], now + later);
          RC_ASSERT(sum >= least.first);
          RC_ASSERT(sum <= most.first);
          const auto count = distinct.value(spans, i, now + later);
          RC_ASSERT(count.exact);
          RC_ASSERT(count.value >= least.second);
          RC_ASSERT(count.value <= most.second);
        }
      }
    }
  });
}

TEST_CASE("a saved window goes on like the one it was saved from") {
  rc::prop("save, load, same values and same bytes", [] {
    const Case one = *any_case();
    std::vector<WindowSpan> spans;
    for (const Duration timespan : one.timespans) {
      spans.push_back(WindowSpan::of(timespan, one.lateness));
    }
    const std::int64_t cap = *rc::gen::element<std::int64_t>(4, 1024);
    const auto cut = *rc::gen::inRange<std::size_t>(0, one.arrivals.size() + 1);
    DistinctCounter first(spans.size());
    DistinctCounter second(spans.size());
    TimePoint now{};
    for (std::size_t i = 0; i < one.arrivals.size(); ++i) {
      if (i == cut) {
        ByteWriter out;
        first.save(out);
        ByteReader in(out.bytes());
        RC_ASSERT(second.load(in));
        RC_ASSERT(in.at_end());
      }
      const Arrival& arrival = one.arrivals[i];
      now = std::max(now, arrival.at);
      for (DistinctCounter* counter : {&first, &second}) {
        counter->add(spans, cap, now, arrival.at, arrival.value * 0x9e3779b97f4a7c15U);
      }
      if (i >= cut) {
        for (std::size_t s = 0; s < spans.size(); ++s) {
          RC_ASSERT(first.value(spans, s, now).value == second.value(spans, s, now).value);
          RC_ASSERT(first.value(spans, s, now).exact == second.value(spans, s, now).exact);
        }
        RC_ASSERT(first.bytes() == second.bytes());
      }
    }
  });
}

namespace {

std::vector<WindowSpan> spans_of(const Case& one) {
  std::vector<WindowSpan> spans;
  for (const Duration timespan : one.timespans) {
    spans.push_back(WindowSpan::of(timespan, one.lateness));
  }
  return spans;
}

}  // namespace

TEST_CASE("a window says the same whatever other windows share its ladder") {
  rc::prop("one ladder of many equals many ladders of one", [] {
    const Case one = *any_case();
    const std::vector<WindowSpan> spans = spans_of(one);
    LadderSum together;
    std::vector<LadderSum> apart(spans.size());
    const auto cut = *rc::gen::inRange<std::size_t>(0, one.arrivals.size() + 1);
    TimePoint now{};
    for (std::size_t i = 0; i < one.arrivals.size(); ++i) {
      if (i == cut && i > 0) {
        // A window that is in both ladders keeps its value through a reload, at any time.
        together = together.rebuilt(spans, spans, now);
      }
      const Arrival& arrival = one.arrivals[i];
      now = std::max(now, arrival.at);
      together.add(spans, now, arrival.at, arrival.amount);
      for (std::size_t s = 0; s < spans.size(); ++s) {
        apart[s].add({&spans[s], 1}, now, arrival.at, arrival.amount);
        RC_ASSERT(together.value(spans[s], now) == apart[s].value(spans[s], now));
        for (const std::int64_t most : {0, 100, 1000}) {
          RC_ASSERT(together.falls_to(most, spans[s], now) ==
                    apart[s].falls_to(most, spans[s], now));
        }
      }
    }
  });
}

TEST_CASE("a window that stays keeps its value when others come and go") {
  rc::prop("rebuilt ladders", [] {
    const Case one = *any_case();
    const std::vector<WindowSpan> spans = spans_of(one);
    LadderSum ladder;
    TimePoint now{};
    for (const Arrival& arrival : one.arrivals) {
      now = std::max(now, arrival.at);
      ladder.add(spans, now, arrival.at, arrival.amount);
    }
    const auto stays = *rc::gen::inRange<std::size_t>(0, spans.size());
    const Duration other(*rc::gen::element<std::int64_t>(10, 70'000, 3'600'000, 700'000'000));
    std::vector<WindowSpan> after{spans[stays]};
    if (other != spans[stays].timespan) {
      after.push_back(WindowSpan::of(other, one.lateness));
      std::ranges::sort(after, {}, &WindowSpan::timespan);
    }
    const LadderSum rebuilt = ladder.rebuilt(spans, after, now);
    for (const Duration later : {Duration{0}, one.timespans[stays] / 3, one.timespans[stays] * 2}) {
      RC_ASSERT(rebuilt.value(spans[stays], now + later) ==
                ladder.value(spans[stays], now + later));
    }
  });
}
