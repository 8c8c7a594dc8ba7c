#pragma once
// A client's hand: what one identity asks of the server, as lines. People and thieves use the same
// hand, so nothing but what they do tells them apart.
//
// Sizes of answers are those of the capture (tests/corpus/synapse-v1.98.0: about 500 bytes an event
// of plain text, 410 to 800 a member) and of the facts they were computed from; messages here are
// 700 bytes, as a server has them whose rooms are partly encrypted.

#include <string_view>
#include <vector>

#include "world.hpp"

namespace sim {

struct Identity {
  std::string_view who;  ///< empty: without a token
  std::string_view address;
  std::string_view agent;
};

class Hand {
 public:
  Hand(const World& world, Random& random, std::vector<Request>& sink)
      : world_(world), random_(random), sink_(sink) {}

  Identity identity{};

  Request& ask(Milliseconds at, Method method, std::string uri, std::int64_t bytes,
               int status = 200);
  /// The same, of an endpoint whose requester Synapse does not print.
  Request& ask_unnamed(Milliseconds at, Method method, std::string uri, std::int64_t bytes,
                       int status = 200);

  void login(Milliseconds at, std::string_view user);
  void failed_login(Milliseconds at, std::string_view user, bool exists);
  void sync(Milliseconds at, int messages, int rooms);
  void initial_sync(Milliseconds at, int rooms, int per_room);
  void read_page(Milliseconds at, int room, int limit, int messages);
  void members(Milliseconds at, int room);
  void join(Milliseconds at, int room);
  void receipt(Milliseconds at, int room);
  void send(Milliseconds at, int room);
  void thumbnail(Milliseconds at, int room, int index);
  /// Returns the bytes sent.
  std::int64_t download(Milliseconds at, int room, int index, bool with_token = true);
  void search_people(Milliseconds at, int hits);
  void profile(Milliseconds at, int person);
  void keys_query(Milliseconds at, int people);
  void public_rooms(Milliseconds at, int page);
  void search(Milliseconds at, int hits);

 private:
  const std::string& room_id(int room) const {
    return world_.rooms()[static_cast<std::size_t>(room)].id;
  }

  const World& world_;
  Random& random_;
  std::vector<Request>& sink_;
};

/// Percent-encoded for a path.
std::string encoded(std::string_view text);

}  // namespace sim
