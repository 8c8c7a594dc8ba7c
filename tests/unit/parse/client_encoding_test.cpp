#include "parse/client_encoding.hpp"

#include <string>

#include "parse/messages_estimate.hpp"
#include "support/catch.hpp"

using namespace noci;

namespace {

constexpr std::string_view room = "!JTPscXnamxsxlyAwYJ:hs.example";

Event request(Action action, std::string_view user, std::int64_t bytes) {
  Event event;
  event.kind = Kind::request;
  event.action = action;
  event.method = action == Action::room_messages ? "GET" : "POST";
  event.status = 200;
  event.bytes = bytes;
  event.user_id = user;
  event.source_ip = "192.0.2.1";
  event.user_agent = "client/1.0";
  event.room_id = room;
  return event;
}

/// A page of history as the parser hands it over: estimated as plain.
Event page(std::string_view user, std::int64_t bytes) {
  Event event = request(Action::room_messages, user, bytes);
  event.limit = 1000;
  Endpoint endpoint;
  endpoint.action = event.action;
  endpoint.limit = event.limit;
  const auto estimate = estimate_messages(endpoint, "GET", "", 200, bytes);
  event.messages = estimate->best;
  event.messages_low = estimate->low;
  event.messages_high = estimate->high;
  event.messages_basis = MessagesBasis::estimate;
  return event;
}

/// `{"room_id":"…"}` and the 18 bytes and more that gzip adds to something this short.
constexpr std::int64_t plain_join = 14 + static_cast<std::int64_t>(room.size());
constexpr std::int64_t gzip_join = plain_join + 20;

}  // namespace

TEST_CASE("a client that showed gzip gets its pages read as gzip, within the same bounds") {
  ClientEncoding encodings;
  Event join = request(Action::room_join, "@a:hs", gzip_join);
  encodings.apply(join);
  const Event before = page("@a:hs", 10'000);
  Event after = before;
  encodings.apply(after);
  REQUIRE(*after.messages > 3 * *before.messages);
  REQUIRE(after.messages_low == before.messages_low);
  REQUIRE(after.messages_high == before.messages_high);
  REQUIRE(*after.messages <= *after.messages_high);
}

TEST_CASE("other clients, and one that shows plain again, are read as plain") {
  ClientEncoding encodings;
  Event join = request(Action::room_join, "@a:hs", gzip_join);
  encodings.apply(join);
  Event other = page("@b:hs", 10'000);
  encodings.apply(other);
  REQUIRE(other.messages == page("@b:hs", 10'000).messages);
  Event plain = request(Action::room_join, "@a:hs", plain_join);
  encodings.apply(plain);
  Event again = page("@a:hs", 10'000);
  encodings.apply(again);
  REQUIRE(again.messages == page("@a:hs", 10'000).messages);
}

TEST_CASE("what clients showed survives a restart and stays bounded") {
  ClientEncoding encodings;
  for (int i = 0; i < 10'000; ++i) {
    const std::string user = "@u" + std::to_string(i) + ":hs";
    Event join = request(Action::room_join, user, gzip_join);
    encodings.apply(join);
  }
  ByteWriter out;
  encodings.save(out);
  REQUIRE(out.bytes().size() < 64 * 1024);
  ClientEncoding restored;
  ByteReader in(out.bytes());
  restored.restore(in);
  REQUIRE(in.ok());
  REQUIRE(in.at_end());
  Event newest = page("@u9999:hs", 10'000);
  restored.apply(newest);
  REQUIRE(newest.messages != page("@u9999:hs", 10'000).messages);
  Event oldest = page("@u0:hs", 10'000);
  restored.apply(oldest);
  REQUIRE(oldest.messages == page("@u0:hs", 10'000).messages);
}
