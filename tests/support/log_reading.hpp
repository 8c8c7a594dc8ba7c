#pragma once
// Runs whole logs through the event reader and keeps its events, in the order of their lines.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "pipeline/event_reader.hpp"

namespace noci::test {

/// The event with its texts in the arena.
inline Event kept(Event event, Arena& arena) {
  event.reason = arena.store(event.reason);
  for (std::string_view Event::*const text : event_texts) {
    event.*text = arena.store(event.*text);
  }
  return event;
}

class LogReading {
 public:
  explicit LogReading(std::vector<SourceInfo> sources = {SourceInfo{}})
      : reader(std::move(sources)) {}

  /// A log from its beginning to its end.
  const std::vector<Event>& whole(std::string_view bytes, const std::string& path = "-",
                                  SourceIndex source = 0) {
    Chunk chunk;
    chunk.bytes = bytes;
    chunk.path = path;
    chunk.source = source;
    chunk.stream = ++streams_;
    chunk.end_of_stream = true;
    reader.feed(chunk, [&](const Event& event) { events.push_back(kept(event, arena_)); });
    std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
      return a.source == b.source && a.position.line < b.position.line;
    });
    return events;
  }

  EventReader reader;
  std::vector<Event> events;

 private:
  Arena arena_;
  std::uint64_t streams_ = 0;
};

}  // namespace noci::test
