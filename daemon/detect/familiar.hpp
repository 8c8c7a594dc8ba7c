#pragma once
// What is known of who and from where, between parsing and the engine: fills in the fields of an
// event that its line does not say. A pure function with memory: no clock, no files.
// Promises: what an event has already is left as it is (a rule's test may say more than a log).

#include <string>

#include "base/time.hpp"
#include "model/event.hpp"

namespace noci::detect {

class Familiar {
 public:
  /// The event's new views are valid until the next call.
  void regard(Event& event);

 private:
  // Of the event at hand; one client often comes several times in a row.
  std::string address_;
  std::string network_;
};

}  // namespace noci::detect
