#include "theft.hpp"

#include <algorithm>
#include <array>
#include <cinttypes>

#include "surroundings.hpp"

namespace sim {
namespace {

constexpr std::string_view script = "python-requests/2.32.3";
// The patient ones take care to look like one browser among many.
constexpr std::string_view browser =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/148.0.0.0 Safari/537.36";
constexpr std::string_view server = "matrix.kestrel.example.net";
// Synapse's limiter of directory searches: 200 at once, then one a minute (1.145).
constexpr int searches_at_once = 200;
constexpr int guesses = 3000;
constexpr int forged_requests = 120;
constexpr int rooms_a_sync = 20;

Milliseconds begin_of(Hours hours) {
  return hours == Hours::work ? 9 * hour : hours == Hours::night ? 22 * hour : 13 * hour;
}

}  // namespace

Theft::Theft(const World& world, const Shape& shape, double scale, int first_day, std::FILE* truth)
    : world_(world),
      shape_(shape),
      scale_(scale * shape.share),
      truth_(truth),
      random_{world.seed(), 300, std::uint64_t(shape.name.size()), std::uint64_t(scale * 1000)} {
  name_actors();
  plan();
  lay_out(first_day);
  std::fprintf(truth_, "{\"shape\":\"%s\",\"scale\":%g,\"begins\":%" PRId64 ",\"accounts\":[",
               std::string(shape_.name).c_str(), scale, steps_.front().at);
  const auto list = [&](const auto& texts) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      std::fprintf(truth_, "%s\"%s\"", i > 0 ? "," : "", std::string(texts[i]).c_str());
    }
  };
  list(accounts_);
  std::fprintf(truth_, "],\"addresses\":[");
  list(addresses_);
  std::fprintf(truth_, "],\"servers\":[%s%s%s],\"framed\":[%s%s%s]}\n",
               shape_.who == Who::server ? "\"" : "",
               shape_.who == Who::server ? server.data() : "",
               shape_.who == Who::server ? "\"" : "", framed_.empty() ? "" : "\"", framed_.c_str(),
               framed_.empty() ? "" : "\"");
}

void Theft::name_actors() {
  const int known = static_cast<int>(world_.accounts().size());
  for (int i = 0; i < shape_.accounts; ++i) {
    const Account& account =
        world_.accounts()[static_cast<std::size_t>((random_.below(known) + i * 17) % known)];
    const bool is_person = shape_.who == Who::stranger || shape_.who == Who::owner;
    accounts_.push_back(is_person                  ? std::string_view(account.id)
                        : shape_.who == Who::admin ? std::string_view("@it.durand:hs.example")
                        : shape_.who == Who::bot   ? archive_bot
                                                   : server);
    const bool loud = shape_.searches || shape_.beside != Beside::nothing;
    agents_.push_back(shape_.looks_like_owner && shape_.who == Who::bot ? archive_agent
                      : shape_.looks_like_owner ? world_.desktop_agent(account, 0)
                      : loud                    ? script
                                                : browser);
    usual_addresses_.push_back(world_.offices()[static_cast<std::size_t>(account.office)]);
  }
  if (shape_.who == Who::server) {
    accounts_.clear();
  }
  for (int i = 0; i < shape_.addresses && shape_.who != Who::owner; ++i) {
    addresses_.push_back(shape_.spread == Spread::apart
                             ? std::to_string(60 + random_.below(130)) + "." +
                                   std::to_string(random_.below(256)) + "." +
                                   std::to_string(random_.below(256)) + "." +
                                   std::to_string(1 + random_.below(254))
                             : "193.32.162." + std::to_string(17 + i));
  }
  if (shape_.beside == Beside::forging) {
    framed_ = world_.accounts()[static_cast<std::size_t>(random_.below(known))].id;
  }
}

void Theft::plan() {
  plan_guesses();
  if (shape_.who == Who::admin) {
    for (int from = 0; from < directory_size * scale_; from += 1000) {
      steps_.push_back({Kind::admin_users, 0, from, 1000});
    }
    steps_.push_back({Kind::admin_rooms});
  } else if (shape_.searches) {
    plan_people();
  }
  // Which rooms: some of those that there are, in an order of the thief's own.
  std::vector<int> rooms(world_.rooms().size());
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    rooms[i] = static_cast<int>(i);
    std::swap(rooms[i], rooms[static_cast<std::size_t>(random_.below(static_cast<int>(i) + 1))]);
  }
  const int wanted = std::max(1, static_cast<int>(haul_rooms * scale_ + 0.5));
  for (int i = 0; i < wanted && !shape_.directory; ++i) {
    plan_room(rooms[static_cast<std::size_t>(i)], i % shape_.accounts);
  }
}

void Theft::plan_guesses() {
  if (shape_.beside != Beside::guessing && shape_.beside != Beside::guessing_from_many) {
    return;
  }
  // A list from elsewhere: few of its names exist here, and four of its passwords fit.
  for (int i = 0; i < guesses; ++i) {
    steps_.push_back({Kind::guess, 0, 0, i});
    if (i % (guesses / shape_.accounts) == guesses / shape_.accounts / 2) {
      steps_.push_back({Kind::log_in, i / (guesses / shape_.accounts)});
    }
  }
}

void Theft::plan_people() {
  const int searches = std::max(1, static_cast<int>(searches_at_once * std::min(1.0, scale_ * 2)));
  for (int i = 0; i < searches; ++i) {
    steps_.push_back({Kind::search_people, i % shape_.accounts, 0, 50});
  }
  if (shape_.directory) {
    for (int person = 0; person < directory_size * scale_; ++person) {
      steps_.push_back({Kind::profile, 0, 0, person});
    }
  }
}

void Theft::plan_room(int number, int account) {
  const Room& room = world_.rooms()[static_cast<std::size_t>(number)];
  if (shape_.joins) {
    if (shape_.who == Who::server) {
      steps_.push_back({Kind::fed_join, account, number});
    } else {
      if (!room.world_readable) {
        steps_.push_back({Kind::join, account, number});
      }
      steps_.push_back({Kind::members, account, number, room.members});
    }
  }
  plan_history(number, account);
  for (int file = 0; file < room.files && shape_.files != Files::none && shape_.who != Who::admin;
       ++file) {
    steps_.push_back(
        {shape_.who == Who::server ? Kind::fed_file : Kind::file, account, number, file});
  }
}

void Theft::plan_history(int number, int account) {
  const Room& room = world_.rooms()[static_cast<std::size_t>(number)];
  switch (shape_.reading) {
    case Reading::none:
      return;
    case Reading::sync:
    case Reading::sliding_sync:
      // One answer holds what was joined since: 100 messages of each room, or 1,000.
      if (++window_rooms_ == rooms_a_sync) {
        steps_.push_back({shape_.reading == Reading::sync ? Kind::sync : Kind::sliding_sync,
                          account, number,
                          rooms_a_sync * (shape_.reading == Reading::sync ? 90 : 520)});
        window_rooms_ = 0;
      }
      return;
    case Reading::search:
    case Reading::context:
    case Reading::pages:
      break;
  }
  const int page = shape_.who == Who::server            ? 100
                   : shape_.reading == Reading::search  ? 100 * 11
                   : shape_.reading == Reading::context ? 2000
                                                        : shape_.page;
  const Kind kind = shape_.who == Who::server            ? Kind::fed_page
                    : shape_.who == Who::admin           ? Kind::admin_page
                    : shape_.reading == Reading::search  ? Kind::search
                    : shape_.reading == Reading::context ? Kind::context
                                                         : Kind::page;
  for (int left = room.messages; left > 0; left -= page) {
    steps_.push_back({kind, account, number, std::min(left, page)});
  }
}

void Theft::lay_out(int first_day) {
  // The hours that the shape allows, end to end, hold the steps at even distances.
  std::vector<std::pair<Milliseconds, Milliseconds>> windows;
  Milliseconds open = 0;
  const Milliseconds begins = beginning + first_day * day + begin_of(shape_.hours);
  const bool in_one_go = shape_.hours == Hours::any || shape_.days < 1;
  for (int d = 0; d < std::max(1, static_cast<int>(shape_.days)); ++d) {
    const Milliseconds at = begins + d * day;
    if (shape_.hours == Hours::work && (first_day + d) % 7 >= 5) {
      continue;
    }
    const Milliseconds length =
        in_one_go ? static_cast<Milliseconds>(shape_.days * static_cast<double>(day))
                  : (shape_.hours == Hours::work ? 9 : 8) * hour;
    windows.emplace_back(at, length);
    open += length;
    if (in_one_go) {
      break;
    }
  }
  if (shape_.beside == Beside::forging) {
    const std::size_t distance = steps_.size() / forged_requests;
    std::vector<Step> with;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (i % distance == 0) {
        with.push_back({Kind::forge});
      }
      with.push_back(steps_[i]);
    }
    steps_ = std::move(with);
  }
  // Guessing takes the first third.
  const auto guessed = static_cast<std::size_t>(std::ranges::count_if(steps_, [](const Step& step) {
    return step.kind == Kind::guess || step.kind == Kind::log_in;
  }));
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const double jitter = random_.unit();
    const double part =
        i < guessed   ? (static_cast<double>(i) + jitter) / static_cast<double>(guessed) / 3
        : guessed > 0 ? (1 + 2 * (static_cast<double>(i - guessed) + jitter) /
                                 static_cast<double>(steps_.size() - guessed)) /
                            3
                      : (static_cast<double>(i) + jitter) / static_cast<double>(steps_.size());
    auto offset = static_cast<Milliseconds>(part * static_cast<double>(open));
    for (const auto& [at, length] : windows) {
      if (offset < length) {
        steps_[i].at = at + offset;
        break;
      }
      offset -= length;
    }
  }
}

void Theft::live(int day_number, std::vector<Request>& sink) {
  Random random{world_.seed(), 301, static_cast<std::uint64_t>(day_number)};
  Hand hand(world_, random, sink);
  const Milliseconds until = beginning + (day_number + 1) * day;
  for (; next_ < steps_.size() && steps_[next_].at < until; ++next_) {
    take(steps_[next_], random, hand);
  }
}

std::int64_t Theft::new_people(std::int64_t listed) {
  const double fresh = static_cast<double>(listed) * (1 - known_people_ / directory_size);
  known_people_ = std::min<double>(directory_size, known_people_ + fresh);
  return static_cast<std::int64_t>(fresh + 0.5);
}

void Theft::tell(const Step& step, const Identity& who, const Taken& taken) {
  constexpr std::array names{"guess",    "login",    "search_people", "profile",     "join",
                             "members",  "page",     "sync",          "sliding",     "search",
                             "context",  "file",     "admin_users",   "admin_rooms", "admin_page",
                             "fed_join", "fed_page", "fed_file",      "forge"};
  std::fprintf(truth_,
               "{\"at\":%" PRId64
               ",\"step\":\"%s\",\"who\":\"%s\",\"address\":\"%s\",\"rooms\":%" PRId64
               ",\"messages\":%" PRId64 ",\"files\":%" PRId64 ",\"bytes\":%" PRId64
               ",\"profiles\":%" PRId64 ",\"lists\":%" PRId64 "}\n",
               step.at, names.at(static_cast<std::size_t>(step.kind)), std::string(who.who).c_str(),
               std::string(who.address).c_str(), taken.rooms, taken.messages, taken.files,
               taken.bytes, taken.profiles, taken.lists);
  total_.rooms += taken.rooms;
  total_.messages += taken.messages;
  total_.files += taken.files;
  total_.bytes += taken.bytes;
  total_.profiles += taken.profiles;
}

void Theft::finish() {
  std::fprintf(truth_,
               "{\"total\":{\"rooms\":%" PRId64 ",\"messages\":%" PRId64 ",\"files\":%" PRId64
               ",\"bytes\":%" PRId64 ",\"profiles\":%" PRId64 "}}\n",
               total_.rooms, total_.messages, total_.files, total_.bytes, total_.profiles);
}

void Theft::take(Step step, Random& random, Hand& hand) {
  const auto account = static_cast<std::size_t>(step.account);
  hand.identity.who = accounts_.empty() ? server : accounts_[account];
  hand.identity.agent = shape_.who == Who::server ? "Synapse/1.157.0" : agents_[account];
  if (addresses_.empty()) {
    hand.identity.address = usual_addresses_[account];
  } else {
    const bool own = shape_.accounts > 1 && shape_.addresses == shape_.accounts;
    hand.identity.address =
        addresses_[own ? account : static_cast<std::size_t>(random.below(shape_.addresses))];
  }
  Taken taken;
  switch (step.kind) {
    case Kind::guess:
      hand.failed_login(step.at,
                        world_
                            .accounts()[static_cast<std::size_t>(
                                random.below(static_cast<int>(world_.accounts().size())))]
                            .id,
                        random.chance(0.1));
      break;
    case Kind::log_in:
      hand.login(step.at, hand.identity.who);
      break;
    case Kind::forge:
      forge(step, random, hand);
      break;
    case Kind::admin_users:
    case Kind::admin_rooms:
    case Kind::admin_page:
      take_as_admin(step, hand, taken);
      break;
    case Kind::fed_join:
    case Kind::fed_page:
    case Kind::fed_file:
      take_as_server(step, hand, taken);
      break;
    default:
      take_by_account(step, hand, taken);
      break;
  }
  tell(step, hand.identity, taken);
}

}  // namespace sim
