#pragma once
// The days of people who work here: what a homeserver's log holds when nothing is wrong.
//
// Anchors, and what follows from them:
// - 153 messages reach a worker on a weekday, a third of them outside core hours (Microsoft Work
//   Trend Index 2025, "infinite workday"); 29 % are back at their messages at 10 p.m., 20 % look in
//   on a weekend. Here: 153 messages a day times the account's pace, an evening on the phone on
//   three days of ten, one account of eight on a day of the weekend.
// - People are connected for nine hours and active for ninety minutes (Slack, 2019). Requests come
// in
//   a session of the working day and shorter ones on the phone; a room is opened eight times a day.
// - One worker in five or six is away (leave, part time): 82 % are seen on a weekday. 2 % work at
//   night, in shifts; one account in ten works through a VPN's exit now and then.
// - Incremental syncs are written merged, one every ten minutes with the messages of all: a client
//   polls each thirty seconds and more than nine in ten of its lines hold nothing. Sums over an
//   hour are the same. Nothing else is thinned.
// - Three downloads of a hundred come from clients of before 1.111 and carry no token.
//
// What is rarer, and out of which figure (all of them per account and active day, times a lognormal
// size, so that some are large):
// - a new device 1/120: a phone lives 2.5 to 3 years, browsers are cleared and reinstalled more
// often.
//   History of 12 rooms within minutes (median; 40 at most): the capture's `newdevice` reads 12.
// - scrolling a gallery 1/80: up to 400 thumbnails and 300 files; scrolling back in one room 1/40,
// in
//   pages of 20 to 50 messages (20 on average in the capture).
// - an export of one room 1/3000: the whole history by hundreds, half of the time with its files.
// - a newcomer 1/1500, from a turnover of 15 to 20 % a year: ten rooms joined (median; 30 at most),
//   read, their member lists opened, colleagues searched.
// - travel 1/200: two days on another network. Mistyped passwords at one login in eight.
// - an all-hands file of 18 MB every twelve weekdays, fetched by 60 % within 40 minutes; pictures
// of
//   it the next day, by one in ten. All sessions ended on days 10 and 45: everybody logs in.
// - Element Desktop building its search index crawls the whole history of all rooms by hundreds,
// one
//   page every three seconds. Left out unless asked for (`indexers`: the share of accounts a day),
//   because nothing but the agent, which is anybody's to claim, tells it from a theft of these
//   rooms.

#include <deque>
#include <string>
#include <vector>

#include "hand.hpp"

namespace sim {

class Population {
 public:
  Population(const World& world, double indexers) : world_(world), indexers_(indexers) {}

  /// Adds what account `index` does on that day.
  void live(int index, int day_number, std::vector<Request>& sink);

 private:
  struct Day;

  void session(Day& today, double from, double until, bool phone, double share);
  void open_room(Day& today, Milliseconds at);
  void log_in(Day& today, Milliseconds at, bool phone);
  void new_device(Day& today);
  void gallery(Day& today);
  void scroll_back(Day& today);
  void export_room(Day& today);
  void newcomer(Day& today);
  void all_hands(Day& today);
  void index_rooms(Day& today);

  const World& world_;
  double indexers_;
  std::deque<std::string> held_;  ///< addresses that people have only for a while
};

}  // namespace sim
