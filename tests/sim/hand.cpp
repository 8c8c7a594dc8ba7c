#include "hand.hpp"

#include <utility>

namespace sim {

using std::string;

namespace {

constexpr std::string_view client = "/_matrix/client/v3";
constexpr std::int64_t message_bytes = 700;

string path(std::string_view tail) {
  return string(client).append(tail);
}

}  // namespace

string encoded(std::string_view text) {
  string out;
  for (const char letter : text) {
    if (letter == '@') {
      out += "%40";
    } else if (letter == ':') {
      out += "%3A";
    } else {
      out.push_back(letter);
    }
  }
  return out;
}

Request& Hand::ask(Milliseconds at, Method method, string uri, std::int64_t bytes, int status) {
  Request request;
  request.at = at;
  request.method = method;
  request.status = static_cast<std::int16_t>(status);
  request.bytes = bytes;
  request.who = identity.who;
  request.address = identity.address;
  request.agent = identity.agent;
  request.uri = std::move(uri);
  return sink_.emplace_back(std::move(request));
}

Request& Hand::ask_unnamed(Milliseconds at, Method method, string uri, std::int64_t bytes,
                           int status) {
  Request& request = ask(at, method, std::move(uri), bytes, status);
  request.who = {};
  return request;
}

void Hand::login(Milliseconds at, std::string_view user) {
  Request& request = ask_unnamed(at, Method::post, path("/login"), 203);
  request.note = Note::logged_in;
  request.note_user = user;
}

void Hand::failed_login(Milliseconds at, std::string_view user, bool exists) {
  Request& request = ask_unnamed(at, Method::post, path("/login"), 65, 403);
  request.note = exists ? Note::failed_password : Note::unknown_user;
  request.note_user = user;
}

void Hand::sync(Milliseconds at, int messages, int rooms) {
  ask(at, Method::get, path("/sync?timeout=30000&filter=1&since=s47409_4357353_219380_26003_2265"),
      300 + messages * message_bytes + rooms * 180);
}

void Hand::initial_sync(Milliseconds at, int rooms, int per_room) {
  ask(at, Method::get, path("/sync?timeout=0&filter=1"),
      4000 + std::int64_t{rooms} * (per_room * message_bytes + 2500));
}

void Hand::read_page(Milliseconds at, int room, int limit, int messages) {
  const double size = random_.between(0.85, 1.15);
  Request& request =
      ask(at, Method::get,
          path("/rooms/") + room_id(room) +
              "/messages?from=t47409-4357353_219380_26003_2265&limit=" + std::to_string(limit) +
              "&dir=b&filter=%7B%22lazy_load_members%22%3Atrue%7D",
          80 + static_cast<std::int64_t>(messages * message_bytes * size));
  request.messages = messages;
}

void Hand::members(Milliseconds at, int room) {
  const int count = world_.rooms()[static_cast<std::size_t>(room)].members;
  ask(at, Method::get, path("/rooms/") + room_id(room) + "/members?not_membership=leave",
      30 + std::int64_t{count} * 600);
}

void Hand::join(Milliseconds at, int room) {
  ask(at, Method::post, path("/join/") + room_id(room), 52);
}

void Hand::receipt(Milliseconds at, int room) {
  ask(at, Method::post,
      path("/rooms/") + room_id(room) + "/receipt/m.read/%24" + std::to_string(random_.next()), 2);
}

void Hand::send(Milliseconds at, int room) {
  ask(at, Method::put,
      path("/rooms/") + room_id(room) + "/send/m.room.encrypted/m" + std::to_string(random_.next()),
      59);
}

void Hand::thumbnail(Milliseconds at, int room, int index) {
  ask(at, Method::get,
      "/_matrix/client/v1/media/thumbnail/" + world_.media(room, index) +
          "?width=800&height=600&method=scale",
      4000 + random_.below(60000));
}

std::int64_t Hand::download(Milliseconds at, int room, int index, bool with_token) {
  const std::int64_t bytes = world_.media_bytes(room, index);
  if (with_token) {
    ask(at, Method::get, "/_matrix/client/v1/media/download/" + world_.media(room, index), bytes);
  } else {
    ask_unnamed(at, Method::get, "/_matrix/media/v3/download/" + world_.media(room, index), bytes);
  }
  return bytes;
}

void Hand::search_people(Milliseconds at, int hits) {
  ask(at, Method::post, path("/user_directory/search"), 30 + std::int64_t{hits} * 150);
}

void Hand::profile(Milliseconds at, int person) {
  ask_unnamed(at, Method::get, path("/profile/") + encoded(world_.person(person)), 130);
}

void Hand::keys_query(Milliseconds at, int people) {
  ask(at, Method::post, path("/keys/query"), 60 + std::int64_t{people} * 2400);
}

void Hand::public_rooms(Milliseconds at, int page) {
  ask(at, Method::get,
      path("/publicRooms?limit=50") + (page > 0 ? "&since=" + std::to_string(page) : ""), 50 * 350);
}

void Hand::search(Milliseconds at, int hits) {
  Request& request =
      ask(at, Method::post, path("/search"), 120 + std::int64_t{hits} * 11 * message_bytes);
  request.note = Note::searched;
  request.hits = hits;
}

}  // namespace sim
