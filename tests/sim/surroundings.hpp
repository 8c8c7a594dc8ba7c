#pragma once
// What else writes into the log of a quiet day: bots, a bridge, administrators and their scripts,
// other servers, and the noise of the internet.
//
// - Other servers: 40, activity as 1/rank. The busiest sends a transaction every minute, asks for
//   hundreds of device lists a day and lets a few users in; each is away about once in twenty days
//   and then catches up: missing events, state and up to 60 pages of history of up to ten rooms.
// - Bots: moderation reads the state of 150 rooms every four hours; the archive reads each night
// what
//   300 rooms said that day and its files; a feed writes. The bridge's ghosts write all day and its
//   own account fetches each file once. All but the feed are listed in exempt_accounts.
// - Three administrators look accounts and rooms up in a browser, 10 to 50 to a page, some twenty
//   calls a day, and page through the users now and then; @ops lists everything each night by
//   script.
// - Twenty-five scanners a day ask for what other software has, three guess a dozen passwords of
//   accounts that do not exist: Internet-wide scanning as any public address sees it.

#include <deque>
#include <string>
#include <vector>

#include "hand.hpp"

namespace sim {

constexpr std::string_view draupnir = "@draupnir:hs.example";
constexpr std::string_view archive_bot = "@archive:hs.example";
constexpr std::string_view bridge_bot = "@telegrambot:hs.example";
constexpr std::string_view ops = "@ops:hs.example";
constexpr std::string_view archive_agent = "archive-bot/2.4";

class Surroundings {
 public:
  explicit Surroundings(const World& world) : world_(world) {}

  void live(int day_number, std::vector<Request>& sink);

 private:
  void bots(int day_number, std::vector<Request>& sink);
  void bridge(int day_number, std::vector<Request>& sink);
  void administrators(int day_number, std::vector<Request>& sink);
  void servers(int day_number, std::vector<Request>& sink);
  void catch_up(const Server& server, Milliseconds at, Hand& hand, Random& random);
  void scanners(int day_number, std::vector<Request>& sink);

  const World& world_;
  std::deque<std::string> held_;
};

}  // namespace sim
