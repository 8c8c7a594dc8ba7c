#include "parse/ancillary.hpp"

#include <string>

#include "support/catch.hpp"

namespace noci {
namespace {

/// Keeps the message, which the event points into.
Event read(std::string_view logger, std::string_view message) {
  static Arena arena;
  Event event;
  read_ancillary(logger, arena.store(message), event, arena);
  return event;
}

constexpr const char* auth = "synapse.handlers.auth";

}  // namespace

TEST_CASE("the exact number of a /messages answer is read") {
  const Event event = read("synapse.rest.client.room",
                           "Responding to `/messages` request: {@u:hs.test} GET "
                           "/_matrix/client/v3/rooms/%21a%3Ahs.test/messages?dir=b&limit=100 -> 87 "
                           "messages with end_token=t1-2_0");
  CHECK(event.kind == Kind::messages);
  CHECK(event.action == Action::room_messages);
  CHECK(event.user_id == "@u:hs.test");
  CHECK(event.room_id == "!a:hs.test");
  CHECK(event.messages == 87);
  CHECK(event.messages_low == 87);
  CHECK(event.messages_high == 87);
  CHECK(event.messages_basis == MessagesBasis::exact);
}

TEST_CASE("a token issued names its account, whatever the device is called") {
  for (const char* rest : {"on device ABC", "on device ABC until 2026-11-23 10:00:00",
                           "on device as @other:hs.test", "on device x on device y"}) {
    INFO(rest);
    const Event event = read(auth, std::string("Logging in user @u:hs.test ") + rest);
    CHECK(event.kind == Kind::login);
    CHECK(event.action == Action::token_issued);
    CHECK(event.user_id == "@u:hs.test");
    CHECK(event.effective_user_id.empty());
  }
}

TEST_CASE("an impersonation belongs to the admin") {
  for (const char* rest : {"", " until 2026-11-23 10:00:00"}) {
    const Event event =
        read(auth, std::string("Logging in user @admin:hs.test as @u:hs.test") + rest);
    CHECK(event.kind == Kind::login);
    CHECK(event.action == Action::impersonation_issued);
    CHECK(event.user_id == "@admin:hs.test");
    CHECK(event.effective_user_id == "@u:hs.test");
  }
}

TEST_CASE("who failed to log in did nothing: the account is the target") {
  Event event = read(auth, "Failed password login for user @u:hs.test");
  CHECK(event.kind == Kind::login_failed);
  CHECK(event.action == Action::login_failed);
  CHECK(event.outcome == Outcome::failure);
  CHECK(event.user_id.empty());
  CHECK(event.target_user_id == "@u:hs.test");
  event = read(auth, "Attempted to login as @nobody:hs.test but they do not exist");
  CHECK(event.kind == Kind::login_failed);
  CHECK(event.action == Action::login_unknown_user);
  CHECK(event.target_user_id == "@nobody:hs.test");
  event = read(auth, "Attempted to login as @nobody");  // cut by its own line feed
  CHECK(event.kind == Kind::login_failed);
  CHECK(event.target_user_id.empty());
  event = read(auth, "Attempted to login as @a\nb:hs.test but they do not exist");
  CHECK(event.target_user_id.empty());
}

TEST_CASE("a search tells its hits and their context") {
  Event event = read("synapse.handlers.search", "Found 12 events to return");
  CHECK(event.kind == Kind::search);
  CHECK(event.messages == 12);
  event = read("synapse.handlers.search", "Context for search returned 5 and 4 events");
  CHECK(event.kind == Kind::search);
  CHECK(event.messages == 9);
}

TEST_CASE("a start of the server is seen under both loggers") {
  for (const char* logger : {"root", "synapse.config.logger"}) {
    CHECK(read(logger, "***** STARTING SERVER *****").kind == Kind::restart);
  }
  CHECK(read("synapse.x", "***** STARTING SERVER *****").kind == Kind::ignored);
}

TEST_CASE("anything else is of another logger") {
  struct Case {
    const char* logger;
    const char* message;
  };

  const Case cases[] = {
      {auth, "Logging in user bob on device X"},
      {auth, "Logging in user @u:hs.test"},
      {auth, "Logging in user @u:hs.test as nobody"},
      {auth, "xFailed password login for user @u:hs.test"},
      {"synapse.http.server", "Failed password login for user @u:hs.test"},
      {"synapse.rest.client.room",
       "Responding to `/messages` request: {@u:hs.test} GET /x -> many"},
      {"synapse.rest.client.room",
       "Responding to `/messages` request: {@two words:hs} GET /x -> 1 messages with end_token=x"},
      {"synapse.handlers.search", "Found 12 events to return or so"},
      {"synapse.handlers.search", "Found 99999999999999999999 events to return"},
      {"", ""},
  };
  for (const Case& other : cases) {
    INFO(other.message);
    const Event event = read(other.logger, other.message);
    CHECK(event.kind == Kind::ignored);
    CHECK(event.reason == "other_logger");
    CHECK(event.user_id.empty());
    CHECK_FALSE(event.messages);
  }
}

}  // namespace noci
