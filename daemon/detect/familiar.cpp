#include "detect/familiar.hpp"

#include "base/ip.hpp"

namespace noci::detect {

void Familiar::regard(Event& event) {
  if (event.source_ip.empty()) {
    return;
  }
  if (event.source_ip != address_) {
    address_ = event.source_ip;
    const auto address = IpAddress::parse(event.source_ip);
    network_ = address ? network_of(*address) : "";
  }
  if (event.source_network.empty()) {
    event.source_network = network_;
  }
}

}  // namespace noci::detect
