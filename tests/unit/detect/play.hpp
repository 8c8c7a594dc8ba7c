#pragma once
// A small life of an engine: joins of rooms, and the alerts they raise.

#include "detect/engine.hpp"
#include "support/event_builder.hpp"
#include "support/rule_builder.hpp"

namespace noci::test {

inline EngineOptions options() {
  return {};
}

/// More than 3 rooms in 10 minutes by one account.
inline RuleBuilder fanout(const std::string& id = "fanout") {
  return RuleBuilder(id)
      .on({Action::room_join})
      .distinct(Field::room_id, std::chrono::minutes{10}, 3);
}

class Play {
 public:
  explicit Play(std::vector<Rule> rules, EngineOptions with = options())
      : engine(std::move(with), rule_set(std::move(rules))) {}

  /// `count` joins of different rooms, one a second from `from` on.
  void join(const std::string& user, int count, Duration from = {}, const std::string& hs = "") {
    for (int i = 0; i < count; ++i) {
      EventBuilder event;
      event.user(user).homeserver(hs).room("!" + std::to_string(i) + ":hs");
      event.ip("192.0.2.9").request_id("POST-" + std::to_string(i));
      engine.apply(event.at(from + i * std::chrono::seconds{1}), alerts);
    }
  }

  Engine engine;
  std::vector<Alert> alerts;
};

}  // namespace noci::test
