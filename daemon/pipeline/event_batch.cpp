#include "pipeline/event_batch.hpp"

namespace noci {

void EventBatch::add(const Event& event, TimePoint arrival) {
  Event& copy = entries_.emplace_back(Entry{event, arrival}).event;
  for (std::string_view Event::*const text : event_texts) {
    copy.*text = texts_.store(event.*text);
  }
}

void EventBatch::clear() {
  entries_.clear();
  texts_.clear();
}

}  // namespace noci
