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
  for (std::string_view* text :
       {&event.reason, &event.homeserver, &event.user_id, &event.effective_user_id, &event.actor_id,
        &event.server_name, &event.source_ip, &event.user_agent, &event.method, &event.path,
        &event.query, &event.room_id, &event.media_id, &event.target_user_id, &event.target_server,
        &event.log_source, &event.log_worker, &event.request_id}) {
    *text = arena.store(*text);
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
