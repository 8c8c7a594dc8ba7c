#include "parse/ancillary.hpp"

#include <algorithm>

#include "parse/endpoint.hpp"
#include "parse/requester.hpp"
#include "parse/scan.hpp"

namespace noci {
namespace {

bool is_account(std::string_view text) {
  return text.starts_with('@') && text.find(':') != std::string_view::npos && !has_control(text) &&
         text.find(' ') == std::string_view::npos;
}

/// synapse/rest/client/room.py, RoomMessageListRestServlet, 1.144+:
/// Responding to `/messages` request: {@u:hs} GET URI -> N messages with end_token=TOKEN
bool read_messages(std::string_view message, Event& event, Arena& arena) {
  Scanner scanner(message);
  std::string_view who;
  std::string_view method;
  std::string_view uri;
  std::int64_t count = 0;
  Requester requester;
  if (!scanner.literal("Responding to `/messages` request: {") || !scanner.until(' ', who) ||
      !who.ends_with('}') || !scanner.until(' ', method) || !scanner.until(' ', uri) ||
      !scanner.literal("-> ") || !scanner.number(count) ||
      !scanner.literal(" messages with end_token=") ||
      !read_requester(who.substr(0, who.size() - 1), requester)) {
    return false;
  }
  const std::size_t mark = std::min(uri.find('?'), uri.size());
  event.kind = Kind::messages;
  event.method = method;
  event.path = uri.substr(0, mark);
  event.query = uri.substr(std::min(mark + 1, uri.size()));
  const Endpoint endpoint = classify(event.method, event.path, event.query, arena);
  event.action = Action::room_messages;
  event.room_id = endpoint.room_id;
  event.limit = endpoint.limit;
  event.user_id = requester.user_id;
  event.effective_user_id = requester.effective_user_id;
  event.messages = event.messages_low = event.messages_high = count;
  event.messages_basis = MessagesBasis::exact;
  return true;
}

/// synapse/handlers/auth.py, create_access_token_for_user_id:
/// Logging in user @u:hs on device DEVICE[ until TIME]
/// Logging in user @admin:hs as @u:hs[ until TIME]
/// DEVICE is the client's text, so the account ends at the first blank.
bool read_token_issued(std::string_view message, Event& event) {
  Scanner scanner(message);
  std::string_view account;
  if (!scanner.literal("Logging in user ") || !scanner.until(' ', account) ||
      !is_account(account)) {
    return false;
  }
  event.kind = Kind::login;
  event.user_id = account;
  if (scanner.literal("on device ")) {
    event.action = Action::token_issued;
    return true;
  }
  if (!scanner.literal("as ")) {
    return false;
  }
  const std::string_view puppet = scanner.rest().substr(0, scanner.rest().find(' '));
  event.action = Action::impersonation_issued;
  event.effective_user_id = puppet;
  return is_account(puppet);
}

/// The same file: Failed password login for user @u:hs
/// and: Attempted to login as TEXT but they do not exist
/// The account named here did nothing: it is the target. TEXT may be cut by its own line feed.
bool read_login_failed(std::string_view message, Event& event) {
  constexpr std::string_view failed = "Failed password login for user ";
  constexpr std::string_view attempted = "Attempted to login as ";
  constexpr std::string_view unknown = " but they do not exist";
  std::string_view account;
  if (message.starts_with(failed)) {
    event.action = Action::login_failed;
    account = message.substr(failed.size());
  } else if (message.starts_with(attempted)) {
    event.action = Action::login_unknown_user;
    account = message.substr(attempted.size());
    if (account.ends_with(unknown)) {
      account.remove_suffix(unknown.size());
    }
  } else {
    return false;
  }
  event.kind = Kind::login_failed;
  event.outcome = Outcome::failure;
  if (is_account(account)) {
    event.target_user_id = account;
  }
  return true;
}

/// synapse/rest/client/login.py: Got login request with identifier: {… 'user': 'NAME'…}, …
/// A Python literal of what the client sent, so line feeds are escaped in it.
bool read_login_identifier(std::string_view message, Event& event) {
  constexpr std::string_view key = "'user': '";
  Scanner scanner(message);
  if (!scanner.literal("Got login request with identifier: {")) {
    return false;
  }
  event.kind = Kind::ignored;
  event.reason = login_identifier;
  const std::size_t begin = message.find(key);
  if (begin != std::string_view::npos) {
    const std::string_view rest = message.substr(begin + key.size());
    event.target_user_id = rest.substr(0, rest.find('\''));
  }
  return true;
}

/// synapse/handlers/search.py: Found N events to return
/// and per hit: Context for search returned B and A events
bool read_search(std::string_view message, Event& event) {
  Scanner scanner(message);
  std::int64_t count = 0;
  if (scanner.literal("Found ")) {
    if (!scanner.number(count) || scanner.rest() != " events to return") {
      return false;
    }
  } else {
    std::int64_t before = 0;
    std::int64_t after = 0;
    if (!scanner.literal("Context for search returned ") || !scanner.number(before) ||
        !scanner.literal(" and ") || !scanner.number(after) || scanner.rest() != " events") {
      return false;
    }
    count = std::min<std::int64_t>(before, 1'000'000) + std::min<std::int64_t>(after, 1'000'000);
    event.is_context = true;
  }
  event.kind = Kind::search;
  event.action = Action::search;
  event.messages = event.messages_low = count;
  event.messages_basis = MessagesBasis::exact;
  return true;
}

}  // namespace

void read_ancillary(std::string_view logger, std::string_view message, Event& event, Arena& arena) {
  bool known = false;
  if (logger == "synapse.rest.client.room") {
    known = read_messages(message, event, arena);
  } else if (logger == "synapse.handlers.auth") {
    known = read_token_issued(message, event) || read_login_failed(message, event);
  } else if (logger == "synapse.rest.client.login") {
    known = read_login_identifier(message, event);
  } else if (logger == "synapse.handlers.search") {
    known = read_search(message, event);
  } else if (message == "***** STARTING SERVER *****" &&
             // synapse/config/logger.py; `root` up to 1.132
             (logger == "root" || logger == "synapse.config.logger")) {
    event.kind = Kind::restart;
    known = true;
  }
  if (!known) {
    event.kind = Kind::ignored;
    event.action = Action::unknown;
    event.reason = "other_logger";
    event.user_id = event.effective_user_id = {};
  }
}

}  // namespace noci
