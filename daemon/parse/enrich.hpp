#pragma once
// Joins the lines of one request by its identity (homeserver, worker, request id): an exact message
// count printed before the access line replaces the estimate, and a login that the access line
// shows as anonymous gets the account that its token was issued for. By however many handlers and
// logs a line comes, it counts once. Drops nothing, reorders nothing. What waits is bounded in
// number and in event time, and is part of the state that survives a restart. A login that a worker
// answers is printed by the main process under another id: it is joined by time, and by the name
// that the client gave where several are in the making.

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

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
    std::string user_id;        ///< or, of kind ignored, what the client typed
    std::int64_t messages = 0;  ///< of a search: of the lines of single hits
    // Of a search, each log's lines apart: a copy may stand in a log of its own, or behind the
    // line that it is a copy of.
    std::uint32_t log = 0;
    std::int64_t hits = 0;
    std::int64_t copies = 0;  ///< of the line that tells how many hits there are
  };

  using Place = std::list<Told>::iterator;
  using Index = std::unordered_multimap<std::uint64_t, Place>;

  void remember(const Event& event);
  void remember_search(const Event& event);
  /// The messages of a search, by the log that tells the most, and forgets what they were told by.
  [[nodiscard]] std::int64_t take_search(const Event& event);
  void join_worker_login(Event& event, Arena& arena);
  void forget_process(const Event& event);
  void expire(TimePoint now);
  [[nodiscard]] static bool is_of(const Told& told, const Event& event, Kind kind);
  [[nodiscard]] Index::iterator find(const Event& event, Kind kind);
  [[nodiscard]] std::vector<Place> matching(const Event& event, Kind kind);
  [[nodiscard]] Index::iterator entry_of(Place place);
  void insert(Told told);
  void erase(Index::iterator found);

  std::list<Told> waiting_;  ///< oldest first
  Index index_;              ///< by a hash of the request id
};

}  // namespace noci
