#include "pipeline/vigil.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace noci {
namespace {

/// No look counts for more: what happens while noci itself is suspended, or waits for the disk, is
/// not watched.
constexpr Duration longest_look = std::chrono::seconds{5};
/// Lines without an access line among them before that means anything: Synapse's own regular jobs
/// write now and then on a server that nobody uses. Lines, not records: in a text log whose format
/// changed each line seems to continue the record before.
constexpr std::uint64_t lines_of_others = 20;
/// Records of which a share means something, and how many of them must be bad.
constexpr std::uint64_t least_records = 20;
constexpr std::uint64_t least_errors = 10;
constexpr std::uint64_t errors_in_pane = 10;
/// Looks that brought requests before their delays are judged: one late flush is no skew.
constexpr std::size_t delays_kept = 8;
/// Keys forgotten within the span, as a share of those kept, that are worth a word. The engine only
/// forgets keys far from every limit; a few are what the budget is for.
constexpr double share_forgotten = 0.1;
/// Workers are named by operators, but a line of a mixed log can claim to be any.
constexpr std::size_t most_workers = 256;
/// What a worker is forgotten after, once it is not heard of any more.
constexpr Duration worker_forgotten_after = std::chrono::hours{24};

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// A total that begins anew with the process, such as lines read.
std::uint64_t more(std::uint64_t before, std::uint64_t now) {
  return now - std::min(before, now);
}

}  // namespace

Vigil::Vigil(HealthSettings settings, std::vector<std::string> sources) : settings_(settings) {
  for (std::string& name : sources) {
    sources_.emplace_back().name = std::move(name);
  }
}

BlindSubject Vigil::subject_of(const Source& source) {
  return {BlindSubject::Kind::source, source.name};
}

Rhythm::Bounds Vigil::bounds() const {
  return {settings_.warm_up, settings_.silence_least, settings_.silence_most};
}

void Vigil::look(const Sight& sight, std::vector<BlindChange>& out) {
  const bool first = now_ == TimePoint{};
  watched_ =
      first ? Duration::zero() : std::clamp(sight.now - now_, Duration::zero(), longest_look);
  now_ = sight.now;
  if (first) {
    close_what_is_gone(out);
  }
  for (std::size_t i = 0; i < sources_.size() && i < sight.sources.size(); ++i) {
    look_at_source(sources_[i], sight.sources[i], out);
  }
  look_at_workers(sight.workers, out);
  look_at_memory(sight, out);
}

/// Takes in what the look brought; judging comes after.
void Vigil::count(Source& source, const SourceSight& sight) {
  const SourceSight& last = source.last;
  const std::uint64_t records = more(last.records, sight.records);
  const bool asked = sight.requests > last.requests;
  // A log that cannot be read is not silent, and says nothing of its rhythm.
  const Duration listened = sight.fault.empty() ? watched_ : Duration::zero();
  source.lines.look(now_, listened, sight.lines > last.lines, bounds());
  source.requests.look(now_, listened, asked, bounds());
  source.lines_since_request =
      asked ? 0 : source.lines_since_request + more(last.lines, sight.lines);
  source.errors.add(watched_, records, more(last.errors, sight.errors),
                    {settings_.span, errors_in_pane});

  // What was read while catching up came late by our own fault.
  if (source.was_at_end && sight.at_end && sight.least_delay && sight.most_delay) {
    source.delays.push_back({*sight.least_delay, *sight.most_delay});
    if (source.delays.size() > delays_kept) {
      source.delays.pop_front();
    }
  }
  source.was_at_end = sight.at_end;

  source.lag = sight.at_end || !sight.newest ? Duration::zero()
                                             : std::max(Duration::zero(), now_ - *sight.newest);
  const bool is_behind = source.lag > settings_.behind;
  source.behind_for = is_behind ? source.behind_for + watched_ : Duration::zero();
  source.faulty_for = sight.fault.empty() ? Duration::zero() : source.faulty_for + watched_;
  source.since_loss += watched_;
  if (sight.losses > last.losses) {
    source.cut_short = true;
    source.since_loss = Duration::zero();
  }
  source.last = sight;
}

void Vigil::look_at_source(Source& source, const SourceSight& sight,
                           std::vector<BlindChange>& out) {
  count(source, sight);
  const BlindSubject subject = subject_of(source);
  judge(subject, Cause::unreadable, unreadable(source), out);
  judge(subject, Cause::cut_short, cut_short(source), out);
  judge(subject, Cause::behind, behind(source), out);
  judge(subject, Cause::silent, silent(source), out);
  judge(subject, Cause::no_requests, no_requests(source), out);
  judge(subject, Cause::not_understood, not_understood(source), out);
  judge(subject, Cause::clock_skew, clock_skew(source), out);
}

Vigil::Finding Vigil::unreadable(const Source& source) const {
  // Once said, the fault must be gone altogether: one that comes and goes is one episode.
  const Duration limit =
      is_open(subject_of(source), Cause::unreadable) ? Duration::zero() : settings_.unreadable;
  return {true,
          source.faulty_for > limit,
          source.faulty_for,
          seconds(source.faulty_for),
          seconds(settings_.unreadable),
          source.last.fault};
}

Vigil::Finding Vigil::cut_short(const Source& source) const {
  return {true,
          source.cut_short && source.since_loss < settings_.span,
          source.since_loss,
          seconds(source.since_loss),
          seconds(settings_.span),
          ""};
}

Vigil::Finding Vigil::behind(const Source& source) const {
  const Duration limit =
      is_open(subject_of(source), Cause::behind) ? Duration::zero() : settings_.behind;
  return {true,
          source.behind_for > limit,
          source.behind_for,
          seconds(source.lag),
          seconds(settings_.behind),
          ""};
}

Vigil::Finding Vigil::silent(const Source& source) const {
  const Duration limit = source.lines.limit(now_, bounds());
  return {true,
          source.lines.silence() > limit,
          source.lines.silence(),
          seconds(source.lines.silence()),
          seconds(limit),
          ""};
}

Vigil::Finding Vigil::no_requests(const Source& source) const {
  const Duration limit = source.requests.limit(now_, bounds());
  Finding finding{true,
                  source.requests.silence() > limit,
                  source.requests.silence(),
                  seconds(source.requests.silence()),
                  seconds(limit),
                  ""};
  // Only a log that had access lines can lose them, and only while it says other things.
  if (finding.bad &&
      (!source.requests.is_warm(bounds()) || source.lines_since_request < lines_of_others ||
       source.lines.silence() * 2 > source.requests.silence())) {
    finding.known = false;
  }
  return finding;
}

Vigil::Finding Vigil::not_understood(const Source& source) const {
  const Panes::Pane total = source.errors.total();
  return {total.whole >= least_records,
          total.part >= least_errors && total.share() > settings_.not_understood,
          total.age,
          total.share(),
          settings_.not_understood,
          ""};
}

/// All lines of the last looks must agree: nobody can make genuine lines look late, and one forged
/// line from the future, or one that is delayed, is not all.
Vigil::Finding Vigil::clock_skew(const Source& source) const {
  if (source.delays.size() < delays_kept) {
    return {};
  }
  Duration least = Duration::max();
  Duration most = Duration::min();
  for (const DelayRange& range : source.delays) {
    least = std::min(least, range.least);
    most = std::max(most, range.most);
  }
  const Duration skew = least > Duration::zero() ? least : std::min(most, Duration::zero());
  return {true,
          std::chrono::abs(skew) > settings_.clock_skew,
          Duration::zero(),
          seconds(skew),
          seconds(settings_.clock_skew),
          ""};
}

void Vigil::look_at_workers(const std::vector<WorkerSight>& workers,
                            std::vector<BlindChange>& out) {
  for (auto& [name, worker] : workers_) {
    worker.unseen_for += watched_;
  }
  const LossMeter::Bounds bounds{settings_.span, settings_.lines_lost, settings_.usual_after};
  for (const WorkerSight& sight : workers) {
    if (workers_.size() >= most_workers && !workers_.contains(sight.name)) {
      continue;
    }
    Worker& worker = workers_[sight.name];
    worker.unseen_for = Duration::zero();
    worker.meter.look(watched_, sight.passed, sight.missing, bounds);
    const BlindSubject subject{BlindSubject::Kind::worker, sight.name};
    const auto loss = worker.meter.loss();
    if (worker.meter.times_accepted() > worker.accepted) {
      close(subject, Cause::lines_lost, "taken_as_usual", out);
    }
    worker.accepted = worker.meter.times_accepted();
    judge(subject, Cause::lines_lost,
          {loss.has_value(), worker.meter.is_losing(bounds), settings_.span, loss.value_or(0),
           settings_.lines_lost, ""},
          out);
  }
  std::erase_if(workers_, [&](const auto& entry) {
    const BlindSubject subject{BlindSubject::Kind::worker, entry.first};
    const bool is_gone = entry.second.unseen_for > worker_forgotten_after;
    if (is_gone) {
      close(subject, Cause::lines_lost, "not_watched", out);
      episodes_.erase({subject, Cause::lines_lost});
    }
    return is_gone;
  });
}

void Vigil::look_at_memory(const Sight& sight, std::vector<BlindChange>& out) {
  evictions_.add(watched_, 0, more(evicted_, sight.evicted_keys), {settings_.span, 0});
  evicted_ = sight.evicted_keys;
  const auto kept = static_cast<double>(std::max<std::uint64_t>(sight.keys, 1));
  const double share = static_cast<double>(evictions_.total().part) / kept;
  judge({}, Cause::memory,
        {true, share > share_forgotten, settings_.span, share, share_forgotten, ""}, out);
}

void Vigil::judge(const BlindSubject& subject, Cause cause, const Finding& finding,
                  std::vector<BlindChange>& out) {
  Episode& episode = episodes_[{subject, cause}];
  if (!finding.known) {
    return;
  }
  if (finding.bad) {
    episode.good_for = Duration::zero();
    if (!episode.open) {
      const bool is_moment = cause == Cause::cut_short;
      episode = {episode.number + 1, true, now_, is_moment ? now_ : now_ - finding.lasted, {}};
      out.push_back({subject, cause, true, "", now_, episode.since, now_, episode.number,
                     finding.value, finding.limit, finding.detail});
    }
    return;
  }
  episode.good_for += watched_;
  if (episode.open && episode.good_for >= settings_.settle) {
    close(subject, cause, "recovered", out);
    out.back().value = finding.value;
    out.back().limit = finding.limit;
  }
}

void Vigil::close(const BlindSubject& subject, Cause cause, std::string reason,
                  std::vector<BlindChange>& out) {
  const auto found = episodes_.find({subject, cause});
  if (found == episodes_.end() || !found->second.open) {
    return;
  }
  Episode& episode = found->second;
  episode.open = false;
  out.push_back({subject, cause, false, std::move(reason), now_, episode.since, episode.opened,
                 episode.number, 0, 0, ""});
}

bool Vigil::is_open(const BlindSubject& subject, Cause cause) const {
  const auto found = episodes_.find({subject, cause});
  return found != episodes_.end() && found->second.open;
}

/// Of sources that the settings no longer have.
void Vigil::close_what_is_gone(std::vector<BlindChange>& out) {
  for (auto entry = episodes_.begin(); entry != episodes_.end();) {
    const auto [subject, cause] = entry->first;
    const bool is_gone =
        subject.kind == BlindSubject::Kind::source &&
        std::none_of(sources_.begin(), sources_.end(),
                     [&name = subject.name](const Source& source) { return source.name == name; });
    if (is_gone) {
      close(subject, cause, "not_watched", out);
    }
    entry = is_gone ? episodes_.erase(entry) : std::next(entry);
  }
}

HealthReport Vigil::report() const {
  HealthReport report;
  for (const Source& source : sources_) {
    SourceHealth health;
    health.name = source.name;
    health.records = source.last.records;
    health.requests = source.last.requests;
    health.errors = source.last.errors;
    health.silence = source.lines.silence();
    health.silence_limit = source.lines.limit(now_, bounds());
    health.request_silence = source.requests.silence();
    health.lag = source.lag;
    health.error_share = source.errors.total().share();
    if (const Finding skew = clock_skew(source); skew.known) {
      health.skew = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(skew.value));
    }
    report.sources.push_back(std::move(health));
  }
  for (const auto& [name, worker] : workers_) {
    report.workers.push_back({name, worker.meter.passed_total(), worker.meter.missing_total(),
                              worker.meter.base(), worker.meter.loss()});
  }
  for (const auto& [key, episode] : episodes_) {
    report.blindness.push_back(
        {key.first, key.second, episode.open, episode.number, episode.since});
  }
  return report;
}

}  // namespace noci
