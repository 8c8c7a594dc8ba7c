// No heap use per line in the steady state: every allocation of this program is counted while a log
// goes by whose accounts, rooms and media have all been seen before.

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <new>
#include <string>

#include "pipeline/event_reader.hpp"
#include "support/catch.hpp"

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size > 0 ? size : 1);
}

}  // namespace

// Replaceable, by the standard's leave (new.delete.single); the array forms call these.
void* operator new(std::size_t size) {
  if (void* place = counted(size)) {
    return place;
  }
  throw std::bad_alloc();
}

void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return counted(size);
}

void operator delete(void* place, const std::nothrow_t& /*tag*/) noexcept {
  std::free(place);
}

void operator delete(void* place) noexcept {
  std::free(place);
}

void operator delete(void* place, std::size_t /*size*/) noexcept {
  std::free(place);
}

namespace noci {
namespace {

/// What a busy server prints within `seconds`: a hundred lines each, of ten kinds.
std::string log_text(int from, int seconds, bool json) {
  std::string log;
  std::array<char, 1024> line;
  for (int i = from * 100; i < (from + seconds) * 100; ++i) {
    const int account = i * 17 % 50;
    const int room = i * 31 % 20;
    const char* const forms[] = {
        "GET /_matrix/client/v3/sync?timeout=30000&since=s%d_1",
        "GET /_matrix/client/v3/rooms/%%21room%d%%3Ahs.example/messages?dir=b&limit=20",
        "GET /_matrix/client/v1/media/download/hs.example/medium%d",
        "POST /_matrix/client/v3/rooms/%%21room%d%%3Ahs.example/receipt/m.read/%%24x",
        "PUT /_matrix/federation/v1/send/%d",
    };
    std::array<char, 256> request;
    std::snprintf(request.data(), request.size(), forms[i % std::ssize(forms)], room);
    const std::string text = request.data();
    const std::string method = text.substr(0, text.find(' '));
    const std::string uri = text.substr(method.size() + 1);
    const std::string user =
        "@a_person_with_a_long_name" + std::to_string(10 + account) + ":hs.example";
    const std::string id = method + "-" + std::to_string(i + 1);
    const std::string address = account % 5 == 0 ? "2001:db8::" + std::to_string(account + 1)
                                                 : "192.0.2." + std::to_string(account);
    const std::string message = address + " - 8008 - {" + user +
                                "} Processed request: 0.036sec/0.001sec ru=(0.009sec, 0.000sec) "
                                "db=(0.018sec/0.004sec/26) 5057B 200 \"" +
                                text + " HTTP/1.1\" \"an agent of some length/1.0\" [0 dbevts]";
    const bool is_other = i % 7 == 3;
    const char* const logger = is_other ? "synapse.http.server" : "synapse.access.http.8008";
    if (json) {
      std::string escaped = is_other ? "something else" : message;
      for (std::size_t at = 0; (at = escaped.find('"', at)) != std::string::npos; at += 2) {
        escaped.insert(at, 1, '\\');
      }
      log += R"({"log":")" + escaped + R"(","namespace":")" + logger +
             R"(","level":"INFO","time":)" + std::to_string(1780790400 + i / 100) + "." +
             std::to_string(i % 10) + R"(,"server_name":"hs.example","request":")" + id +
             R"(","ip_address":")" + address + R"(","site_tag":"8008","requester":")" + user +
             R"(","authenticated_entity":")" + user + R"(","method":")" + method + R"(","url":")" +
             uri +
             R"(","protocol":"HTTP/1.1","user_agent":"an agent of some length/1.0"})"
             "\n";
    } else {
      const int second = i / 100;
      std::snprintf(line.data(), line.size(),
                    "2026-06-07 %02d:%02d:%02d,%03d - %s - 643 - INFO - %s - %s\n", second / 3600,
                    second / 60 % 60, second % 60, i % 100 * 10, logger, id.c_str(),
                    is_other ? "something else" : message.c_str());
      log += line.data();
      if (i % std::ssize(forms) == 1 && (i + 5) % 7 != 3) {
        // The exact count, which waits for the access line of the next /messages.
        std::snprintf(line.data(), line.size(),
                      "2026-06-07 %02d:%02d:%02d,%03d - synapse.rest.client.room - 906 - INFO - "
                      "GET-%d - Responding to `/messages` request: {%s} GET /x -> 3 messages with "
                      "end_token=t1\n",
                      second / 3600, second / 60 % 60, second % 60, i % 100 * 10, i + 6,
                      user.c_str());
        log += line.data();
      }
    }
  }
  return log;
}

struct Steady {
  std::size_t allocations = 0;
  std::size_t requests = 0;
};

Steady read_steadily(bool json) {
  SourceInfo source;
  source.name = "homeserver.log";
  EventReader reader({source});
  Chunk chunk;
  chunk.path = "homeserver.log";
  Steady steady;
  const auto feed = [&](const std::string& log) {
    constexpr std::size_t block = 16 * 1024;
    for (std::size_t at = 0; at < log.size(); at += block) {
      chunk.bytes = std::string_view(log).substr(at, block);
      reader.feed(chunk, [&](Event& event) { steady.requests += event.bytes ? 1U : 0U; });
      chunk.offset += chunk.bytes.size();
    }
  };
  feed(log_text(0, 120, json));
  const std::string log = log_text(120, 100, json);
  steady.requests = 0;
  const std::size_t before = allocations;
  feed(log);
  steady.allocations = allocations - before;
  return steady;
}

}  // namespace

TEST_CASE("in the steady state, reading a line allocates nothing") {
  for (const bool json : {false, true}) {
    INFO((json ? "json" : "text"));
    const Steady steady = read_steadily(json);
    CHECK(steady.requests > 5000);
    CHECK(steady.allocations == 0);
  }
}

}  // namespace noci
