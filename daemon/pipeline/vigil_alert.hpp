#pragma once
// What the vigil found, as an alert that people understand: which log, what is wrong, since when,
// what to do. Ids are made like those of rules' alerts, and of when the episode began, so that a
// lost state never makes an id anew.

#include <string>

#include "model/alert.hpp"
#include "model/health.hpp"

namespace noci {

[[nodiscard]] Alert alert_of(const BlindChange& change, const std::string& store_id);

/// `the log homeserver.log`, `the worker main`, `noci`.
[[nodiscard]] std::string describe(const BlindSubject& subject);

}  // namespace noci
