#include "population.hpp"

#include <algorithm>
#include <utility>

namespace sim {
namespace {

constexpr int messages_a_day = 153;

bool is_weekend(int day_number) {
  return day_number % 7 >= 5;
}

bool sessions_ended(int day_number) {
  return day_number == 10 || day_number == 45;
}

}  // namespace

struct Population::Day {
  Day(const World& world, int index, int day_number, std::vector<Request>& sink)
      : account(world.accounts()[static_cast<std::size_t>(index)]),
        random{world.seed(), 100, static_cast<std::uint64_t>(index),
               static_cast<std::uint64_t>(day_number)},
        number(day_number),
        midnight(beginning + day_number * day),
        hand(world, random, sink) {}

  const Account& account;
  Random random;
  int number;
  Milliseconds midnight;
  Hand hand;
  std::string_view desk{};  ///< the address at which the account works today
  std::string_view couch{};

  Milliseconds at(double hours) const { return midnight + static_cast<Milliseconds>(hours * hour); }

  /// Some time of the working day; of who works in shifts, of the night.
  Milliseconds sometime(double from, double until) {
    return at(random.between(from, until) + (account.shift ? 12 : 0));
  }

  int room() {
    const auto count = static_cast<double>(account.rooms.size());
    // Favourites are opened far more often.
    return account.rooms[static_cast<std::size_t>(std::pow(random.unit(), 2.0) * count)];
  }
};

namespace {

/// Pages that a scroll or a client asks for before it has enough.
int pages(Random& random, double more) {
  int count = 1;
  while (count < 8 && random.chance(more)) {
    ++count;
  }
  return count;
}

}  // namespace

void Population::live(int index, int day_number, std::vector<Request>& sink) {
  Day today(world_, index, day_number, sink);
  const Account& account = today.account;
  Random& dice = today.random;
  const bool weekend = is_weekend(day_number);
  if (!dice.chance(weekend ? 0.125 : 0.82)) {
    return;
  }
  const auto kept = [&](std::string text) {
    return std::string_view(held_.emplace_back(std::move(text)));
  };
  const std::string_view home = account.home_is_v6
                                    ? kept(account.home + std::to_string(1000 + dice.below(8999)) +
                                           ":" + std::to_string(1000 + dice.below(8999)))
                                    : std::string_view(account.home);
  // A journey is two days long: the draw is that of the pair of days.
  Random journey{world_.seed(), 101, static_cast<std::uint64_t>(index),
                 static_cast<std::uint64_t>(day_number / 2)};
  const bool away = journey.chance(1.0 / 100);
  const std::string_view hotel =
      away ? kept("196." + std::to_string(journey.below(256)) + "." +
                  std::to_string(journey.below(256)) + "." + std::to_string(1 + journey.below(254)))
           : std::string_view{};
  today.couch = away ? hotel : home;
  today.desk = away ? hotel
               : account.uses_vpn && dice.chance(0.3)
                   ? std::string_view(world_.vpn()[static_cast<std::size_t>(dice.below(8))])
               : dice.chance(0.6) && account.has_desktop
                   ? std::string_view(world_.offices()[static_cast<std::size_t>(account.office)])
                   : home;
  const std::string_view carrier =
      kept("37.16" + std::to_string(account.carrier) + "." + std::to_string(dice.below(16)) + "." +
           std::to_string(1 + dice.below(254)));

  double starts = account.starts + 0.5 * dice.normal();
  double ends = account.ends + 0.6 * dice.normal();
  if (account.shift) {
    starts += 12;
    ends += 11;
  }
  if (weekend) {
    starts = 9 + 8 * dice.unit();
    ends = starts + 0.3 + dice.exponential(0.8);
  }
  ends = std::max(ends, starts + 0.5);
  const bool desktop = account.has_desktop && !weekend;
  if (sessions_ended(day_number)) {
    today.hand.identity = {account.id, today.desk, world_.desktop_agent(account, day_number)};
    log_in(today, today.at(starts), !desktop);
  }
  session(today, starts, ends, !desktop, weekend ? 0.3 : 0.8);
  // The phone on the way, and on three evenings of ten.
  if (dice.chance(0.5)) {
    const std::string_view desk = today.desk;
    today.desk = carrier;
    const double way = starts - 0.2 - 0.6 * dice.unit();
    session(today, way, way + 0.15, true, 0.04);
    today.desk = desk;
  }
  if (dice.chance(0.3)) {
    std::swap(today.desk, today.couch);
    const double evening = 19.5 + 2.5 * dice.unit();
    session(today, evening, evening + 0.2 + dice.exponential(0.5), true, 0.2);
    std::swap(today.desk, today.couch);
  }

  today.hand.identity = {account.id, today.desk,
                         desktop ? world_.desktop_agent(account, day_number)
                                 : world_.phone_agent(account, day_number)};
  if (dice.chance(1.0 / 120)) {
    new_device(today);
  }
  if (dice.chance(1.0 / 80)) {
    gallery(today);
  }
  if (dice.chance(1.0 / 40)) {
    scroll_back(today);
  }
  if (dice.chance(1.0 / 3000)) {
    export_room(today);
  }
  if (dice.chance(1.0 / 1500)) {
    newcomer(today);
  }
  if (dice.chance(indexers_)) {
    index_rooms(today);
  }
  all_hands(today);
}

void Population::session(Day& today, double from, double until, bool phone, double share) {
  Random& random = today.random;
  Hand& hand = today.hand;
  const Account& account = today.account;
  hand.identity = {account.id, today.desk,
                   phone ? world_.phone_agent(account, today.number)
                         : world_.desktop_agent(account, today.number)};
  const double length = until - from;
  const double busy = account.pace * share;
  const int syncs = std::max(1, static_cast<int>(length * 6));
  const double each = messages_a_day * busy * random.lognormal(0.92, 0.4) / syncs;
  for (int i = 0; i < syncs; ++i) {
    const int messages = random.poisson(each);
    hand.sync(today.at(from + length * (i + random.unit()) / syncs), messages,
              std::min(messages, 1 + random.below(6)));
  }
  const auto sometime = [&] { return today.at(random.between(from, until)); };
  for (int i = random.poisson(8 * busy); i > 0; --i) {
    open_room(today, sometime());
  }
  for (int i = random.poisson(12 * busy); i > 0; --i) {
    hand.thumbnail(sometime(), today.room(), random.below(60));
  }
  for (int i = random.poisson(2 * busy); i > 0; --i) {
    hand.download(sometime(), today.room(), random.below(60), random.chance(0.97));
  }
  for (int i = random.poisson(1.5 * busy); i > 0; --i) {
    hand.profile(sometime(), random.below(directory_size));
  }
  for (int i = random.poisson(3 * busy); i > 0; --i) {
    hand.keys_query(sometime(), 1 + random.below(12));
  }
  for (int i = random.poisson(0.25 * busy); i > 0; --i) {
    // A search as one types: each letter asks again.
    const Milliseconds at = sometime();
    const int letters = 3 + random.below(5);
    for (int letter = 0; letter < letters; ++letter) {
      hand.search_people(at + letter * 400, letter < 2 ? 10 : random.below(10));
    }
  }
  for (int i = random.poisson(0.15 * busy); i > 0; --i) {
    hand.search(sometime(), random.below(11));
  }
  for (int i = random.poisson(0.04 * busy); i > 0; --i) {
    const int room = random.below(static_cast<int>(world_.rooms().size()));
    const Milliseconds at = sometime();
    hand.join(at, room);
    hand.read_page(at + 2 * second, room, 30,
                   std::min(30, world_.rooms()[static_cast<std::size_t>(room)].messages));
  }
  for (int i = random.poisson(0.05 * busy); i > 0; --i) {
    const Milliseconds at = sometime();
    for (int page = pages(random, 0.4); page > 0; --page) {
      hand.public_rooms(at + page * 6 * second, page);
    }
  }
}

void Population::open_room(Day& today, Milliseconds at) {
  Random& random = today.random;
  const int room = today.room();
  today.hand.receipt(at + second, room);
  if (random.chance(0.35)) {
    const int count = pages(random, 0.4);
    for (int page = 0; page < count; ++page) {
      const int limit = random.chance(0.3) ? 30 : 20;
      today.hand.read_page(at + page * 3 * second, room, limit, limit);
    }
  }
  if (random.chance(0.12)) {
    today.hand.members(at, room);
  }
  if (random.chance(0.6)) {
    today.hand.send(at + 20 * second + static_cast<Milliseconds>(random.exponential(30 * second)),
                    room);
  }
}

void Population::log_in(Day& today, Milliseconds at, bool phone) {
  Random& random = today.random;
  Hand& hand = today.hand;
  hand.identity.agent = phone ? world_.phone_agent(today.account, today.number)
                              : world_.desktop_agent(today.account, today.number);
  hand.ask_unnamed(at, Method::get, "/_matrix/client/v3/sync?timeout=30000&filter=1", 71, 401);
  if (random.chance(0.125)) {
    for (int tries = 1 + random.below(3); tries > 0; --tries) {
      // One failure of seven is a mistyped name.
      const bool password = random.chance(0.85);
      hand.failed_login(
          at + (20 - 5 * tries) * second,
          password ? std::string_view(today.account.id)
                   : std::string_view(held_.emplace_back("@" + today.account.id.substr(2))),
          password);
    }
  }
  hand.login(at + 20 * second, today.account.id);
  hand.initial_sync(at + 24 * second, static_cast<int>(today.account.rooms.size()), 20);
}

void Population::new_device(Day& today) {
  Random& random = today.random;
  Hand& hand = today.hand;
  const Account& account = today.account;
  const Milliseconds at = today.sometime(8, 21.5);
  log_in(today, at, random.chance(0.7));
  hand.ask(at + 25 * second, Method::get, "/_matrix/client/v3/room_keys/version", 500);
  hand.ask(at + 40 * second, Method::get, "/_matrix/client/v3/room_keys/keys?version=1",
           200000 + random.below(4000000));
  for (int i = 0; i < 3; ++i) {
    hand.keys_query(at + (26 + i) * second, 100 + random.below(400));
  }
  const int rooms = std::min(
      {static_cast<int>(account.rooms.size()), 40, static_cast<int>(random.lognormal(12, 0.5))});
  for (int i = 0; i < rooms; ++i) {
    const int room = account.rooms[static_cast<std::size_t>(i)];
    const Milliseconds then =
        at + 30 * second + static_cast<Milliseconds>(random.unit() * 5 * minute);
    hand.read_page(then, room, 20, 20);
    if (random.chance(0.5)) {
      hand.members(then + second, room);
    }
  }
  for (int i = 50 + random.below(100); i > 0; --i) {
    hand.thumbnail(at + 30 * second + random.below(300) * second, today.room(), random.below(60));
  }
}

void Population::gallery(Day& today) {
  Random& random = today.random;
  const int room = today.room();
  const Milliseconds at = today.sometime(8.5, 21);
  const double length = random.between(3, 30) * minute;
  for (int i = 100 + random.below(300); i > 0; --i) {
    today.hand.thumbnail(at + static_cast<Milliseconds>(length * random.unit()), room,
                         random.below(400));
  }
  for (int i = std::min(300, static_cast<int>(random.lognormal(35, 0.7))); i > 0; --i) {
    today.hand.download(at + static_cast<Milliseconds>(length * random.unit()), room, 400 - i);
  }
}

void Population::scroll_back(Day& today) {
  Random& random = today.random;
  const int room = today.room();
  Milliseconds at = today.sometime(8.5, 21);
  const int limit = random.chance(0.6) ? 20 : random.chance(0.75) ? 30 : 50;
  for (int i = std::min(200, static_cast<int>(random.lognormal(25, 0.8))); i > 0; --i) {
    today.hand.read_page(at, room, limit, limit);
    at += static_cast<Milliseconds>(2 * second + random.exponential(8 * second));
  }
}

void Population::export_room(Day& today) {
  Random& random = today.random;
  const int number = today.room();
  const Room& room = world_.rooms()[static_cast<std::size_t>(number)];
  Milliseconds at = today.sometime(9, 17);
  today.hand.members(at, number);
  for (int left = room.messages; left > 0; left -= 100) {
    at += 300 + random.below(700);
    today.hand.read_page(at, number, 100, std::min(left, 100));
  }
  if (random.chance(0.5)) {
    for (int i = 0; i < std::min(room.files, 2000); ++i) {
      at += 200 + random.below(400);
      today.hand.download(at, number, i);
    }
  }
}

void Population::newcomer(Day& today) {
  Random& random = today.random;
  Hand& hand = today.hand;
  Milliseconds at = today.at(random.between(9, 11));
  for (int page = 0; page < 1 + random.below(4); ++page) {
    hand.public_rooms(at += 15 * second, page);
  }
  const int rooms = std::clamp(static_cast<int>(random.lognormal(10, 0.5)), 3, 30);
  // One in three is shown a space and joins all of its rooms at once.
  const double pause = random.chance(0.33) ? 8 * second : 10 * minute;
  for (int i = 0; i < rooms; ++i) {
    const int room = random.below(static_cast<int>(world_.rooms().size()));
    at += second + static_cast<Milliseconds>(random.exponential(pause));
    hand.join(at, room);
    for (int page = pages(random, 0.5); page > 0; --page) {
      hand.read_page(at + page * 4 * second, room, 30,
                     std::min(30, world_.rooms()[static_cast<std::size_t>(room)].messages));
    }
    if (random.chance(0.5)) {
      hand.members(at + 3 * second, room);
    }
  }
  for (int i = 5 + random.below(16); i > 0; --i) {
    const Milliseconds then = today.at(random.between(9.5, 17));
    for (int letter = 0; letter < 4; ++letter) {
      hand.search_people(then + letter * 500, 10);
    }
    hand.profile(then + 4 * second, random.below(directory_size));
  }
}

void Population::all_hands(Day& today) {
  const int weekday = today.number / 7 * 5 + today.number % 7;
  if (is_weekend(today.number)) {
    return;
  }
  if (weekday % 12 == 4 && today.random.chance(0.6)) {
    today.hand.ask(
        today.at(10) + static_cast<Milliseconds>(today.random.unit() * 40 * minute), Method::get,
        "/_matrix/client/v1/media/download/" + world_.media(0, 100000 + weekday), 18000000);
  }
  if (weekday % 12 == 5 && today.random.chance(0.1)) {
    const int pictures = 30 + today.random.below(50);
    Milliseconds at = today.at(today.random.between(9, 17));
    for (int i = 0; i < pictures; ++i) {
      at += 500 + today.random.below(4000);
      today.hand.download(at, 0, 1000 * weekday + i);
    }
  }
}

void Population::index_rooms(Day& today) {
  Milliseconds at = today.at(today.random.between(8.5, 16));
  for (const int number : today.account.rooms) {
    for (int left = world_.rooms()[static_cast<std::size_t>(number)].messages; left > 0;
         left -= 100) {
      at += 3 * second + today.random.below(500);
      today.hand.read_page(at, number, 100, std::min(left, 100));
    }
  }
}

}  // namespace sim
