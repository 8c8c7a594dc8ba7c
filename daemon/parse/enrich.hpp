#pragma once
// Joins the lines of one request by its identity (homeserver, worker, request id): an exact message
// count printed before the access line replaces the estimate, and a login that the access line
// shows as anonymous gets the account that its token was issued for. Drops nothing, reorders
// nothing. What waits is bounded in number and in event time, and is part of the state that
// survives a restart. A login that a worker answers is printed by the main process under another
// id: it is joined by time, and by the name that the client gave where several are in the making.

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

#include "base/arena.hpp"
#include "base/bytes.hpp"
#include "base/time.hpp"
#include "model/event.hpp"

namespace noci {

class Enricher {
 public:
  /// Events in the order of their stream; names that are filled in live in the arena.
  void apply(Event& event, Arena& arena);

  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  /// What an earlier line of a request told.
  struct Told {
    Kind kind = Kind::messages;
    TimePoint time;
    std::string homeserver;
    std::string worker;
    std::string request_id;
    std::string user_id;  ///< or, of kind ignored, what the client typed
    std::int64_t messages = 0;
  };

  using Place = std::list<Told>::iterator;
  using Index = std::unordered_multimap<std::uint64_t, Place>;

  void remember(const Event& event);
  void join_worker_login(Event& event, Arena& arena);
  void forget_process(const Event& event);
  void expire(TimePoint now);
  [[nodiscard]] Index::iterator find(const Event& event, Kind kind);
  [[nodiscard]] Index::iterator entry_of(Place place);
  void insert(Told told);
  void erase(Index::iterator found);

  std::list<Told> waiting_;  ///< oldest first
  Index index_;              ///< by a hash of the request id
};

}  // namespace noci
