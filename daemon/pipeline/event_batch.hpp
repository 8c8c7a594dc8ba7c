#pragma once
// Events that outlive the lines they came from: copies with their texts, to be counted by another
// thread than the one that reads.

#include <span>
#include <vector>

#include "base/arena.hpp"
#include "base/time.hpp"
#include "model/event.hpp"

namespace noci {

class EventBatch {
 public:
  /// An event as the reader hands it out, and when its line arrived.
  struct Entry {
    Event event;
    TimePoint arrival;
  };

  void add(const Event& event, TimePoint arrival);

  /// Memory is kept for the next ones.
  void clear();

  [[nodiscard]] std::span<Entry> entries() { return entries_; }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  std::vector<Entry> entries_;
  Arena texts_;
};

}  // namespace noci
