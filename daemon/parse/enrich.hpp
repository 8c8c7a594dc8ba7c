#pragma once
// Joins the lines of one request by its identity (homeserver, worker, request id): an exact message
// count printed before the access line replaces the estimate, and a login that the access line
// shows as anonymous gets the account that its token was issued for. By however many handlers and
// logs a line comes, it counts once. Drops nothing, reorders nothing. What waits is bounded in
// number and in event time, and is part of the state that survives a restart. A login that a worker
// answers is printed by the main process under another id: it is joined by time, and by the name
// that the client gave where several are in the making.

#include <cstdint>

#include "base/arena.hpp"
#include "base/bytes.hpp"
#include "base/time.hpp"
#include "model/event.hpp"
#include "parse/told_table.hpp"

namespace noci {

/// A login that succeeded, by an access line that does not say whose it was.
[[nodiscard]] bool is_nameless_login(const Event& event);

class Enricher {
 public:
  /// Events in the order of their stream; names that are filled in live in the arena.
  void apply(Event& event, Arena& arena);

  /// Of a nameless login: nothing has told yet whose it is. Where a worker answered it, the main
  /// process's line may well be read a moment later, from a file of its own.
  [[nodiscard]] bool lacks_account(const Event& event) const;

  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  using Place = ToldTable::Place;

  void remember(const Event& event);
  void remember_search(const Event& event);
  /// The messages of a search, by the log that tells the most, and forgets what they were told by.
  [[nodiscard]] std::int64_t take_search(const Event& event);
  void join_worker_login(Event& event, Arena& arena);
  /// The token that was issued for a login that a worker answered; `typed`: what its client said.
  [[nodiscard]] Place token_for(const Event& event, Place typed) const;
  void forget_process(const Event& event);
  void expire(TimePoint now);
  void keep_within_bounds();
  [[nodiscard]] static bool is_of(const Told& told, const Event& event, Kind kind);
  [[nodiscard]] Place find(const Event& event, Kind kind) const;
  /// From `place` on, among those with the same request id.
  [[nodiscard]] Place matching_from(Place place, const Event& event, Kind kind) const;
  Told& add(const Event& event);
  void erase(Place place);

  ToldTable waiting_;
  std::size_t logins_ = 0;  ///< of those that wait
};

}  // namespace noci
