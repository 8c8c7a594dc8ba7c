#pragma once
// What the vigil found, as an alert that people understand: which log, what is wrong, since when,
// what to do. Ids are made like those of rules' alerts, and of when the episode began, so that a
// lost state never makes an id anew.

#include <string>
#include <string_view>

#include "model/alert.hpp"
#include "model/health.hpp"

namespace noci {

[[nodiscard]] Alert alert_of(const BlindChange& change, const std::string& store_id);

/// How a worker is called in alerts and metrics: its name, after that of its homeserver if several
/// are watched. Anything that is not a word is replaced: a forged line can claim any.
[[nodiscard]] std::string worker_name(std::string_view homeserver, std::string_view worker);

/// `the log homeserver.log`, `the worker main`, `noci`.
[[nodiscard]] std::string describe(const BlindSubject& subject);

}  // namespace noci
