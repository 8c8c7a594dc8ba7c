// What events are told about where they come from.

#include "detect/familiar.hpp"

#include "support/catch.hpp"
#include "support/event_builder.hpp"

using namespace noci;
using test::EventBuilder;

namespace {

std::string network(std::string_view address) {
  detect::Familiar familiar;
  EventBuilder builder;
  Event event = builder.ip(address);
  familiar.regard(event);
  return std::string(event.source_network);
}

}  // namespace

TEST_CASE("the network of an address is its /24 or /64") {
  CHECK(network("192.0.2.77") == "192.0.2.0/24");
  CHECK(network("::ffff:192.0.2.77") == "192.0.2.0/24");
  CHECK(network("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(network("fe80::1%eth0") == "fe80::/64");
  CHECK(network("").empty());
  CHECK(network("/run/synapse.sock").empty());
  CHECK(network("1.2.3").empty());
}

TEST_CASE("one event's network never shows in another's") {
  detect::Familiar familiar;
  EventBuilder builder;
  Event first = builder.ip("192.0.2.77");
  familiar.regard(first);
  Event second = builder.ip("nowhere");
  familiar.regard(second);
  CHECK(second.source_network.empty());
  Event third = builder.ip("192.0.2.77").network("said before");
  familiar.regard(third);
  CHECK(third.source_network == "said before");
}
