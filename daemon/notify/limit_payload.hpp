#pragma once
// One limit of an alert as it stands in a payload.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "model/alert.hpp"

namespace noci {

/// Whole numbers are written whole: 5 rather than 5E0. What is no number is 0.
[[nodiscard]] boost::json::value number_json(double value);
[[nodiscard]] boost::json::object limit_json(const LimitState& state);

}  // namespace noci
