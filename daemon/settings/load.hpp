#pragma once
// noci.yaml → Settings. config/noci.yaml explains every key; noci.yaml(5) is the reference.
// Promises: every fault of the file is reported at once, nothing throws, the time and memory for
// any file are bounded. Leaves to others: whether the named files, folders and addresses can be
// used, which only the machine can tell.

#include <string>

#include "model/settings.hpp"

namespace noci {

/// What was read. `value` is usable only when `faults` is empty; warnings do not stand in the way.
template <typename T>
struct Loaded {
  T value;
  Faults faults;
  Faults warnings;
};

/// What holds without a settings file.
[[nodiscard]] Settings default_settings();

[[nodiscard]] Loaded<Settings> load_settings(const std::string& path);

}  // namespace noci
