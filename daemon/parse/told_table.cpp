#include "parse/told_table.hpp"

#include "base/hash.hpp"

namespace noci {
namespace {

/// Whoever uses the table bounds it at a few thousand entries; chains stay short, and what an
/// attacker could do to them is bounded, too.
constexpr std::size_t bucket_count = 4096;

std::size_t bucket_of(std::uint64_t hash) {
  return hash % bucket_count;
}

}  // namespace

Told& ToldTable::add(std::string_view request_id) {
  if (buckets_.empty()) {
    buckets_.assign(bucket_count, none);
  }
  Place place = free_;
  if (place == none) {
    place = static_cast<Place>(entries_.size());
    entries_.emplace_back();
  } else {
    free_ = entries_[place].younger;
  }
  Entry& entry = entries_[place];
  entry.hash = quick_hash(request_id);
  entry.older = newest_;
  entry.younger = none;
  (newest_ == none ? oldest_ : entries_[newest_].younger) = place;
  newest_ = place;
  // At the end of its chain, so that the first to come is the first found.
  Place* link = &buckets_[bucket_of(entry.hash)];
  while (*link != none) {
    link = &entries_[*link].same_bucket;
  }
  *link = place;
  entry.same_bucket = none;
  ++size_;
  Told& told = entry.told;
  told.request_id = request_id;
  told.homeserver.clear();
  told.worker.clear();
  told.user_id.clear();
  told.messages = told.hits = told.copies = 0;
  told.log = 0;
  return told;
}

void ToldTable::erase(Place place) {
  Entry& entry = entries_[place];
  link_to(place) = entry.same_bucket;
  (entry.older == none ? oldest_ : entries_[entry.older].younger) = entry.younger;
  (entry.younger == none ? newest_ : entries_[entry.younger].older) = entry.older;
  entry.younger = free_;
  free_ = place;
  --size_;
}

void ToldTable::clear() {
  *this = {};
}

ToldTable::Place ToldTable::first_of(std::string_view request_id) const {
  if (empty()) {
    return none;
  }
  const std::uint64_t hash = quick_hash(request_id);
  return matching_from(buckets_[bucket_of(hash)], hash, request_id);
}

ToldTable::Place ToldTable::next_of(Place place) const {
  const Entry& entry = entries_[place];
  return matching_from(entry.same_bucket, entry.hash, entry.told.request_id);
}

ToldTable::Place ToldTable::matching_from(Place place, std::uint64_t hash,
                                          std::string_view id) const {
  while (place != none && (entries_[place].hash != hash || entries_[place].told.request_id != id)) {
    place = entries_[place].same_bucket;
  }
  return place;
}

ToldTable::Place& ToldTable::link_to(Place place) {
  Place* link = &buckets_[bucket_of(entries_[place].hash)];
  while (*link != place) {
    link = &entries_[*link].same_bucket;
  }
  return *link;
}

}  // namespace noci
