#pragma once
// Databases, cursors and outbox rows for the tests of the store.

#include <string>
#include <vector>

#include "store/alert_list.hpp"
#include "store/outbox.hpp"
#include "store/state.hpp"
#include "support/catch.hpp"

namespace noci::testing {

/// Random bytes that are the same in every run: 1, 2, 3, …
inline RandomBytes counting() {
  return [next = 0](void* to, std::size_t size) mutable {
    for (std::size_t i = 0; i < size; ++i) {
      static_cast<unsigned char*>(to)[i] = static_cast<unsigned char>(++next);
    }
  };
}

inline OpenOptions at_once(const char* vfs = nullptr) {
  return {Duration{0}, vfs};
}

inline Database open_database(const std::string& path, const char* vfs = nullptr) {
  auto database = Database::open(path, counting(), at_once(vfs));
  INFO((database ? std::string() : database.error().what));
  REQUIRE(database);
  return std::move(*database);
}

inline TimePoint wall(int seconds) {
  return parse_rfc3339("2026-06-07T00:00:00Z").value() + std::chrono::seconds{seconds};
}

inline Cursor cursor(std::uint64_t offset, const std::string& source = "homeserver.log") {
  return {source,   "/var/log/matrix-synapse/" + source, 2049, 77, offset, offset / 100 + 1, "00ff",
          wall(-30)};
}

inline OutboxItem item(const std::string& alert_id, std::uint64_t sequence,
                       const std::string& webhook = "soc") {
  OutboxItem item;
  item.webhook = webhook;
  item.event_id = alert_id + "-" + std::to_string(sequence);
  item.alert_id = alert_id;
  item.sequence = sequence;
  item.payload = "{\"event\":\"" + item.event_id + "\"}";
  item.event_time = wall(-60);
  item.level = "high";
  item.status = "firing";
  item.rule_title = "Bulk extraction";
  item.summary = "too much";
  return item;
}

/// A commit that needs none before it.
inline SavedState whole(std::uint64_t number, const std::string& blob) {
  return {number, 0, number, {blob}};
}

inline SavedState delta(std::uint64_t number, const std::string& blob, std::uint64_t oldest = 0) {
  return {number, number - 1, oldest, {blob}};
}

inline Result<void> commit_items(Database& database, const std::vector<OutboxItem>& items,
                                 TimePoint now = wall(0)) {
  return save_items(database, items, now);
}

inline std::vector<std::string> blobs_of(Database& database) {
  std::vector<std::string> blobs;
  REQUIRE(load_blobs(database, [&](std::uint64_t number, std::string_view blob) -> Result<void> {
    blobs.push_back(std::to_string(number) + " " + std::string(blob));
    return {};
  }));
  return blobs;
}

/// Everything that was committed, as one text to compare.
inline std::string contents(Database& database) {
  const auto saved = load_state(database);
  REQUIRE(saved);
  std::string text;
  for (const Cursor& c : saved->cursors) {
    text += "cursor " + c.source + " " + c.path + " " + std::to_string(c.device) + " " +
            std::to_string(c.inode) + " " + std::to_string(c.offset) + " " +
            std::to_string(c.line) + " " + c.marker + "\n";
  }
  for (const std::string& blob : blobs_of(database)) {
    text += "blob " + blob + "\n";
  }
  const auto events = list_alerts(database, {}, 1'000'000);
  REQUIRE(events);
  for (auto event = events->rbegin(); event != events->rend(); ++event) {
    text += "event " + event->event_id + "\n";
  }
  return text;
}

}  // namespace noci::testing
