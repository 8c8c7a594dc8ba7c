#include "parse/requester.hpp"

#include "support/catch.hpp"

namespace noci {

TEST_CASE("the requester field names a user, a puppeted one, or a server") {
  struct Case {
    const char* text;
    const char* user;
    const char* effective;
    const char* server;
  };

  const Case cases[] = {
      {"None", "", "", ""},
      {"", "", "", ""},
      {"@bob:hs.test", "@bob:hs.test", "", ""},
      {"@admin:hs.test|@bob:hs.test", "@admin:hs.test", "@bob:hs.test", ""},
      {"@admin:hs.test.@bob:hs.test", "@admin:hs.test", "@bob:hs.test", ""},
      {"@admin:hs.test,@bob:hs.test", "@admin:hs.test", "@bob:hs.test", ""},
      {"@a.b:hs.test", "@a.b:hs.test", "", ""},
      {"@a.@b:hs.test", "@a.@b:hs.test", "", ""},
      {"@Old Name/=+:hs.test:8448", "@Old Name/=+:hs.test:8448", "", ""},
      {"peer.example", "", "", "peer.example"},
      {"peer.example:8448", "", "", "peer.example:8448"},
      {"[2001:db8::1]:8448", "", "", "[2001:db8::1]:8448"},
  };
  for (const Case& field : cases) {
    INFO(field.text);
    Requester requester;
    REQUIRE(read_requester(field.text, requester));
    CHECK(requester.user_id == field.user);
    CHECK(requester.effective_user_id == field.effective);
    CHECK(requester.server_name == field.server);
  }
}

TEST_CASE("what Synapse cannot print as a requester is refused") {
  for (const char* text : {"@nocolon", "@a:hs\x1b[0m", "two words", "{x}", "a|b", "x@y"}) {
    INFO(text);
    Requester requester;
    CHECK_FALSE(read_requester(text, requester));
  }
}

TEST_CASE("an address has one spelling, and what is none is empty") {
  struct Case {
    const char* text;
    const char* address;
  };

  const Case cases[] = {
      {"203.0.113.7", "203.0.113.7"},
      {"203.0.113.7:55555", "203.0.113.7"},
      {"0.0.0.0", "0.0.0.0"},
      {"2001:db8::1", "2001:db8::1"},
      {"2001:DB8:0:0::1", "2001:db8::1"},
      {"[2001:db8::1]", "2001:db8::1"},
      {"[2001:db8::1]:4711", "2001:db8::1"},
      {"::ffff:198.51.100.9", "198.51.100.9"},
      {"fe80::1%eth0", "fe80::1"},
      {"", ""},
      {"-", ""},
      {"unknown", ""},
      {"/run/synapse.sock", ""},
      {"198.051.100.013", ""},
      {"256.1.1.1", ""},
      {"1.2.3", ""},
      {"1.2.3.4.", ""},
      {"1.2.3.4.5", ""},
      {"1.2.3.4 2031-01-01", ""},
      {"1.2.3.4:99999", ""},
      {"1.2.3.4\x0b\x1b[0m", ""},
      {"[2001:db8::1]:x", ""},
      {"\"1.2.3.4\" - {None}", ""},
  };
  Arena arena;
  for (const Case& field : cases) {
    INFO(field.text);
    CHECK(read_address(field.text, arena) == field.address);
  }
  CHECK(read_address(std::string(3000, '9'), arena).empty());
}

}  // namespace noci
