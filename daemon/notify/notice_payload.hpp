#pragma once
// The parts of a payload that only digests and heartbeats have. Summaries come from log lines: they
// are made printable and cut.

#include <boost/json/object.hpp>

#include "model/alert.hpp"

namespace noci {

[[nodiscard]] boost::json::object digest_json(const Digest& digest);
[[nodiscard]] boost::json::object pulse_json(const Pulse& pulse);

}  // namespace noci
