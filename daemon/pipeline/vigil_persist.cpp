// What of a Vigil survives a restart.

#include <algorithm>
#include <iterator>
#include <utility>

#include "pipeline/vigil.hpp"

namespace noci {
namespace {

/// Raised when the layout changes.
constexpr std::uint64_t state_layout = 1;

}  // namespace

void Vigil::save(ByteWriter& out) const {
  out.number(state_layout);
  out.number(sources_.size());
  for (const Source& source : sources_) {
    out.text(source.name);
    source.lines.save(out);
    source.requests.save(out);
    out.number(source.lines_since_request);
    source.errors.save(out);
    out.integer(source.faulty_for.count());
    out.integer(source.since_loss.count());
    out.number(source.cut_short ? 1 : 0);
  }
  out.number(workers_.size());
  for (const auto& [name, worker] : workers_) {
    out.text(name);
    worker.meter.save(out);
    out.integer(worker.unseen_for.count());
  }
  out.number(episodes_.size());
  for (const auto& [key, episode] : episodes_) {
    out.number(static_cast<std::uint64_t>(key.first.kind));
    out.text(key.first.name);
    out.number(static_cast<std::uint64_t>(key.second));
    out.number(episode.number);
    out.number(episode.open ? 1 : 0);
    out.integer(episode.opened.time_since_epoch().count());
    out.integer(episode.since.time_since_epoch().count());
  }
}

bool Vigil::restore(std::string_view bytes) {
  ByteReader in(bytes);
  std::vector<std::string> names;
  std::transform(sources_.begin(), sources_.end(), std::back_inserter(names),
                 [](const Source& source) { return source.name; });
  Vigil fresh(settings_, std::move(names));
  if (in.number() != state_layout) {
    return false;
  }
  for (auto left = in.count(); left > 0 && in.ok(); --left) {
    Source gone;  // its settings may have gone; its bytes are read all the same
    const std::string_view name = in.text();
    const auto found = std::find_if(fresh.sources_.begin(), fresh.sources_.end(),
                                    [&](const Source& source) { return source.name == name; });
    Source& source = found == fresh.sources_.end() ? gone : *found;
    source.lines.restore(in);
    source.requests.restore(in);
    source.lines_since_request = in.number();
    source.errors.restore(in);
    source.faulty_for = Duration{in.integer()};
    source.since_loss = Duration{in.integer()};
    source.cut_short = in.number() == 1;
  }
  for (auto left = in.count(); left > 0 && in.ok(); --left) {
    Worker& worker = fresh.workers_[std::string(in.text())];
    worker.meter.restore(in);
    worker.unseen_for = Duration{in.integer()};
    worker.accepted = worker.meter.times_accepted();
  }
  for (auto left = in.count(); left > 0 && in.ok(); --left) {
    BlindSubject subject;
    subject.kind = static_cast<BlindSubject::Kind>(in.number() % 3);
    subject.name = in.text();
    const auto cause = static_cast<Cause>(in.number() % cause_names.size());
    Episode& episode = fresh.episodes_[{std::move(subject), cause}];
    episode.number = in.number();
    episode.open = in.number() == 1;
    episode.opened = TimePoint{Duration{in.integer()}};
    episode.since = TimePoint{Duration{in.integer()}};
  }
  if (!in.ok()) {
    return false;
  }
  *this = std::move(fresh);
  return true;
}

}  // namespace noci
