// What each step of a theft asks of the server, and what it gives.

#include <algorithm>

#include "theft.hpp"

namespace sim {
namespace {

constexpr std::string_view client = "/_matrix/client/v3";

std::string path(std::string_view tail) {
  return std::string(client).append(tail);
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

}  // namespace

void Theft::take_by_account(const Step& step, Hand& hand, Taken& taken) {
  const Room& room = world_.rooms()[static_cast<std::size_t>(step.room)];
  switch (step.kind) {
    case Kind::search_people:
      hand.search_people(step.at, 50);
      taken.profiles = new_people(50);
      break;
    case Kind::profile:
      hand.profile(step.at, step.amount);
      taken.profiles = new_people(1);
      break;
    case Kind::join:
      hand.join(step.at, step.room);
      taken.rooms = 1;
      break;
    case Kind::members:
      hand.members(step.at, step.room);
      taken.rooms = room.world_readable ? 1 : 0;
      taken.profiles = new_people(step.amount);
      taken.lists = 1;
      break;
    case Kind::page:
      hand.read_page(step.at, step.room, shape_.page, step.amount);
      taken.messages = step.amount;
      break;
    case Kind::sync:
      hand.initial_sync(step.at, step.amount / 90, 90);
      taken.messages = step.amount;
      break;
    case Kind::sliding_sync:
      hand.ask(step.at, Method::post, "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync",
               4000 + std::int64_t{step.amount} * 700);
      taken.messages = step.amount;
      break;
    case Kind::search:
      hand.search(step.at, std::max(1, step.amount / 11));
      taken.messages = step.amount;
      break;
    case Kind::context:
      hand.ask(step.at, Method::get,
               path("/rooms/") + room.id + "/context/%24" + number(step.at) + "?limit=2000",
               3000 + std::int64_t{step.amount} * 700);
      taken.messages = step.amount;
      break;
    case Kind::file:
      taken.bytes =
          hand.download(step.at, step.room, step.amount, shape_.files == Files::with_token);
      taken.files = 1;
      break;
    default:
      break;
  }
}

void Theft::take_as_admin(const Step& step, Hand& hand, Taken& taken) {
  switch (step.kind) {
    case Kind::admin_users:
      hand.ask(step.at, Method::get,
               "/_synapse/admin/v2/users?limit=1000&from=" + number(step.room),
               std::int64_t{step.amount} * 400);
      taken.profiles = new_people(step.amount);
      break;
    case Kind::admin_rooms:
      hand.ask(step.at, Method::get, "/_synapse/admin/v1/rooms?limit=1000", 876 * 450);
      break;
    default: {
      const Room& room = world_.rooms()[static_cast<std::size_t>(step.room)];
      hand.ask(step.at, Method::get,
               "/_synapse/admin/v1/rooms/" + room.id + "/messages?limit=" + number(shape_.page) +
                   "&dir=b",
               80 + std::int64_t{step.amount} * 700);
      taken.messages = step.amount;
      taken.rooms = step.room == last_room_ ? 0 : 1;
      last_room_ = step.room;
      break;
    }
  }
}

void Theft::take_as_server(const Step& step, Hand& hand, Taken& taken) {
  const Room& room = world_.rooms()[static_cast<std::size_t>(step.room)];
  switch (step.kind) {
    case Kind::fed_join:
      hand.ask(step.at, Method::get,
               "/_matrix/federation/v1/make_join/" + room.id +
                   "/%40k%3Amatrix.kestrel.example.net?ver=10",
               900);
      hand.ask(step.at + 200, Method::put,
               "/_matrix/federation/v2/send_join/" + room.id + "/%24" + number(step.at),
               5000 + std::int64_t{room.members} * 1500);
      taken.rooms = 1;
      taken.profiles = new_people(room.members);
      taken.lists = 1;
      break;
    case Kind::fed_page:
      hand.ask(
          step.at, Method::get,
          "/_matrix/federation/v1/backfill/" + room.id + "?v=%24" + number(step.at) + "&limit=100",
          40 + std::int64_t{step.amount} * 1000);
      taken.messages = step.amount;
      break;
    default:
      taken.bytes = world_.media_bytes(step.room, step.amount);
      // A remote server names the file alone: the server's part is us.
      hand.ask(step.at, Method::get,
               "/_matrix/federation/v1/media/download/" +
                   world_.media(step.room, step.amount).substr(11),
               taken.bytes + 300);
      taken.files = 1;
      break;
  }
}

void Theft::forge(const Step& step, Random& random, Hand& hand) {
  Request& request = hand.ask_unnamed(step.at, Method::post, path("/login"), 90, 400);
  request.note = Note::raw;
  // As the time reads in the log, to the second, which is all that the thief can know.
  const Milliseconds of_day = step.at % day;
  const auto two = [](Milliseconds value) { return (value < 10 ? "0" : "") + number(value); };
  const Milliseconds days = step.at / day - beginning / day;
  request.text = "Unknown login type x";
  for (int line = 0; line < 5; ++line) {
    request.text +=
        "\n2026-06-" + two(days + 1) + " " + two(of_day / hour) + ":" + two(of_day / minute % 60) +
        ":" + two(of_day / second % 60) + ",5" + number(10 + random.below(80)) +
        " - synapse.access.http.8008 - 450 - INFO - GET-" + number(1000 + random.below(4000000)) +
        " - 81.80.12.4 - 8008 - {" + framed_ +
        "} Processed request: 0.036sec/0.001sec ru=(0.009sec, 0.000sec) "
        "db=(0.018sec/0.004sec/26) 9000000B 200 \"GET /_matrix/client/v1/media/download/" +
        world_.media(random.below(876), random.below(900)) +
        " HTTP/1.1\" \"Mozilla/5.0\" [0 dbevts]";
  }
}

}  // namespace sim
