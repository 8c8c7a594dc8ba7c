#pragma once
// What earlier lines of requests told, until their access lines come: oldest first, found by
// request id. Places are used again with the memory of their strings, so the steady state allocates
// nothing.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "model/event.hpp"

namespace noci {

struct Told {
  Kind kind = Kind::messages;
  TimePoint time;
  std::string homeserver;
  std::string worker;
  std::string request_id;
  std::string user_id;        ///< or, of kind ignored, what the client typed
  std::int64_t messages = 0;  ///< of a search: of the lines of single hits
  // Of a search, each log's lines apart: a copy may stand in a log of its own, or behind the line
  // that it is a copy of.
  std::uint32_t log = 0;
  std::int64_t hits = 0;
  std::int64_t copies = 0;  ///< of the line that tells how many hits there are
};

class ToldTable {
 public:
  using Place = std::uint32_t;
  static constexpr Place none = std::numeric_limits<Place>::max();

  [[nodiscard]] bool empty() const { return size_ == 0; }

  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] Place oldest() const { return oldest_; }

  /// The next younger one.
  [[nodiscard]] Place after(Place place) const { return entries_[place].younger; }

  [[nodiscard]] Told& operator[](Place place) { return entries_[place].told; }

  [[nodiscard]] const Told& operator[](Place place) const { return entries_[place].told; }

  /// The newest, blank but for its id. References to others do not stay good.
  Told& add(std::string_view request_id);
  void erase(Place place);
  void clear();

  /// The first place with this id, and the one behind `place` with the same.
  [[nodiscard]] Place first_of(std::string_view request_id) const;
  [[nodiscard]] Place next_of(Place place) const;

 private:
  struct Entry {
    Told told;
    std::uint64_t hash = 0;
    Place older = none;
    Place younger = none;  ///< of a free one: the next free one
    Place same_bucket = none;
  };

  [[nodiscard]] Place matching_from(Place place, std::uint64_t hash, std::string_view id) const;
  [[nodiscard]] Place& link_to(Place place);

  std::vector<Entry> entries_;
  std::vector<Place> buckets_;
  Place oldest_ = none;
  Place newest_ = none;
  Place free_ = none;
  std::size_t size_ = 0;
};

}  // namespace noci
