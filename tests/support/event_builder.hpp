#pragma once
// Events for tests that own their strings: `EventBuilder().user("@a:hs").room("!r:hs").at(t)`.
// Converts to an Event whose views live as long as the builder.

#include <deque>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "model/event.hpp"

namespace noci::test {

/// A fixed day in the past, so that no test depends on the clock.
inline constexpr TimePoint day_one{std::chrono::sys_days{std::chrono::year{2026} / 6 / 7}};

class EventBuilder {
 public:
  EventBuilder() {
    event_.timestamp = day_one;
    event_.kind = Kind::request;
    event_.action = Action::room_join;
    event_.status = 200;
  }

  EventBuilder(const EventBuilder&) = delete;
  EventBuilder& operator=(const EventBuilder&) = delete;

  EventBuilder& at(TimePoint time) {
    event_.timestamp = time;
    return *this;
  }

  /// After day_one.
  EventBuilder& at(Duration offset) { return at(day_one + offset); }

  EventBuilder& kind(Kind value) {
    event_.kind = value;
    return *this;
  }

  EventBuilder& action(Action value) {
    event_.action = value;
    return *this;
  }

  EventBuilder& outcome(Outcome value) {
    event_.outcome = value;
    return *this;
  }

  EventBuilder& homeserver(std::string_view v) { return keep(event_.homeserver, v); }

  EventBuilder& user(std::string_view v) { return keep(event_.user_id, v); }

  EventBuilder& effective_user(std::string_view v) { return keep(event_.effective_user_id, v); }

  EventBuilder& actor(std::string_view v) { return keep(event_.actor_id, v); }

  EventBuilder& server(std::string_view v) { return keep(event_.server_name, v); }

  EventBuilder& ip(std::string_view v) { return keep(event_.source_ip, v); }

  EventBuilder& network(std::string_view v) { return keep(event_.source_network, v); }

  EventBuilder& agent(std::string_view v) { return keep(event_.user_agent, v); }

  EventBuilder& method(std::string_view v) { return keep(event_.method, v); }

  EventBuilder& path(std::string_view v) { return keep(event_.path, v); }

  EventBuilder& room(std::string_view v) { return keep(event_.room_id, v); }

  EventBuilder& media(std::string_view v) { return keep(event_.media_id, v); }

  EventBuilder& target_user(std::string_view v) { return keep(event_.target_user_id, v); }

  EventBuilder& target_server(std::string_view v) { return keep(event_.target_server, v); }

  EventBuilder& log_source(std::string_view v) { return keep(event_.log_source, v); }

  EventBuilder& worker(std::string_view v) { return keep(event_.log_worker, v); }

  EventBuilder& request_id(std::string_view v) { return keep(event_.request_id, v); }

  EventBuilder& status(std::int64_t value) {
    event_.status = value;
    return *this;
  }

  EventBuilder& bytes(std::int64_t value) {
    event_.bytes = value;
    return *this;
  }

  EventBuilder& messages(std::int64_t value) {
    event_.messages = value;
    event_.messages_low = value;
    event_.messages_high = value;
    event_.messages_basis = MessagesBasis::exact;
    return *this;
  }

  EventBuilder& position(std::uint64_t offset, std::uint64_t line) {
    event_.position = {offset, line};
    return *this;
  }

  [[nodiscard]] const Event& event() const { return event_; }

  operator const Event&() const { return event_; }  // NOLINT: reads as an event in tests

 private:
  EventBuilder& keep(std::string_view& view, std::string_view value) {
    view = strings_.emplace_back(value);  // a deque never moves what it holds
    return *this;
  }

  Event event_;
  std::deque<std::string> strings_;
};

}  // namespace noci::test
