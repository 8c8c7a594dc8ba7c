#include "parse/custody.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "parse/forgery.hpp"

namespace noci {
namespace {

constexpr std::size_t batch_bytes = 64 * 1024;
/// Lines in a row that name their process in a new way before the way is believed to have changed:
/// more than anybody has a use for forging in one go.
constexpr std::uint32_t naming_believed_after = 50;
/// Programs that share the log print lines of their own; after this many, a line without a record's
/// beginning says nothing about the access line before it.
constexpr std::uint32_t stray_lines_mean_noise = 8;
/// Of so many access lines, when so many contradict each other's ids, several processes write one
/// log without saying which: their counters cannot be told apart, and the ids are left alone.
constexpr std::uint32_t lately = 1024;
constexpr std::uint32_t refused_means_interleaved = lately / 4;
/// A process that nobody has heard of, in a log read for longer than this, must show itself by a
/// line that no other record can have carried.
constexpr std::uint64_t established_after = 1000;
constexpr std::string_view unknown_process = "unknown_process";
/// By how much a counter that has restarted can be ahead of the lines that were seen since.
constexpr std::uint64_t unseen_since_restart = 64;

/// Lines that a cut record is waited for to end: what fits into a request's body at 64 KiB.
constexpr std::uint32_t longest_record = 1000;

std::uint64_t claim_of(const Held& held) {
  const auto process = reinterpret_cast<std::uintptr_t>(held.process);
  return *held.line.id * 0x9e3779b97f4a7c15ULL + process;
}

bool claims(const Held& held) {
  return held.line.is_access && held.line.id.has_value();
}

Claim read_claim(const Held& held) {
  return {held.line.id, held.line.is_access, held.line.event.timestamp, held.arrival,
          held.line.is_access ? fingerprint_of(held.line.event) : 0};
}

}  // namespace

Custody::Kept Custody::keep(std::string_view line) {
  if (batches_.empty() || (batches_.back().bytes >= batch_bytes && batches_.back().lines > 0)) {
    batches_.push();
  } else if (batches_.back().bytes >= batch_bytes) {
    empty(batches_.back());
  }
  Batch& batch = batches_.back();
  batch.bytes += line.size();
  bytes_ += line.size();
  return {batch.arena.store(line), &batch.arena, &held_.spare().line};
}

void Custody::hold(std::string_view bytes, Sequence* process, std::uint64_t stream,
                   TimePoint arrival, TimePoint past, TimePoint now, bool believed) {
  if (above_changed_) {
    aboves_.push() = above_;
    above_changed_ = false;
  }
  Held& held = held_.spare();
  held.due = now + hold_for;
  held.process = process;
  held.arrival = arrival;
  held.past = past;
  held.above = first_above_ + aboves_.size() - 1;
  held.inside = !above_.ending.empty();
  held.stream = stream;
  held.condemned = {};
  held.believed = believed;
  pass(held.line, bytes);
  held.record = records_;
  held.batch = first_batch_ + static_cast<std::uint32_t>(batches_.size()) - 1;
  ++batches_.back().lines;
  if (claims(held)) {
    claims_.add(claim_of(held));
  }
  held_.push();
}

const Above& Custody::above(const Held& held) const {
  return aboves_[held.above - first_above_];
}

/// Another record may have carried the line: not its own request's.
bool Custody::is_exposed(const Held& held) const {
  const std::string& carrier = above(held).exposed_by;
  return !carrier.empty() && carrier != held.line.event.request_id;
}

void Custody::pass(const ParsedLine& line, std::string_view bytes) {
  if (!line.ending.empty()) {
    above_.ending = line.ending;
    above_.lines_to_ending = longest_record;
    above_changed_ = true;
  } else if (!above_.ending.empty()) {
    above_changed_ = true;
    if (bytes.ends_with(above_.ending) || --above_.lines_to_ending == 0) {
      above_.ending.clear();
    }
  }
  if (line.is_continuation) {
    notice_tail();
    return;
  }
  ++records_;
  last_was_access_ = line.is_access || line.event.kind == Kind::forged;
  if (line.may_carry) {
    above_changed_ = true;
    if (line.event.request_id != above_.exposed_by) {
      above_.exposed_before.swap(above_.exposed_by);
    }
    above_.exposed_by = line.event.request_id.substr(0, 64);
    above_.exposed_worker = line.event.log_worker;
  } else if (line.is_access && line.event.request_id == above_.exposed_by) {
    // The carrying request has ended: nothing of its record can follow.
    above_changed_ = true;
    above_.exposed_by.clear();
    above_.exposed_before.clear();
  }
}

/// An access line is one physical line. Where the rest of another record follows it, it stands
/// inside that record, and so does what is between its beginning and here.
void Custody::notice_tail() {
  if (!last_was_access_ || held_.empty() || held_.back().record != records_) {
    return;
  }
  if (!is_exposed(held_.back())) {
    above_changed_ = true;
    above_.stray_lines = std::min(above_.stray_lines + 1, stray_lines_mean_noise);
    return;
  }
  if (above_.stray_lines >= stray_lines_mean_noise) {
    return;
  }
  std::uint64_t record = records_;
  for (std::size_t i = held_.size(); i-- > 0; --record) {
    Held& held = held_[i];
    if (held.record != record || held.line.may_carry || !is_exposed(held)) {
      break;
    }
    held.inside = true;
  }
}

void Custody::judge(Held& held) {
  Event& event = held.line.event;
  if (event.kind == Kind::forged) {
    name_author(held, event);
    return;
  }
  if (event.kind == Kind::error || (event.kind == Kind::ignored && !held.line.is_access)) {
    return;
  }
  ++judged_;
  const std::string_view reason = contradiction(held);
  if (held.line.is_access) {
    // A copy contradicts nothing.
    note_verdict(!reason.empty() && reason != reason_of(Fit::copy));
  }
  if (reason.empty()) {
    return;
  }
  if (reason == reason_of(Fit::copy)) {
    set_aside_copy(event);
    return;
  }
  forge(event, reason);
  if (reason == unknown_process) {
    event.kind = Kind::error;  // unproven, which is no accusation
  } else {
    name_author(held, event);
  }
}

std::string_view Custody::contradiction(Held& held) {
  if (const auto reason = against_naming(held.line); !reason.empty()) {
    return reason;
  }
  if (!held.condemned.empty()) {
    return held.condemned;
  }
  if (held.inside) {
    return "inside_record";
  }
  if (held.process == nullptr) {
    return "too_many_processes";
  }
  if (!held.process->is_known() && judged_ > established_after && is_exposed(held)) {
    return unknown_process;
  }
  return against_process(held);
}

/// Wrappers and formatters name the process in one way throughout a log.
std::string_view Custody::against_naming(const ParsedLine& line) {
  if (!line.is_text) {
    return {};
  }
  if (!naming_ || *naming_ == line.naming) {
    naming_ = line.naming;
    other_naming_ = 0;
    return {};
  }
  if (++other_naming_ >= naming_believed_after) {
    naming_ = line.naming;
    other_naming_ = 0;
    return {};
  }
  return "process_name";
}

std::string_view Custody::against_process(Held& held) {
  Sequence& process = *held.process;
  const Event& event = held.line.event;
  if (event.kind == Kind::restart) {
    if (is_false_restart(held)) {
      return "false_restart";
    }
    process.restart(event.timestamp);
    return {};
  }
  if (interleaved_ > 0 && held.line.is_access) {
    --interleaved_;
    return {};
  }
  const Claim claim = read_claim(held);
  if (process.may_be_restart(claim) && is_false_restart(held)) {
    return reason_of(Fit::reused);
  }
  if (claims(held) && claims_.count(claim_of(held)) > 1) {
    if (const auto reason = against_twins(held); !reason.empty()) {
      return reason;
    }
  }
  if (event.kind == Kind::login && event.action == Action::token_issued) {
    const Held* end = end_of_request(event.log_worker, event.request_id);
    if (end != nullptr && end->line.event.outcome == Outcome::failure) {
      return "login_refused";
    }
  }
  const Fit fit = process.judge(claim);
  return fit == Fit::fine ? std::string_view{} : reason_of(fit);
}

/// Several lines in custody claim one request. Whichever stands inside another record is forged;
/// where that tells them not apart, all may be.
std::string_view Custody::against_twins(Held& held) {
  const std::uint64_t fingerprint = fingerprint_of(held.line.event);
  const auto weight = [this](const Held& line) {
    return (line.inside ? 2 : 0) + (is_exposed(line) ? 1 : 0);
  };
  int least = weight(held);
  bool is_alone = true;
  const auto each_twin = [&](const std::function<void(Held&)>& act) {
    for (std::size_t i = 1; i < held_.size(); ++i) {
      Held& twin = held_[i];
      if (claims(twin) && twin.line.id == held.line.id && twin.process == held.process &&
          (fingerprint_of(twin.line.event) != fingerprint ||
           twin.line.event.timestamp != held.line.event.timestamp)) {
        act(twin);
      }
    }
  };
  int with_least = 1;
  each_twin([&](Held& twin) {
    is_alone = false;
    if (weight(twin) < least) {
      least = weight(twin);
      with_least = 1;
    } else if (weight(twin) == least) {
      ++with_least;
    }
  });
  if (is_alone) {
    return {};
  }
  const auto is_forged = [&](const Held& line) { return with_least > 1 || weight(line) > least; };
  each_twin([&](Held& twin) {
    if (is_forged(twin)) {
      twin.condemned = reason_of(Fit::reused);
    }
  });
  return is_forged(held) ? reason_of(Fit::reused) : std::string_view{};
}

/// Ids begin anew only if none of the old range follows. The request that carried the forged line
/// ends after it, with such an id.
bool Custody::is_false_restart(const Held& held) const {
  std::uint64_t since = 0;
  for (std::size_t i = 1; i < held_.size(); ++i) {
    const Held& next = held_[i];
    if (next.process != held.process || !claims(next)) {
      continue;
    }
    ++since;
    if (*next.line.id > since + unseen_since_restart && held.process->goes_on(*next.line.id)) {
      return true;
    }
  }
  return false;
}

const Held* Custody::end_of_request(std::string_view worker, std::string_view id) const {
  for (std::size_t i = 1; i < held_.size(); ++i) {
    const ParsedLine& other = held_[i].line;
    if (other.is_access && other.event.request_id == id && other.event.log_worker == worker) {
      return &held_[i];
    }
  }
  return nullptr;
}

/// The request whose record carried the line is its likely author's.
void Custody::name_author(const Held& held, Event& event) const {
  const Above& carrier = above(held);
  if (carrier.exposed_by.empty()) {
    return;
  }
  const Held* end = end_of_request(carrier.exposed_worker, carrier.exposed_by);
  if (end == nullptr && !carrier.exposed_before.empty()) {
    end = end_of_request(carrier.exposed_worker, carrier.exposed_before);
  }
  if (end != nullptr) {
    event.user_id = end->line.event.user_id;
    event.source_ip = end->line.event.source_ip;
    event.user_agent = end->line.event.user_agent;
  }
}

void Custody::note_verdict(bool refused) {
  lately_refused_ += refused ? 1 : 0;
  if (++lately_judged_ < lately) {
    return;
  }
  if (lately_refused_ >= refused_means_interleaved) {
    interleaved_ = interleaved_for;
  }
  lately_judged_ = lately_refused_ = 0;
}

std::optional<Position> Custody::oldest_of(std::uint64_t stream) const {
  for (std::size_t i = 0; i < held_.size(); ++i) {
    if (held_[i].stream == stream) {
      return held_[i].line.event.position;
    }
  }
  return std::nullopt;
}

void Custody::drop_oldest() {
  const Held& oldest = held_.front();
  if (claims(oldest)) {
    claims_.remove(claim_of(oldest));
  }
  const std::uint32_t batch = oldest.batch;
  held_.pop_front();
  for (; !held_.empty() && first_above_ < held_.front().above; ++first_above_) {
    aboves_.pop_front();
  }
  --batches_[batch - first_batch_].lines;
  while (batches_.size() > 1 && batches_.front().lines == 0) {
    empty(batches_.front());
    batches_.pop_front();
    ++first_batch_;
  }
}

void Custody::empty(Batch& batch) {
  bytes_ -= batch.bytes;
  batch.bytes = 0;
  batch.arena.clear();
}

}  // namespace noci
