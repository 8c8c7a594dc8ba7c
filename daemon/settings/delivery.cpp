#include "settings/delivery.hpp"

namespace noci {

DeliverySettings read_delivery(const YamlNode& node, Report& report) {
  using namespace std::chrono_literals;
  MapReader map(node, "delivery section", report);
  DeliverySettings delivery;
  delivery.give_up_after = map.duration("give_up_after", delivery.give_up_after, 1min, 24h * 365);
  delivery.most_pending = map.integer("most_pending", delivery.most_pending, 10, 1'000'000);
  delivery.digest_from = map.integer("digest_from", delivery.digest_from, 0, 1000);
  if (const YamlNode* size = map.find("pending_size")) {
    // One payload may have some 20 kB; below the least a burst of a few would not fit.
    constexpr std::int64_t least = std::int64_t{1} << 20;
    constexpr std::int64_t most = std::int64_t{1} << 40;
    delivery.pending_size =
        as_size(*size, "pending_size", least, most, report).value_or(delivery.pending_size);
  }
  map.finish();
  return delivery;
}

}  // namespace noci
