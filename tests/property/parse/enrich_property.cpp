#include <map>
#include <optional>
#include <string>
#include <vector>

#include <rapidcheck/catch.h>

#include "parse/enrich.hpp"
#include "support/catch.hpp"

namespace noci {
namespace {

struct Step {
  Kind kind;
  int id;
  std::int64_t messages;
};

Step any_step() {
  return {*rc::gen::element(Kind::messages, Kind::request, Kind::restart, Kind::ignored),
          *rc::gen::inRange(0, 5), *rc::gen::inRange<std::int64_t>(0, 50)};
}

/// `id` and `worker` must outlive the event.
Event event_of(const Step& step, const std::string& id) {
  Event event;
  event.kind = step.kind;
  event.action = Action::room_messages;
  event.request_id = id;
  event.messages = step.kind == Kind::messages ? step.messages : 1000;
  return event;
}

}  // namespace

TEST_CASE("a request gets the largest count told for its id, once, also across a restart of ours") {
  rc::prop("any events", [] {
    Arena arena;
    Enricher enricher;
    std::map<int, std::int64_t> told;  // the definition
    const int steps = *rc::gen::inRange(0, 40);
    for (int i = 0; i < steps; ++i) {
      const Step step = any_step();
      const std::string id = "GET-" + std::to_string(step.id);
      Event event = event_of(step, id);
      enricher.apply(event, arena);
      if (step.kind == Kind::messages) {
        auto& count = told.try_emplace(step.id, step.messages).first->second;
        count = std::max(count, step.messages);
      } else if (step.kind == Kind::restart) {
        told.clear();
      } else if (step.kind == Kind::request) {
        const auto found = told.find(step.id);
        RC_ASSERT(event.messages == (found == told.end() ? 1000 : found->second));
        told.erase(step.id);
      }
      RC_ASSERT(enricher.waiting() == told.size());
      if (*rc::gen::inRange(0, 4) == 0) {
        ByteWriter out;
        enricher.save(out);
        Enricher restored;
        ByteReader in(out.bytes());
        restored.restore(in);
        RC_ASSERT((in.ok() && in.at_end()));
        ByteWriter again;
        restored.save(again);
        RC_ASSERT(again.bytes() == out.bytes());
        enricher = std::move(restored);
      }
    }
  });
}

}  // namespace noci
