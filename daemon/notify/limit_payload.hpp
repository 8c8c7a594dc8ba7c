#pragma once
// The parts of a limit in a payload that only sequences and baselines have.

#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "model/alert.hpp"

namespace noci {

/// Whole numbers are written whole: 5 rather than 5E0. What is no number is 0.
[[nodiscard]] boost::json::value number_json(double value);
[[nodiscard]] boost::json::array steps_json(const std::vector<StepState>& steps);
[[nodiscard]] boost::json::object usual_json(const UsualState& usual);

}  // namespace noci
