#pragma once
// Who and what there is before anything happens: accounts, rooms, files, addresses, other servers.
// Everything follows from the seed and the number of accounts.
//
// Sizes and where they come from:
// - Rooms of the haul hold 734 messages and 68 files each on average (643k messages, 59,386 files,
//   876 rooms: the incident of June 2026 as reported); sizes spread lognormally (sigma 1.2), as
//   sizes of groups and files do. A file is 229 kB on average (13.5 GB / 59,386), sigma 1.4.
// - The directory has 73,467 people (the profiles of the incident); few of them are ever active.
//   A room of the haul has 250 members on average, so that the lists of 876 rooms hold about 95 %
//   of the directory; such a list is "hundreds", as the issue has it.
// - An account is in 15 rooms (median; sigma 0.8, so one in forty is in more than 75).
// - How busy people are spreads lognormally (sigma 0.6), and 3 % are power users of three times
//   that; the mean of a working day is anchored in population.hpp.
// - An office NAT for every 250 accounts; 40 % of homes have IPv6, whose addresses change daily
//   within one /64 (RFC 8981); phones share carriers' addresses (CGNAT).

#include <cstdint>
#include <string>
#include <vector>

#include "random.hpp"
#include "request.hpp"

namespace sim {

constexpr int directory_size = 73467;
constexpr int haul_rooms = 876;

struct Room {
  std::string id;  ///< as clients encode it in a path
  int members = 0;
  int messages = 0;
  int files = 0;
  bool world_readable = false;
};

struct Account {
  std::string id;
  std::string home;  ///< an address; of IPv6 the /64 with its "::"
  bool home_is_v6 = false;
  int office = 0;
  int carrier = 0;
  double pace = 1;
  double starts = 8.6;  ///< hour of the day
  double ends = 17.8;
  bool shift = false;  ///< works at night
  bool has_desktop = true;
  bool uses_vpn = false;
  int desktop_agent = 0;
  int phone_agent = 0;
  std::vector<int> rooms;
};

struct Server {
  std::string name;
  std::string address;
  double weight = 1;
};

class World {
 public:
  World(std::uint64_t seed, int accounts);

  std::uint64_t seed() const { return seed_; }

  const std::vector<Account>& accounts() const { return accounts_; }

  const std::vector<Room>& rooms() const { return rooms_; }

  const std::vector<Server>& servers() const { return servers_; }

  const std::vector<std::string>& offices() const { return offices_; }

  const std::vector<std::string>& vpn() const { return vpn_; }

  const std::vector<std::string>& ghosts() const { return ghosts_; }

  /// "hs.example/…", of file `index` of a room. Half of the files are older than authenticated
  /// media and open without a token.
  std::string media(int room, int index) const;
  std::int64_t media_bytes(int room, int index) const;
  bool media_is_open(int room, int index) const;
  /// Somebody of the directory; the active accounts come first.
  std::string person(int index) const;
  /// An agent as of that day: clients are updated every three weeks.
  std::string_view desktop_agent(const Account& account, int day_number) const;
  std::string_view phone_agent(const Account& account, int day_number) const;

 private:
  void make_agents();
  void make_rooms(int accounts);
  void make_account(int index);

  std::uint64_t seed_;
  std::vector<Account> accounts_;
  std::vector<Room> rooms_;
  std::vector<Server> servers_;
  std::vector<std::string> offices_, vpn_, ghosts_;
  std::vector<std::string> desktop_agents_, phone_agents_;  ///< by kind and release
};

}  // namespace sim
