// What the shape of an event decides is what its selections say when they read the event itself.

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <tuple>

#include <rapidcheck/catch.h>

#include "detect/plan.hpp"
#include "detect/shape.hpp"
#include "support/catch.hpp"
#include "support/event_builder.hpp"
#include "support/rule_builder.hpp"

using namespace noci;
using namespace noci::test;
using detect::CompiledSelect;
using detect::FieldSet;
using detect::Look;
using detect::Verdict;

namespace {

constexpr std::array texts{
    &Event::homeserver,     &Event::user_id,        &Event::effective_user_id,
    &Event::actor_id,       &Event::server_name,    &Event::source_ip,
    &Event::source_network, &Event::source_country, &Event::source_as,
    &Event::source_as_name, &Event::user_agent,     &Event::method,
    &Event::path,           &Event::room_id,        &Event::media_id,
    &Event::target_user_id, &Event::target_server,  &Event::log_source,
    &Event::log_worker,     &Event::request_id};

constexpr std::array numbers{&Event::status,
                             &Event::bytes,
                             &Event::messages,
                             &Event::messages_low,
                             &Event::messages_high,
                             &Event::limit,
                             &Event::dbevts,
                             &Event::duration,
                             &Event::known_days_account,
                             &Event::known_days_address,
                             &Event::known_days_network,
                             &Event::known_days_agent,
                             &Event::travel_kmh};

constexpr std::array words{"a",    "b",       "true",      "false",    "success",     "aborted",
                           "sync", "unknown", "room_join", "10.0.0.1", "10.0.0.0/24", "exact"};

// Of the same spread whatever the size of the case.

std::size_t below(std::size_t count) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::size_t>(0, count));
}

std::uint64_t any_bits() {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
}

std::int64_t any_number() {
  return static_cast<std::int64_t>(below(4)) - 1;
}

std::string any_word() {
  return words[below(words.size())];
}

template <typename Enum>
Enum any_of(std::size_t count) {
  return static_cast<Enum>(below(count));
}

/// Views of `words` only.
Event any_event() {
  Event event;
  event.timestamp = day_one + std::chrono::hours{below(3)};
  event.action = below(2) == 0 ? Action::room_join : any_of<Action>(action_count);
  event.outcome = any_of<Outcome>(outcome_count);
  event.messages_basis = any_of<MessagesBasis>(3);
  const auto present = any_bits();
  unsigned bit = 0;
  for (const auto member : texts) {
    if ((present >> bit++ & 1) != 0) {
      event.*member = words[below(words.size())];
    }
  }
  for (const auto member : numbers) {
    if ((present >> bit++ & 1) != 0) {
      event.*member = any_number();
    }
  }
  for (std::size_t trait = 0; trait < trait_count; ++trait) {
    if ((present >> bit++ & 1) != 0) {
      event.novelty.set(static_cast<Trait>(trait), below(2) == 0);
    }
  }
  if ((present >> bit & 1) != 0) {
    event.actor_linked = below(2) == 0;
  }
  return event;
}

Predicate any_predicate() {
  const auto field = any_of<Field>(field_count);
  switch (below(5)) {
    case 0: {
      Predicate exists;
      exists.field = field;
      exists.match = Match::exists;
      exists.expected = below(2) == 0;
      return exists;
    }
    case 1:
      return in_list(field, {});
    case 2:
      return in_list(field, {{any_word(), std::nullopt, "", ""},
                             {any_word(), day_one + std::chrono::hours{1}, "", ""}});
    case 3:
      if (is_number(field)) {
        return number(field, *rc::gen::element(Match::equals, Match::gt, Match::lte),
                      {any_number()});
      } else {
        Predicate cidr;
        cidr.field = field;
        cidr.match = Match::cidr;
        cidr.networks = {*Cidr::parse("10.0.0.0/24")};
        return field == Field::action || field == Field::outcome ? equals(field, {any_word()})
                                                                 : cidr;
      }
    default:
      return equals(field, {any_word(), any_word()});
  }
}

std::vector<Selection> any_selections() {
  std::vector<Selection> selections(2);
  for (Selection& selection : selections) {
    selection.any_of.resize(1 + below(2));
    for (auto& map : selection.any_of) {
      const std::size_t predicates = below(2) + 1;
      for (std::size_t i = 0; i < predicates; ++i) {
        map.push_back(any_predicate());
      }
    }
  }
  return selections;
}

Condition any_condition(int depth = 0) {
  if (depth == 3 || below(3) == 0) {
    return selection(below(2));
  }
  using Op = Condition::Op;
  Condition made{*rc::gen::element(Op::negation, Op::conjunction, Op::disjunction), 0, {}};
  made.operands.push_back(any_condition(depth + 1));
  if (made.op != Op::negation) {
    made.operands.push_back(any_condition(depth + 1));
  }
  return made;
}

std::uint64_t naive_fields(const Event& event) {
  std::uint64_t present = 0;
  for (std::size_t i = 0; i < field_count; ++i) {
    const auto field = static_cast<Field>(i);
    const bool is_there = field == Field::timestamp || event.number(field).has_value() ||
                          (!is_number(field) && !event.text(field).empty());
    present |= std::uint64_t{is_there} << i;
  }
  return present;
}

/// Limits of three kinds on conditions over the same selections.
Rule any_rule(const std::string& id) {
  Rule rule = RuleBuilder(id);
  rule.selections = any_selections();
  const std::size_t limits = 1 + below(3);
  for (std::size_t i = 0; i < limits; ++i) {
    Limit limit;
    limit.name = std::to_string(i);
    limit.type =
        *rc::gen::element(LimitType::event_count, LimitType::value_sum, LimitType::value_count);
    limit.field = Field::bytes;
    limit.select = any_condition();
    limit.timespan = std::chrono::hours{1};
    limit.threshold = 100;
    rule.limits.push_back(limit);
  }
  return rule;
}

using Fed = std::tuple<std::size_t, std::size_t, LimitType, Field, std::uint8_t>;

Fed fed(const detect::Feed& feed) {
  return {feed.table, feed.counter, feed.type, feed.field, feed.step};
}

}  // namespace

TEST_CASE("a shape has the fields that its event has") {
  rc::prop("as text() and number() say", [] {
    const Event event = any_event();
    RC_ASSERT(detect::fields_of(event) == naive_fields(event));
  });
}

TEST_CASE("what a shape decides is true of the event") {
  rc::prop("whatever is known of the shape", [] {
    const auto selections = any_selections();
    const CompiledSelect select(any_condition(), selections);
    const Event event = any_event();
    detect::Shape shape;
    shape.action = event.action;
    if (below(2) == 0) {
      shape.outcome = event.outcome;
    }
    shape.known = *rc::gen::element<FieldSet>(0, ~FieldSet{0}, any_bits());
    shape.present = naive_fields(event) & shape.known;
    const Verdict verdict = select.judge(shape);
    RC_CLASSIFY(verdict == Verdict::yes, "yes");
    RC_CLASSIFY(verdict == Verdict::no, "no");
    RC_ASSERT(verdict == Verdict::maybe ||
              select.matches(Look(event)) == (verdict == Verdict::yes));
  });
}

TEST_CASE("an event feeds what the selections say that match it") {
  rc::prop("also when other events had its shape", [] {
    RuleSet set;
    set.rules = {any_rule("r1"), any_rule("r2")};
    detect::Plan plan(std::make_shared<const RuleSet>(set), Duration{});
    for (int i = 0; i < 20; ++i) {
      const Event event = any_event();
      const Look look(event);
      std::multiset<Fed> wanted;
      for (const detect::PlanSelect& one : plan.selects) {
        for (const detect::Feed& feed : one.feeds) {
          if (one.select.matches(look)) {
            wanted.insert(fed(feed));
          }
        }
      }
      const detect::ShapeFeeds& feeds = plan.feeds_of(event);
      std::multiset<Fed> got;
      for (const auto& [feed, open] : feeds.entries) {
        if (open == detect::ShapeFeeds::certain ||
            plan.selects[feeds.open[open]].select.matches(look)) {
          got.insert(fed(feed));
        }
      }
      RC_ASSERT(got == wanted);
      RC_ASSERT(std::ranges::is_sorted(feeds.entries, {}, [](const auto& entry) {
        return std::pair(entry.feed.table, entry.feed.counter);
      }));
    }
  });
}
