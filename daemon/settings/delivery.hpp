#pragma once
// The `delivery` section of noci.yaml: what becomes of alerts that wait for their receivers.

#include "model/settings.hpp"
#include "settings/reader.hpp"

namespace noci {

[[nodiscard]] DeliverySettings read_delivery(const YamlNode& node, Report& report);

}  // namespace noci
