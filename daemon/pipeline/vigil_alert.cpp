#include "pipeline/vigil_alert.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "base/bytes.hpp"
#include "base/hash.hpp"

namespace noci {
namespace {

/// Base32 digits: 130 bits, as of the alerts that rules raise.
constexpr std::size_t alert_id_length = 26;

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f %%", share < 0.1 ? 1 : 0, share * 100);
  return text;
}

std::string duration(double seconds) {
  const auto whole = std::chrono::seconds(std::llround(std::abs(seconds)));
  return describe_duration(std::max<Duration>(whole, std::chrono::seconds{1}));
}

std::string title_of(Cause cause) {
  switch (cause) {
    case Cause::unreadable:
      return "A log cannot be read";
    case Cause::silent:
      return "A log has fallen silent";
    case Cause::no_requests:
      return "A log has no access lines any more";
    case Cause::not_understood:
      return "A log is not understood";
    case Cause::clock_skew:
      return "A log's clock is off";
    case Cause::behind:
      return "noci reads behind";
    case Cause::cut_short:
      return "A log was cut before it was read";
    case Cause::lines_lost:
      return "Access lines are lost";
    case Cause::memory:
      return "noci runs out of memory for counters";
  }
  return "noci is blind";
}

/// Follows `SUBJECT: `.
std::string problem_of(const BlindChange& change) {
  switch (change.cause) {
    case Cause::unreadable:
      return change.detail.empty() ? "it cannot be read" : change.detail;
    case Cause::silent:
      return "nothing was written for " + duration(change.value) + ", where more than " +
             duration(change.limit) + " is unusual";
    case Cause::no_requests:
      return "other lines go on, but no access line came for " + duration(change.value) +
             ", where more than " + duration(change.limit) + " is unusual";
    case Cause::not_understood:
      return percent(change.value) + " of the records are in no format that noci knows; " +
             percent(change.limit) + " are allowed";
    case Cause::clock_skew:
      return change.value > 0
                 ? "lines are stamped " + duration(change.value) + " before they arrive"
                 : "lines are stamped " + duration(change.value) + " in the future";
    case Cause::behind:
      return "noci reads what was written " + duration(change.value) + " ago";
    case Cause::cut_short:
      return "a file vanished or was truncated before noci had read its end";
    case Cause::lines_lost:
      return "about " + percent(change.value) +
             " of the access lines are missing: the numbers of their requests never came";
    case Cause::memory:
      return "counters of " + percent(change.value) +
             " as many accounts and addresses as are kept had to be forgotten lately";
  }
  return "";
}

std::string advice_of(Cause cause) {
  switch (cause) {
    case Cause::unreadable:
      return "Check the path in noci.yaml and the permission; `noci check` prints the commands.";
    case Cause::silent:
      return "Check that Synapse runs, that it still writes to this log and that its log level "
             "includes INFO.";
    case Cause::no_requests:
      return "Check in Synapse's log configuration that the logger synapse.access is at INFO and "
             "that its handler writes to this log.";
    case Cause::not_understood:
      return "Check whether an upgrade or a new log configuration changed the format; `noci "
             "explain` shows how lines are read.";
    case Cause::clock_skew:
      return "Check the clocks of both machines, the source's timezone (whole hours mean a wrong "
             "one) and what carries the lines here.";
    case Cause::behind:
      return "Alerts are late until noci has caught up: give it more CPU, and check its disk.";
    case Cause::cut_short:
      return "What was not read is lost. Rotate by renaming instead of copytruncate, and keep the "
             "newest rotated file uncompressed.";
    case Cause::lines_lost:
      return "Check for a full disk, rate limits of journald or syslog, a shipper that drops. If "
             "many more browsers have come, their OPTIONS requests look the same.";
    case Cause::memory:
      return "Raise analysis.memory in noci.yaml.";
  }
  return "";
}

/// RFC 3339 to the second: what people read.
std::string when(TimePoint time) {
  return format_rfc3339(time).substr(0, 19) + "Z";
}

std::string summary_of(const SystemNews& news) {
  const BlindChange& change = news.change;
  const std::string subject = describe(change.subject);
  if (change.blind) {
    return "noci is blind to " + subject + " since " + when(change.since) + ": " + news.problem +
           ". " + news.advice;
  }
  const std::string episode =
      "it was blind for " +
      duration(std::chrono::duration<double>(change.at - change.since).count()) + " (" +
      std::string(name_of(change.cause)) + ")";
  if (change.reason == "not_watched") {
    return "noci does not watch " + subject + " any more; " + episode;
  }
  if (change.reason == "taken_as_usual") {
    return "noci takes the missing request numbers of " + subject +
           " for usual from now on, because they have lasted; " + episode;
  }
  return "noci sees " + subject + " again; " + episode;
}

}  // namespace

std::string describe(const BlindSubject& subject) {
  switch (subject.kind) {
    case BlindSubject::Kind::source:
      return "the log " + subject.name;
    case BlindSubject::Kind::worker:
      return "the worker " + subject.name;
    default:
      return "much of what happens";
  }
}

std::string worker_name(std::string_view homeserver, std::string_view worker) {
  constexpr std::size_t longest = 100;
  std::string name(homeserver);
  name += homeserver.empty() ? "" : "/";
  name += worker.empty() ? "main" : worker;
  name.resize(std::min(name.size(), longest));
  for (char& c : name) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!is_word && std::string_view("._-/:").find(c) == std::string_view::npos) {
      c = '_';
    }
  }
  return name;
}

Alert alert_of(const BlindChange& change, const std::string& store_id) {
  Alert alert;
  alert.status = change.blind ? AlertStatus::firing : AlertStatus::resolved;
  alert.resolve_reason = change.reason;
  alert.timestamp = change.at;
  alert.level = Level::high;
  alert.rule_id = "noci-blind-" + std::string(name_of(change.cause));
  alert.rule_title = title_of(change.cause);
  alert.rule_hash = "built-in";
  alert.rule_status = "stable";
  alert.first_event = change.since;
  alert.last_event = change.at;
  if (change.subject.kind != BlindSubject::Kind::global) {
    alert.key = {
        {change.subject.kind == BlindSubject::Kind::source ? Field::log_source : Field::log_worker,
         change.subject.name}};
  }
  ByteWriter identity;
  identity.text(store_id);
  identity.text(alert.rule_id);
  identity.text(change.subject.name);
  identity.number(change.number);
  identity.integer(change.opened.time_since_epoch().count());
  const Sha256 hash = sha256(identity.bytes());
  alert.alert_id = to_base32({reinterpret_cast<const char*>(hash.data()), hash.size()})
                       .substr(0, alert_id_length);
  alert.sequence = change.blind ? 1 : 2;
  alert.system = SystemNews{change, problem_of(change), advice_of(change.cause)};
  alert.summary = summary_of(*alert.system);
  return alert;
}

}  // namespace noci
