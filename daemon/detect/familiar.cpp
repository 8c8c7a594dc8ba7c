#include "detect/familiar.hpp"

#include <algorithm>
#include <limits>

#include "detect/agent.hpp"

namespace noci {
namespace {

using detect::Meeting;

// Segments of some 100 kB, as the engine's.
constexpr std::size_t people_per_segment = 256;
constexpr std::size_t places_per_segment = 4096;

// Answers that are kept: powers of two, since the low bits of a fingerprint find them.
constexpr std::size_t kept_origins = 4096;
constexpr std::size_t kept_products = 1024;

/// A table pays for new records with two looks each, so that it cannot outgrow the living.
constexpr int looks_per_record = 2;
/// The coldest of so many is as good as the coldest of all.
constexpr std::size_t eviction_sample = 64;
constexpr int evictions_per_event = 4;
/// Places live for half an hour and are small.
constexpr std::int64_t share_of_places = 4;

/// Whether an account is new can be said once the others had a week to be seen.
constexpr std::uint32_t all_seen_after = 7 * 24;

constexpr std::uint32_t forgotten_after = static_cast<std::uint32_t>(
    std::chrono::duration_cast<std::chrono::hours>(detect::Acquaintance::remembered).count());

constexpr std::size_t kind_of(Trait trait) {
  return static_cast<std::size_t>(trait) - static_cast<std::size_t>(Trait::address);
}

/// What clients do by themselves says nothing about when their people are awake.
bool is_deliberate(Action action) {
  switch (action) {
    case Action::sync:
    case Action::sliding_sync:
    case Action::sliding_sync_e2ee:
    case Action::event_stream:
    case Action::versions:
    case Action::capabilities:
    case Action::keys_upload:
    case Action::keys_query:
    case Action::keys_claim:
    case Action::keys_changes:
    case Action::keys_signatures:
    case Action::to_device:
    case Action::token_refresh:
    case Action::token_refresh_legacy:
    case Action::turn_server:
    case Action::push_rules:
    case Action::pushers:
    case Action::presence:
    case Action::account_data:
    case Action::filter:
    case Action::whoami:
    case Action::auth_metadata:
    case Action::matrixrtc:
    case Action::delayed_events:
    case Action::thirdparty:
    case Action::room_key_backup:
      return false;
    default:
      return true;
  }
}

/// `example.org` of `!room:example.org`; empty where the id does not say.
std::string_view server_of(std::string_view room_id) {
  const auto colon = room_id.find(':');
  return colon == std::string_view::npos ? std::string_view() : room_id.substr(colon + 1);
}

/// Of an item that is there: never 0.
std::uint32_t shortened(std::uint64_t print) {
  const auto low = static_cast<std::uint32_t>(print);
  return low == 0 ? 1 : low;
}

void fill(std::optional<std::int64_t>& field, std::optional<std::int8_t> value) {
  field = field || !value ? field : std::optional<std::int64_t>(*value);
}

}  // namespace

Familiar::Familiar(FamiliarOptions options)
    : options_(std::move(options)),
      people_(people_per_segment),
      places_(places_per_segment),
      origins_(kept_origins),
      products_(kept_products) {
  for (std::size_t i = 0; i < trait_count; ++i) {
    seeds_[i] = options_.seed;
    seeds_[i].back() = static_cast<unsigned char>(seeds_[i].back() ^ (i + 1));
  }
  for (std::size_t i = 0; i < action_count; ++i) {
    actions_[i] = item_print(Trait::action, action_names[i]);
  }
}

void Familiar::use_lists(const std::vector<std::shared_ptr<const List>>& lists) {
  shared_ = nullptr;
  for (const auto& list : lists) {
    if (list->name == "shared_addresses" && !list->entries.empty()) {
      shared_ = std::make_unique<detect::CompiledList>(*list, false);
    }
  }
}

void Familiar::use_geography(std::shared_ptr<const Geography> geography) {
  geography_ = std::move(geography);
  std::ranges::fill(origins_, Origin{});
}

void Familiar::regard(Event& event, TimePoint at) {
  Sender sender;
  if (!event.source_ip.empty()) {
    sender.origin = &origin_of(event.source_ip);
    say_where(event, *sender.origin);
  }
  if (event.actor_id.empty() && event.kind != Kind::forged) {
    event.actor_id = event.user_id;
  }
  if (!event.actor_id.empty() && !event.actor_linked) {
    event.actor_linked = event.user_id.empty();
  }
  const auto minute = std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()).count();
  if (event.kind != Kind::request || minute < 0 ||
      minute > std::numeric_limits<std::uint32_t>::max() - Place::linked_minutes) {
    return;
  }
  sender.agent = siphash(event.user_agent, options_.seed);
  if (!event.user_id.empty()) {
    meet(event, at, sender);
  } else if (event.actor_id.empty() && event.server_name.empty() && sender.origin != nullptr) {
    link(event, at, sender);
  }
}

void Familiar::say_where(Event& event, const Origin& origin) const {
  if (event.source_network.empty()) {
    event.source_network = origin.network;
  }
  if (event.source_country.empty()) {
    event.source_country = origin.where.country;
  }
  if (event.source_as.empty()) {
    event.source_as = origin.as;
  }
  if (event.source_as_name.empty()) {
    event.source_as_name = origin.where.as_name;
  }
}

detect::Meeting Familiar::meeting_of(const Event& event, TimePoint at, const Sender& sender) {
  Meeting meeting;
  meeting.hour = static_cast<std::uint32_t>(
      std::chrono::floor<std::chrono::hours>(at.time_since_epoch()).count());
  if (sender.origin != nullptr) {
    meeting.prints = sender.origin->prints;
  }
  if (!event.user_agent.empty()) {
    meeting.prints[kind_of(Trait::agent)] = product_print(event.user_agent, sender.agent);
  }
  meeting.prints[kind_of(Trait::action)] = actions_[static_cast<std::size_t>(event.action)];
  if (const std::string_view server = server_of(event.room_id); !server.empty()) {
    meeting.prints[kind_of(Trait::server)] = item_print(Trait::server, server);
  }
  if (is_deliberate(event.action)) {
    meeting.hour_of_day = hour_of_day(event.source, at);
  }
  return meeting;
}

void Familiar::meet(Event& event, TimePoint at, const Sender& sender) {
  const Meeting meeting = meeting_of(event, at, sender);
  const std::uint64_t print = account_print(event);
  Acquaintance& known = acquaintance_of(event, print, meeting.hour);
  const std::int64_t before = known.bytes();
  Novelty novelty;
  detect::KnownDays days;
  bool changed = known.meet(meeting, novelty, days);
  began_ = std::min(began_.value_or(meeting.hour), meeting.hour);
  const bool remembers_all = !forgot_ || meeting.hour > *forgot_ + forgotten_after;
  if (known.is_warm()) {
    novelty.set(Trait::account, false);
  } else if (meeting.hour >= *began_ + all_seen_after && remembers_all) {
    novelty.set(Trait::account, true);
  }
  if (sender.origin != nullptr && sender.origin->where.at && !event.travel_kmh) {
    event.travel_kmh = known.travel(*sender.origin->where.at, at, changed);
  }
  if (changed) {
    people_.changed(known, before);
  }
  event.novelty.fill(novelty);
  fill(event.known_days_account, days.account);
  fill(event.known_days_address, days.address);
  fill(event.known_days_network, days.network);
  fill(event.known_days_agent, days.agent);
  if (sender.origin != nullptr && !is_shared(event.source_ip, at)) {
    see(event, at, sender, print);
  }
  keep_budget(meeting.hour);
}

detect::Acquaintance& Familiar::acquaintance_of(const Event& event, std::uint64_t print,
                                                std::uint32_t hour) {
  if (Acquaintance* const known = people_.find(print)) {
    return *known;
  }
  for (int i = 0; i < looks_per_record && people_.size() > 0; ++i) {
    if (const Acquaintance& old = people_.walk(); old.last_hour() + forgotten_after < hour) {
      people_.remove(old.print);
    }
  }
  Acquaintance& fresh = people_.add(print);
  const std::int64_t before = fresh.bytes();
  fresh.set_name(event.user_id);
  people_.changed(fresh, before);
  return fresh;
}

void Familiar::see(const Event& event, TimePoint at, const Sender& sender, std::uint64_t account) {
  const auto minute = static_cast<std::uint32_t>(
      std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()).count());
  const auto late = static_cast<std::uint32_t>(
      std::chrono::ceil<std::chrono::minutes>(options_.lateness).count());
  const std::uint64_t print = place_print(event, sender);
  Place* place = places_.find(print);
  if (place == nullptr) {
    for (int i = 0; i < looks_per_record && places_.size() > 0; ++i) {
      const Place& old = places_.walk();
      if (std::uint64_t{old.newest()} + Place::linked_minutes + late < minute) {
        places_.remove(old.print);
      }
    }
    place = &places_.add(print);
  }
  const std::int64_t before = place->bytes();
  if (place->see(account, minute)) {
    places_.changed(*place, before);
  }
}

void Familiar::link(Event& event, TimePoint at, const Sender& sender) {
  candidates_.clear();
  const auto minute = static_cast<std::uint32_t>(
      std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()).count());
  const Place* const place = places_.find(place_print(event, sender));
  if (place == nullptr || is_shared(event.source_ip, at)) {
    return;
  }
  std::size_t count = 0;
  for (const Place::Candidate& candidate : place->candidates) {
    if (Place::explains(candidate, minute)) {
      ++count;
      if (const Acquaintance* const account = people_.find(candidate.account)) {
        candidates_.push_back(account->name());
      }
    }
  }
  if (count == 1 && candidates_.size() == 1) {
    event.actor_id = candidates_[0];
    event.actor_linked = true;
  } else if (count > 1) {
    event.candidates = candidates_;
  }
}

void Familiar::keep_budget(std::uint32_t hour) {
  const std::int64_t for_places = options_.memory_budget / share_of_places;
  for (int i = 0; i < evictions_per_event && places_.memory() > for_places; ++i) {
    const Place* coldest = &places_.walk();
    for (std::size_t j = 1; j < std::min(eviction_sample, places_.size()); ++j) {
      const Place& place = places_.walk();
      coldest = place.newest() < coldest->newest() ? &place : coldest;
    }
    places_.remove(coldest->print);
    ++stats_.evicted_places;
  }
  for (int i = 0; i < evictions_per_event && people_.memory() > options_.memory_budget - for_places;
       ++i) {
    const Acquaintance* coldest = &people_.walk();
    for (std::size_t j = 1; j < std::min(eviction_sample, people_.size()); ++j) {
      const Acquaintance& each = people_.walk();
      coldest = each.last_hour() < coldest->last_hour() ? &each : coldest;
    }
    people_.remove(coldest->print);
    forgot_ = hour;
    ++stats_.evicted_accounts;
  }
}

bool Familiar::is_shared(std::string_view address, TimePoint at) const {
  return shared_ && shared_->contains(address, at);
}

const Familiar::Origin& Familiar::origin_of(std::string_view text) {
  const std::uint64_t print = siphash(text, seeds_[static_cast<std::size_t>(Trait::address)]);
  Origin& origin = origins_[print % kept_origins];
  if (origin.address == text) {
    return origin;
  }
  origin = {};
  origin.print = print;
  origin.address = text;
  const auto address = IpAddress::parse(text);
  if (!address) {
    return origin;
  }
  origin.network = network_of(*address);
  if (geography_) {
    origin.where = geography_->locate(*address);
  }
  if (origin.where.as_number != 0) {
    origin.as = "AS" + std::to_string(origin.where.as_number);
  }
  const auto note = [&](Trait trait, std::string_view value) {
    origin.prints[kind_of(trait)] = value.empty() ? 0 : item_print(trait, value);
  };
  origin.prints[kind_of(Trait::address)] = shortened(print);
  note(Trait::network, origin.network);
  note(Trait::country, origin.where.country);
  note(Trait::as, origin.as);
  return origin;
}

std::uint32_t Familiar::item_print(Trait trait, std::string_view text) const {
  return shortened(siphash(text, seeds_[static_cast<std::size_t>(trait)]));
}

std::uint32_t Familiar::product_print(std::string_view agent, std::uint64_t print) {
  Product& product = products_[print % kept_products];
  if (product.agent != print || product.print == 0) {
    product = {print, item_print(Trait::agent, detect::product_of(agent))};
  }
  return product.print;
}

std::uint64_t Familiar::account_print(const Event& event) {
  key_.assign(event.homeserver);
  key_.push_back('\0');
  key_.append(event.user_id);
  const std::uint64_t print = siphash(key_, seeds_[static_cast<std::size_t>(Trait::account)]);
  return print == 0 ? 1 : print;
}

std::uint64_t Familiar::place_print(const Event& event, const Sender& sender) {
  const std::array parts{sender.origin->print, sender.agent};
  key_.assign(reinterpret_cast<const char*>(parts.data()), sizeof parts);
  key_.append(event.homeserver);
  const std::uint64_t print = siphash(key_, options_.seed);
  return print == 0 ? 1 : print;
}

int Familiar::hour_of_day(SourceIndex source, TimePoint at) {
  if (source >= hours_.size()) {
    hours_.resize(source + std::size_t{1});
  }
  // Zones are whole quarters of an hour apart.
  const std::int64_t quarter =
      std::chrono::floor<Duration>(at.time_since_epoch()) / std::chrono::minutes{15};
  LocalHour& known = hours_[source];
  if (known.quarter != quarter) {
    const Zone zone = source < options_.zones.size() ? options_.zones[source] : Zone::utc();
    const LocalTime local = zone.to_local(at);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const auto weekday = std::chrono::weekday(day).iso_encoding();
    const auto hour = std::chrono::duration_cast<std::chrono::hours>(local - day).count();
    known = {quarter, static_cast<int>(hour) + (weekday > 5 ? 24 : 0)};
  }
  return known.hour_of_day;
}

FamiliarStats Familiar::stats() const {
  FamiliarStats stats = stats_;
  stats.accounts = people_.size();
  stats.places = places_.size();
  stats.memory_bytes = static_cast<std::uint64_t>(people_.memory() + places_.memory());
  return stats;
}

}  // namespace noci
