#pragma once
// Runs lines through framer and parser as the pipeline does, and keeps the bytes that the events
// point into.

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.hpp"
#include "parse/enrich.hpp"
#include "parse/frame.hpp"
#include "parse/parser.hpp"

namespace noci::test {

inline Zone zone(std::string_view name) {
  return Zone::find(name).value();
}

class Reading {
 public:
  explicit Reading(SourceInfo source = {}) : parser(std::move(source)) {}

  Event line(std::string_view text) {
    kept_.emplace_back(text);
    Record record;
    record.bytes = kept_.back();
    record.arrival = arrival;
    record.position = {offset_, ++lines_};
    offset_ += text.size() + 1;
    Event event = parser.parse(record, arena).event;
    event.log = log;
    enricher.apply(event, arena);
    return event;
  }

  std::vector<Event> whole(std::string_view bytes) {
    kept_.emplace_back(bytes);
    Chunk chunk;
    chunk.bytes = kept_.back();
    chunk.end_of_stream = true;
    Framer framer;
    std::vector<Event> events;
    framer.push(chunk, [&](std::string_view text, Position position, bool) {
      kept_.emplace_back(text);
      Record record;
      record.bytes = kept_.back();
      record.position = position;
      record.arrival = arrival;
      events.push_back(parser.parse(record, arena).event);
      enricher.apply(events.back(), arena);
    });
    return events;
  }

  Parser parser;
  Enricher enricher;
  Arena arena;
  TimePoint arrival;
  std::uint32_t log = 0;  ///< of the next lines

 private:
  std::deque<std::string> kept_;
  std::uint64_t offset_ = 0;
  std::uint64_t lines_ = 0;
};

/// The parts of an access line; a test changes the one it is about.
struct Line {
  std::string time = "2026-11-22 20:55:51,598";
  std::string logger = "synapse.access.http.8008";
  std::string id = "GET-65";
  std::string ip = "203.0.113.7";
  std::string tag = "8008";
  std::string who = "@bob:hs.test";
  std::string numbers = "0.036sec/0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) 5057B 200";
  std::string request = "GET /_matrix/client/v3/account/whoami HTTP/1.1";
  std::string agent = "Python-urllib/3.11";

  [[nodiscard]] std::string message() const {
    return ip + " - " + tag + " - {" + who + "} Processed request: " + numbers + " \"" + request +
           "\" \"" + agent + "\" [3 dbevts]";
  }

  [[nodiscard]] std::string text() const {
    return time + " - " + logger + " - 450 - INFO - " + id + " - " + message();
  }
};

inline TimePoint at(std::string_view rfc3339) {
  return parse_rfc3339(rfc3339).value();
}

}  // namespace noci::test
