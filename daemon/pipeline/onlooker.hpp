#pragma once
// Events as rules see them, for the verbs that only look: fills in what is known of who and from
// where, at the times that are believed. The events keep the times they claim.

#include <utility>

#include "detect/familiar.hpp"
#include "pipeline/event_clock.hpp"
#include "pipeline/pipeline.hpp"

namespace noci {

class Onlooker {
 public:
  /// Of the rules their lists count.
  Onlooker(const PipelineOptions& options, const RuleSet& rules)
      : familiar_(familiar_options(options)) {
    familiar_.use_lists(rules.lists);
    familiar_.use_geography(options.geography);
  }

  void regard(Event& event) {
    if (is_counted(event.kind)) {
      familiar_.regard(event, clock_.believe(event, std::nullopt));
    }
  }

 private:
  EventClock clock_;
  Familiar familiar_;
};

}  // namespace noci
