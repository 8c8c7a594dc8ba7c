#include "detect/evidence.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "detect/window.hpp"

namespace noci::detect {
namespace {

/// Agents and request ids are written by clients and can be long; this much tells them apart.
constexpr std::size_t longest_value = 256;
/// Four places per wanted value keep the top ones right under any but an even spread.
constexpr std::size_t places_per_value = 4;
constexpr std::size_t most_places = 128;
constexpr std::size_t most_samples = 64;
constexpr std::size_t linked_places = 32;
constexpr std::size_t most_linked = 8;

std::string cut(std::string_view text) {
  return std::string(text.substr(0, longest_value));
}

bool load_time(ByteReader& in, TimePoint& time) {
  const std::int64_t count = in.integer();
  time = TimePoint(Duration(count));
  return in.ok() && count >= -furthest_time && count <= furthest_time;
}

void save_time(ByteWriter& out, TimePoint time) {
  out.integer(time.time_since_epoch().count());
}

void save_sample(ByteWriter& out, const Sample& sample) {
  save_time(out, sample.timestamp);
  out.text(name_of(sample.action));
  out.text(sample.request_id);
  out.text(sample.source);
  out.number(sample.position.offset);
  out.number(sample.position.line);
}

bool load_sample(ByteReader& in, Sample& sample) {
  if (!load_time(in, sample.timestamp)) {
    return false;
  }
  sample.action = action_named(in.text()).value_or(Action::unknown);
  sample.request_id = in.text();
  sample.source = in.text();
  sample.position.offset = in.number();
  sample.position.line = in.number();
  return in.ok();
}

}  // namespace

void FrequentValues::add(std::string_view value, std::size_t capacity) {
  value = value.substr(0, longest_value);
  const std::uint64_t hash = quick_hash(value);
  for (Place& place : places_) {
    if (place.hash == hash && place.value == value) {
      ++place.count;
      return;
    }
  }
  text_bytes_ += value.size();
  if (places_.size() < capacity) {
    places_.push_back({std::string(value), hash, 1, 0});
    return;
  }
  forgotten_ = true;
  Place& least = *std::ranges::min_element(places_, {}, &Place::count);
  text_bytes_ -= least.value.size();
  least.value = value;
  least.hash = hash;
  least.error = least.count++;
}

std::vector<std::pair<std::string, std::int64_t>> FrequentValues::top(std::size_t count) const {
  std::vector<std::pair<std::string, std::int64_t>> values;
  for (const Place& place : places_) {
    values.emplace_back(place.value, place.count - place.error);
  }
  std::ranges::sort(values, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  values.resize(std::min(count, values.size()));
  return values;
}

std::int64_t FrequentValues::bytes() const {
  return static_cast<std::int64_t>(sizeof(FrequentValues) + places_.size() * sizeof(Place) +
                                   text_bytes_);
}

void FrequentValues::save(ByteWriter& out) const {
  out.number(forgotten_ ? 1 : 0);
  out.number(places_.size());
  for (const Place& place : places_) {
    out.text(place.value);
    out.integer(place.count);
    out.integer(place.error);
  }
}

bool FrequentValues::load(ByteReader& in) {
  forgotten_ = in.number() != 0;
  const std::uint64_t count = in.count();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    Place& place = places_.emplace_back();
    place.value = in.text();
    place.hash = quick_hash(place.value);
    text_bytes_ += place.value.size();
    place.count = in.integer();
    place.error = in.integer();
    if (place.error < 0 || place.count < place.error || place.count == INT64_MAX) {
      return false;
    }
  }
  return in.ok() && places_.size() <= most_places;
}

EvidenceSettings resolved_evidence(const Rule& rule) {
  EvidenceSettings settings = rule.alert.evidence;
  settings.samples = std::min(settings.samples, most_samples);
  const auto is_key = [&](Field field) {
    return std::ranges::find(rule.group_by, field) != rule.group_by.end();
  };
  if (settings.top.empty()) {
    settings.top = {
        {Field::room_id, 10}, {Field::media_id, 10}, {Field::source_ip, 5}, {Field::user_agent, 3}};
    if (!is_key(Field::user_id) && !is_key(Field::actor_id)) {
      settings.top.emplace_back(Field::user_id, 5);
    }
  }
  std::erase_if(settings.top, [&](const auto& wanted) { return is_key(wanted.first); });
  return settings;
}

void EvidenceCollector::add(const Event& event, const EvidenceSettings& settings) {
  first_event_ = any_ ? std::min(first_event_, event.timestamp) : event.timestamp;
  last_event_ = any_ ? std::max(last_event_, event.timestamp) : event.timestamp;
  any_ = true;
  if (settings.samples > 0) {
    samples_.push_back({event.timestamp, event.action, cut(event.request_id), cut(event.log_source),
                        event.position});
  }
  while (samples_.size() > settings.samples) {
    samples_.pop_front();
  }
  for (const auto& [field, count] : settings.top) {
    const std::size_t capacity = std::clamp(count * places_per_value, std::size_t{1}, most_places);
    if (const auto number = is_number(field) ? event.number(field) : std::nullopt) {
      values_of(field).add(std::to_string(*number), capacity);
    } else if (const std::string_view text = event.text(field); !text.empty()) {
      values_of(field).add(text, capacity);
    }
  }
  if (event.actor_linked == true) {
    alone_.add(event.actor_id, linked_places);
  }
  for (const std::string_view candidate : event.candidates) {
    several_.add(candidate, linked_places);
  }
}

std::vector<LinkedAccount> EvidenceCollector::linked() const {
  std::vector<LinkedAccount> accounts;
  for (const auto& [user_id, count] : alone_.top(most_linked)) {
    accounts.push_back({user_id, count, 0});
  }
  for (const auto& [user_id, count] : several_.top(linked_places)) {
    const auto known = std::ranges::find(accounts, user_id, &LinkedAccount::user_id);
    if (known != accounts.end()) {
      known->several = count;
    } else if (accounts.size() < most_linked) {
      accounts.push_back({user_id, 0, count});
    }
  }
  return accounts;
}

Evidence EvidenceCollector::evidence(const EvidenceSettings& settings) const {
  Evidence evidence;
  evidence.samples.assign(samples_.begin(), samples_.end());
  evidence.linked = linked();
  evidence.truncated = alone_.has_forgotten() || several_.has_forgotten();
  for (const auto& [field, count] : settings.top) {
    for (const auto& [known, values] : values_) {
      if (known == field) {
        evidence.top.emplace_back(field, values.top(count));
        evidence.truncated = evidence.truncated || values.has_forgotten();
      }
    }
  }
  return evidence;
}

std::int64_t EvidenceCollector::bytes() const {
  auto sum = static_cast<std::int64_t>(sizeof(EvidenceCollector));
  for (const Sample& sample : samples_) {
    sum +=
        static_cast<std::int64_t>(sizeof(Sample) + sample.request_id.size() + sample.source.size());
  }
  for (const auto& [field, values] : values_) {
    sum += static_cast<std::int64_t>(sizeof(field)) + values.bytes();
  }
  return sum + alone_.bytes() + several_.bytes();
}

void EvidenceCollector::save(ByteWriter& out) const {
  out.number(any_ ? 1 : 0);
  save_time(out, first_event_);
  save_time(out, last_event_);
  out.number(samples_.size());
  for (const Sample& sample : samples_) {
    save_sample(out, sample);
  }
  out.number(values_.size());
  for (const auto& [field, values] : values_) {
    out.text(name_of(field));
    values.save(out);
  }
  alone_.save(out);
  several_.save(out);
}

bool EvidenceCollector::load(ByteReader& in) {
  any_ = in.number() != 0;
  if (!load_time(in, first_event_) || !load_time(in, last_event_)) {
    return false;
  }
  const std::uint64_t samples = in.count();
  for (std::uint64_t i = 0; i < samples && in.ok(); ++i) {
    if (!load_sample(in, samples_.emplace_back())) {
      return false;
    }
  }
  const std::uint64_t fields = in.count();
  for (std::uint64_t i = 0; i < fields && in.ok(); ++i) {
    const auto field = field_named(in.text());
    FrequentValues values;
    if (!field || !values.load(in)) {
      return false;
    }
    values_.emplace_back(*field, std::move(values));
  }
  return alone_.load(in) && several_.load(in);
}

FrequentValues& EvidenceCollector::values_of(Field field) {
  for (auto& [known, values] : values_) {
    if (known == field) {
      return values;
    }
  }
  return values_.emplace_back(field, FrequentValues{}).second;
}

}  // namespace noci::detect
