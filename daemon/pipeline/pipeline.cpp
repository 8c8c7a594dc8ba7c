#include "pipeline/pipeline.hpp"

#include <algorithm>
#include <utility>

#include "parse/forgery.hpp"

namespace noci {
namespace {

/// First byte of every state blob; raised when its layout changes.
constexpr std::uint64_t state_layout = 5;

/// What a blob holds: the head of a commit, or a part of the engine's or of what is familiar.
enum class BlobKind : std::uint64_t { engine = 0, head = 1, familiar = 2 };

/// The request itself is genuine and counted. What it carries is an attempt at a forged line.
Event attempt_of(const Event& request) {
  Event attempt = request;
  attempt.user_id = request.claimed_user_id;
  forge(attempt, "parts");
  attempt.user_id = request.user_id;
  attempt.source_ip = request.source_ip;
  attempt.source_network = request.source_network;
  attempt.user_agent = request.user_agent;
  return attempt;
}

}  // namespace

FamiliarOptions familiar_options(const PipelineOptions& options) {
  FamiliarOptions familiar;
  familiar.seed = options.engine.seed;
  familiar.lateness = options.engine.lateness;
  familiar.memory_budget = options.familiar_memory;
  for (const SourceInfo& source : options.sources) {
    familiar.zones.push_back(source.zone);
  }
  return familiar;
}

bool is_counted(Kind kind) {
  switch (kind) {
    case Kind::request:
    case Kind::login:
    case Kind::login_failed:
    case Kind::forged:
      return true;
    default:
      return false;
  }
}

Pipeline::Pipeline(PipelineOptions options, std::shared_ptr<const RuleSet> rules)
    : live_(options.live),
      lateness_(options.engine.lateness),
      source_counts_(options.sources.size()),
      familiar_(familiar_options(options)),
      reader_(std::move(options.sources)),
      engine_(std::move(options.engine), rules) {
  familiar_.use_lists(rules->lists);
  familiar_.use_geography(std::move(options.geography));
}

TimePoint Pipeline::feed(const Chunk& chunk, std::vector<Alert>& out) {
  TimePoint last{};
  reader_.feed(chunk, [&](Event& event) {
    const TimePoint claimed = event.timestamp;
    if (take(event, chunk.arrival, out)) {
      last = claimed;
    }
  });
  return last;
}

void Pipeline::read(const Chunk& chunk, EventBatch& batch) {
  reader_.feed(chunk, [&](const Event& event) { batch.add(event, chunk.arrival); });
}

void Pipeline::count(EventBatch& batch, std::vector<Alert>& out) {
  for (EventBatch::Entry& entry : batch.entries()) {
    take(entry.event, entry.arrival, out);
  }
}

std::vector<StreamOf> Pipeline::release(TimePoint now, std::vector<Alert>& out) {
  return reader_.release(now, [&](Event& event) { take(event, now, out); });
}

/// Whether it is one that the engine sees.
bool Pipeline::take(Event& event, TimePoint arrival, std::vector<Alert>& out) {
  note(event, arrival);
  if (!is_counted(event.kind)) {
    return false;
  }
  count(event, arrival, out);
  return true;
}

void Pipeline::note(const Event& event, TimePoint arrival) {
  SourceCounts& counts = source_counts_.at(event.source);
  ++counts.lines;
  if (event.kind == Kind::ignored && event.reason == "continuation") {
    return;
  }
  ++counts.records;
  counts.errors += event.kind == Kind::error ? 1 : 0;
  if (event.kind == Kind::request) {
    ++counts.requests;
    const Duration delay = arrival - event.timestamp;
    counts.newest = std::max(counts.newest.value_or(event.timestamp), event.timestamp);
    counts.least_delay = std::min(counts.least_delay.value_or(delay), delay);
    counts.most_delay = std::max(counts.most_delay.value_or(delay), delay);
  }
}

std::vector<SourceCounts> Pipeline::take_source_counts() {
  std::vector<SourceCounts> taken = source_counts_;
  for (SourceCounts& counts : source_counts_) {
    counts.least_delay.reset();
    counts.most_delay.reset();
  }
  return taken;
}

void Pipeline::count(Event& event, TimePoint arrival, std::vector<Alert>& out) {
  if (admit_ && !admit_(event)) {
    return;
  }
  const auto latest = live_ ? std::optional(arrival + EventClock::live_tolerance) : std::nullopt;
  event.timestamp = clock_.believe(event, latest);
  if (event.kind == Kind::request) {
    ++reader_.stats().by_action[static_cast<std::size_t>(event.action)];
  }
  // What is due closes before the event counts, so that neither the size of a read nor the number
  // of calls shows in the output.
  engine_.advance(*clock_.newest() - lateness_, out);
  familiar_.regard(event, event.timestamp);
  engine_.apply(event, out);
  if (!event.claimed_user_id.empty()) {
    engine_.apply(attempt_of(event), out);
  }
}

void Pipeline::idle_until(TimePoint time, std::vector<Alert>& out) {
  engine_.advance(time, out);
}

void Pipeline::replace_rules(std::shared_ptr<const RuleSet> rules, std::vector<Alert>& out) {
  familiar_.use_lists(rules->lists);
  engine_.replace_rules(std::move(rules), out);
}

/// The first blob of a commit is the head: the engine's, that of what is familiar, then all the
/// rest, which is small and kept whole each time. The engine numbers the commits; what is familiar
/// goes with it, and both are needed as far back as either is.
SavedState Pipeline::take_state() {
  SavedState state = engine_.take_state();
  Familiar::State familiar = familiar_.take_state(state.follows == 0);
  state.oldest_needed = std::min(state.oldest_needed, familiar.oldest_needed);
  const auto start = [](BlobKind kind, std::string_view blob) {
    ByteWriter out;
    out.number(state_layout);
    out.number(static_cast<std::uint64_t>(kind));
    out.text(blob);
    return out;
  };
  ByteWriter head = start(BlobKind::head, state.blobs[0]);
  head.text(familiar.blobs[0]);
  clock_.save(head);
  reader_.save(head);
  state.blobs[0] = head.take();
  for (std::size_t i = 1; i < state.blobs.size(); ++i) {
    state.blobs[i] = start(BlobKind::engine, state.blobs[i]).take();
  }
  for (std::size_t i = 1; i < familiar.blobs.size(); ++i) {
    state.blobs.push_back(start(BlobKind::familiar, familiar.blobs[i]).take());
  }
  return state;
}

Result<void> Pipeline::restore(std::uint64_t number, std::string_view blob) {
  ByteReader in(blob);
  if (in.number() != state_layout) {
    return failure("the saved state has a layout that this version of noci does not know");
  }
  const auto kind = static_cast<BlobKind>(in.number());
  const std::string_view part = in.text();
  auto done =
      kind == BlobKind::familiar ? familiar_.restore(number, part) : engine_.restore(number, part);
  if (done && kind == BlobKind::head) {
    done = familiar_.restore(number, in.text());
  }
  if (!done) {
    return done;
  }
  if (kind == BlobKind::head) {
    clock_.restore(in);
    reader_.restore(in);
  }
  if (!in.ok() || !in.at_end()) {
    return failure("the saved state is damaged: it ends too early or too late");
  }
  return {};
}

Result<void> Pipeline::finish_restore() {
  return engine_.finish_restore().and_then([this] { return familiar_.finish_restore(); });
}

}  // namespace noci
