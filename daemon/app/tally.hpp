#pragma once
// The books behind `noci report`: per key, exact sums and sets over a whole log. Successful
// responses only, but for `failures`; an aborted response is neither.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "model/event.hpp"

namespace noci {

struct Totals {
  std::int64_t requests = 0;
  std::unordered_set<std::string> rooms_joined;
  std::unordered_set<std::string> rooms_read;
  std::int64_t messages_fetched = 0;
  std::int64_t messages_low = 0;
  std::int64_t messages_high = 0;
  std::int64_t bytes_downloaded = 0;  ///< all response bodies
  std::int64_t media_files = 0;       ///< GETs of downloads, repeats counted; HEAD and 304 not
  std::int64_t media_bytes = 0;
  std::int64_t thumbnails = 0;
  std::int64_t profiles_read = 0;
  std::int64_t logins = 0;
  std::int64_t failures = 0;

  void add(const Event& request);
};

/// What one room, medium or target account saw of one key.
struct DetailTotals {
  std::int64_t requests = 0;
  std::int64_t messages = 0;
  std::int64_t bytes = 0;
};

/// Whether the response delivered messages of the room its URL names.
[[nodiscard]] bool reads_room(Action action);
/// Whether success means that somebody is now in the room its URL names.
[[nodiscard]] bool joins_room(const Event& request);
[[nodiscard]] bool downloads_media(Action action);
[[nodiscard]] bool reads_profile(Action action);

}  // namespace noci
