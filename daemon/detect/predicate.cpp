#include "detect/predicate.hpp"

#include <algorithm>

namespace noci::detect {
namespace {

constexpr TimePoint forever = TimePoint::max();

/// Any or all of `items`; none at all matches nothing.
template <typename Items, typename Claim>
bool quantified(const Items& items, bool all, Claim claim) {
  if (items.empty()) {
    return false;
  }
  return all ? std::ranges::all_of(items, claim) : std::ranges::any_of(items, claim);
}

bool is_missing(const Event& event, Field field) {
  if (field == Field::timestamp) {
    return false;
  }
  return is_number(field) ? !event.number(field).has_value() : event.text(field).empty();
}

}  // namespace

const std::optional<IpAddress>& Look::source_ip() const {
  if (!parsed_) {
    source_ip_ = IpAddress::parse(event_.source_ip);
    parsed_ = true;
  }
  return source_ip_;
}

CompiledList::CompiledList(const List& list, bool case_sensitive)
    : case_sensitive_(case_sensitive) {
  for (const ListEntry& entry : list.entries) {
    const TimePoint until = entry.until.value_or(forever);
    if (entry.pattern.find_first_of("*?\\") == std::string::npos) {
      TimePoint& known =
          values_.try_emplace(case_sensitive ? entry.pattern : folded(entry.pattern), until)
              .first->second;
      known = std::max(known, until);
    } else {
      globs_.push_back({TextPattern(entry.pattern, Match::equals, case_sensitive), until});
    }
  }
}

bool CompiledList::contains(std::string_view value, TimePoint when) const {
  const auto found =
      values_.empty() || case_sensitive_ ? values_.find(value) : values_.find(folded(value));
  if (found != values_.end() && when < found->second) {
    return true;
  }
  return std::ranges::any_of(
      globs_, [&](const Glob& glob) { return when < glob.until && glob.pattern.matches(value); });
}

CompiledPredicate::CompiledPredicate(const Predicate& predicate)
    : field_(predicate.field),
      match_(predicate.match),
      all_(predicate.all),
      expected_(predicate.expected),
      numbers_(predicate.numbers),
      networks_(predicate.networks) {
  const bool case_sensitive = is_case_sensitive(field_);
  if (match_ == Match::list && predicate.list) {
    list_ = std::make_shared<CompiledList>(*predicate.list, case_sensitive);
    depends_on_time_ = std::ranges::any_of(
        predicate.list->entries, [](const ListEntry& entry) { return entry.until.has_value(); });
  }
  for (const std::string& text : predicate.texts) {
    if (match_ == Match::equals || match_ == Match::contains || match_ == Match::startswith ||
        match_ == Match::endswith) {
      patterns_.emplace_back(text, match_, case_sensitive);
    }
  }
  if (field_ == Field::action && !depends_on_time_) {
    std::bitset<action_count> answers;
    for (std::size_t i = 0; i < action_count; ++i) {
      Event event;
      event.action = static_cast<Action>(i);
      answers[i] = matches(Look(event));
    }
    actions_ = answers;
  }
  if (field_ == Field::outcome && !depends_on_time_) {
    std::bitset<outcome_count> answers;
    for (std::size_t i = 0; i < outcome_count; ++i) {
      Event event;
      event.outcome = static_cast<Outcome>(i);
      answers[i] = matches(Look(event));
    }
    outcomes_ = answers;
  }
}

bool CompiledPredicate::matches(const Look& look) const {
  const Event& event = look.event();
  if (actions_) {
    return (*actions_)[static_cast<std::size_t>(event.action)];
  }
  if (outcomes_) {
    return (*outcomes_)[static_cast<std::size_t>(event.outcome)];
  }
  if (match_ == Match::exists) {
    return is_missing(event, field_) != expected_;
  }
  if (is_missing(event, field_)) {
    return false;
  }
  if (match_ == Match::cidr) {
    return matches_network(look);
  }
  if (is_number(field_)) {
    const std::int64_t number = *event.number(field_);
    if (match_ == Match::list || !patterns_.empty()) {
      return matches_text(std::to_string(number), event.timestamp);
    }
    return matches_number(number);
  }
  return matches_text(event.text(field_), event.timestamp);
}

Verdict CompiledPredicate::judge(const Shape& shape) const {
  const auto verdict = [](bool holds) { return holds ? Verdict::yes : Verdict::no; };
  if (actions_) {
    return verdict((*actions_)[static_cast<std::size_t>(shape.action)]);
  }
  if (outcomes_ && shape.outcome) {
    return verdict((*outcomes_)[static_cast<std::size_t>(*shape.outcome)]);
  }
  if ((shape.known & bit_of(field_)) == 0) {
    return Verdict::maybe;
  }
  const bool is_there = (shape.present & bit_of(field_)) != 0;
  if (match_ == Match::exists) {
    return verdict(is_there == expected_);
  }
  if (!is_there || (match_ == Match::list && (!list_ || list_->is_empty()))) {
    return Verdict::no;
  }
  return Verdict::maybe;
}

bool CompiledPredicate::matches_text(std::string_view text, TimePoint when) const {
  if (match_ == Match::list) {
    return list_ && list_->contains(text, when);
  }
  return quantified(patterns_, all_,
                    [&](const TextPattern& pattern) { return pattern.matches(text); });
}

bool CompiledPredicate::matches_number(std::int64_t number) const {
  return quantified(numbers_, all_, [&](std::int64_t bound) {
    switch (match_) {
      case Match::equals:
        return number == bound;
      case Match::gt:
        return number > bound;
      case Match::gte:
        return number >= bound;
      case Match::lt:
        return number < bound;
      case Match::lte:
        return number <= bound;
      default:
        return false;
    }
  });
}

bool CompiledPredicate::matches_network(const Look& look) const {
  if (field_ == Field::source_network) {
    const auto network = Cidr::parse(look.event().source_network);
    return network &&
           quantified(networks_, all_, [&](const Cidr& cidr) { return cidr.contains(*network); });
  }
  const std::optional<IpAddress> address =
      field_ == Field::source_ip ? look.source_ip() : IpAddress::parse(look.event().text(field_));
  return address &&
         quantified(networks_, all_, [&](const Cidr& cidr) { return cidr.contains(*address); });
}

void write_canonical(ByteWriter& out, const Predicate& predicate) {
  out.text(name_of(predicate.field));
  out.number(static_cast<std::uint64_t>(predicate.match));
  out.number(predicate.all ? 1 : 0);
  out.number(predicate.expected ? 1 : 0);
  out.number(predicate.texts.size());
  for (const std::string& text : predicate.texts) {
    out.text(text);
  }
  out.number(predicate.numbers.size());
  for (const std::int64_t number : predicate.numbers) {
    out.integer(number);
  }
  out.number(predicate.networks.size());
  for (const Cidr& cidr : predicate.networks) {
    out.text(cidr.network.to_string());
    out.number(static_cast<std::uint64_t>(cidr.prefix));
  }
  const std::size_t entries = predicate.list ? predicate.list->entries.size() : 0;
  out.number(entries);
  for (std::size_t i = 0; i < entries; ++i) {
    const ListEntry& entry = predicate.list->entries[i];
    out.text(entry.pattern);
    out.integer(entry.until ? entry.until->time_since_epoch().count() : INT64_MAX);
  }
}

}  // namespace noci::detect
