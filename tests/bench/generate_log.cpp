// A realistic log of any size, the same for the same arguments:
//   generate_log [--json] [--lines N] [--accounts N] [--uniform] [--rate N] [--others PERCENT]
//                [--thief] [--truth FILE] > LOG
// Accounts are active by Zipf's law (0.9) or all alike; 60 % of the syncs are long polls that end
// up to 30 s after they got their number. `--thief`: one account downloads media all the time. FILE
// gets what is in the log, counted while it was written, one `name value` a line.

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "log_writer.hpp"

namespace noci::bench {
namespace {

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers with every standard library.
class Random {
 public:
  std::uint64_t operator()() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  std::uint64_t below(std::uint64_t count) { return (*this)() % count; }

  double unit() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_ = 20261123;
};

struct Options {
  bool json = false;
  bool uniform = false;
  bool thief = false;
  std::uint64_t lines = 100'000;
  std::uint64_t accounts = 50'000;
  std::uint64_t rate = 1000;  ///< lines a second
  std::uint64_t others = 15;
  const char* truth = nullptr;
};

struct Endpoint {
  unsigned weight;
  std::string_view method;
  /// %r a room, %m a medium, %u an account, %t a token, %n a number.
  std::string_view uri;
  unsigned bytes;  ///< in the middle; the tail is long

  enum Who : std::uint8_t { account, nobody, server } who = account;
};

constexpr Endpoint endpoints[] = {
    {38, "GET", "/_matrix/client/v3/sync?filter=0&timeout=30000&since=%t&set_presence=unavailable",
     700},
    {8, "POST",
     "/_matrix/client/v3/rooms/%r/receipt/m.read/%24kCoFYbnLyIJVmqIIdRIX79DjzD69YjXMHGE7RGs%n", 2},
    {5, "PUT", "/_matrix/client/v3/rooms/%r/typing/%u", 2},
    {6, "PUT", "/_matrix/client/v3/rooms/%r/send/m.room.encrypted/m17954613.%n", 59},
    {4, "GET", "/_matrix/client/v3/rooms/%r/messages?limit=20&dir=b&from=%t", 9000},
    {4, "GET", "/_matrix/client/v1/media/download/matrix.example.org/%m", 90000},
    {6, "GET",
     "/_matrix/client/v1/media/thumbnail/matrix.example.org/%m?width=96&height=96&method=crop",
     7000},
    {2, "GET", "/_matrix/media/v3/download/matrix.example.org/%m", 60000, Endpoint::nobody},
    {4, "POST", "/_matrix/client/v3/keys/query", 2500},
    {3, "PUT", "/_matrix/client/v3/sendToDevice/m.room.encrypted/m17954613.%n", 2},
    {3, "GET", "/_matrix/client/v3/profile/%u", 110, Endpoint::nobody},
    {1, "GET", "/_matrix/client/v3/rooms/%r/members?not_membership=leave&at=%t", 12000},
    {1, "GET",
     "/_matrix/client/v3/rooms/%r/context/%24kCoFYbnLyIJVmqIIdRIX79DjzD69YjXMHGE7RGs%n?limit=0",
     4000},
    {1, "POST", "/_matrix/client/v3/join/%r", 58},
    {2, "GET", "/_matrix/client/versions", 1200, Endpoint::nobody},
    {1, "POST", "/_matrix/client/v3/user_directory/search", 3000},
    {6, "PUT", "/_matrix/federation/v1/send/17954613%n", 11, Endpoint::server},
    {2, "GET",
     "/_matrix/federation/v1/backfill/%r?limit=100&v=%24kCoFYbnLyIJVmqIIdRIX79DjzD69YjXMHGE7RGs",
     40000, Endpoint::server},
    {1, "GET", "/_matrix/federation/v1/media/download/%m", 80000, Endpoint::server},
    {2, "POST", "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=30000&pos=%n",
     900},
};

constexpr std::string_view agents[] = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Element/1.11.50 Chrome/118.0.5993.129 Electron/27.0.2 Safari/537.36",
    "Element/1.11.2 (iPhone 14; iOS 17.1.1; Scale/3.00)",
    "Element/1.6.8 (Google Pixel 7; Android 14; UQ1A.231205.015; Flavour GooglePlay; "
    "MatrixAndroidSdk2 1.6.8)",
    "Element X/1.5.2 (OnePlus CPH2449; Android 14; Sdk 0.2.0)",
    "Fluffychat",
    "mautrix-whatsapp/0.10.5 mautrix-go/v0.16.2 go1.21.5",
};

constexpr std::string_view federation_agent = "Synapse/1.152.0";
constexpr std::int64_t start = 1'795'392'000'000;  // 2026-11-23 00:00 UTC

class Log {
 public:
  explicit Log(const Options& options)
      : options_(options),
        top_(std::pow(static_cast<double>(options.accounts), 0.1)),
        out_(stdout, options.json),
        polls_(32 * options.rate) {
    for (const Endpoint& endpoint : endpoints) {
      weights_ += endpoint.weight;
    }
  }

  void write() {
    while (out_.lines() < options_.lines) {
      now_ = start + static_cast<std::int64_t>(out_.lines() * 1000 / options_.rate);
      std::uint64_t& due = polls_[out_.lines() % polls_.size()];
      if (due != 0) {
        answer(endpoints[0], due);
        due = 0;
      } else if (random_.below(100) < options_.others) {
        other();
      } else if (options_.thief && random_.below(40) == 0) {
        steal();
      } else {
        const Endpoint& endpoint = pick();
        const std::uint64_t id = ++last_id_;
        if (&endpoint != endpoints || random_.below(10) >= 6 || !defer(id)) {
          answer(endpoint, id);
        }
      }
    }
  }

  void tell(std::FILE* to) const {
    std::fprintf(to, "lines %llu\nrequests %llu\nbytes %llu\naccounts %zu\n",
                 static_cast<unsigned long long>(out_.lines()),
                 static_cast<unsigned long long>(requests_),
                 static_cast<unsigned long long>(bytes_), by_account_.size());
    std::uint64_t most = 0;
    for (const auto& [account, bytes] : by_account_) {
      most = std::max(most, bytes);
    }
    std::fprintf(to, "most_bytes %llu\n", static_cast<unsigned long long>(most));
  }

 private:
  const Endpoint& pick() {
    auto left = static_cast<unsigned>(random_.below(weights_));
    const Endpoint* endpoint = endpoints;
    while (left >= endpoint->weight) {
      left -= endpoint->weight;
      ++endpoint;
    }
    return *endpoint;
  }

  /// A long poll that will end later; false when no line is free then.
  bool defer(std::uint64_t id) {
    const std::uint64_t at = out_.lines() + 1 + random_.below(30 * options_.rate);
    std::uint64_t& place = polls_[at % polls_.size()];
    if (place != 0) {
      return false;
    }
    place = id;
    return true;
  }

  std::uint64_t account() {
    return options_.uniform
               ? random_.below(options_.accounts)
               : static_cast<std::uint64_t>(std::pow(1 + random_.unit() * (top_ - 1), 10)) - 1;
  }

  static std::string user(std::uint64_t account) {
    return "@person" + std::to_string(account) + ":matrix.example.org";
  }

  std::string room() {
    return "%21qPewotXpIctQySfjSy" + std::to_string(1000 + random_.below(40'000)) +
           "%3Amatrix.example.org";
  }

  std::string medium() {
    return "GCmhgzMPRjqgpODLsNQzVuHZ" + std::to_string(random_.below(400'000));
  }

  std::string token() {
    return "s" + std::to_string(757'284'961 + last_id_) + "_757284957_1_1_1_1_1_11_0_1";
  }

  void fill_uri(std::string_view form, std::uint64_t account) {
    request_.uri.clear();
    for (std::size_t i = 0; i < form.size(); ++i) {
      const char kind = form[i] == '%' && i + 1 < form.size() ? form[i + 1] : '\0';
      switch (kind) {
        case 'r':
          request_.uri += room();
          break;
        case 'm':
          request_.uri += medium();
          break;
        case 'u':
          request_.uri += "%40person" + std::to_string(account) + "%3Amatrix.example.org";
          break;
        case 't':
          request_.uri += token();
          break;
        case 'n':
          request_.uri += std::to_string(random_.below(1'000'000));
          break;
        default:
          request_.uri += form[i];
          continue;
      }
      ++i;
    }
  }

  /// Two addresses an account; every eighth has IPv6.
  std::string address(std::uint64_t account) {
    const std::uint64_t n = account * 2 + random_.below(4) / 3;
    if (account % 8 == 7) {
      std::array<char, 48> text;
      std::snprintf(text.data(), text.size(), "2001:db8:%x:%x::%x", static_cast<unsigned>(n >> 16),
                    static_cast<unsigned>(n & 0xffff), 1U);
      return text.data();
    }
    return std::to_string(11 + (n >> 20)) + "." + std::to_string(n >> 12 & 255) + "." +
           std::to_string(n >> 4 & 255) + "." + std::to_string((n & 15) * 16 + 1);
  }

  std::uint64_t size_around(unsigned middle) {
    if (middle < 100) {
      return middle;
    }
    // Log-normal enough: the product of three.
    const double factor = 0.2 + random_.unit() * random_.unit() * random_.unit() * 6;
    return static_cast<std::uint64_t>(middle * factor);
  }

  void answer(const Endpoint& endpoint, std::uint64_t id) {
    const std::uint64_t who = account();
    request_.id = id;
    request_.time = now_;
    request_.method = endpoint.method;
    fill_uri(endpoint.uri, who);
    request_.agent = agents[who % std::size(agents)];
    request_.address = address(who);
    request_.requester = endpoint.who == Endpoint::account ? user(who) : "";
    if (endpoint.who == Endpoint::server) {
      const std::uint64_t server = who % 3000;
      request_.requester = "server" + std::to_string(server) + ".example.net";
      request_.address =
          "198.51." + std::to_string(server >> 8) + "." + std::to_string(server & 255);
      request_.agent = federation_agent;
    }
    request_.status = random_.below(50) == 0 ? 404 : 200;
    request_.bytes = request_.status == 200 ? size_around(endpoint.bytes) : 56;
    request_.took = static_cast<unsigned>(random_.below(400));
    request_.transactions = static_cast<unsigned>(random_.below(30));
    request_.dbevts = static_cast<unsigned>(random_.below(8) / 6);
    if (endpoint.uri.find("/messages?") != std::string_view::npos && request_.status == 200) {
      out_.record(request_, "synapse.rest.client.room", "906",
                  "Responding to `/messages` request: {" + request_.requester + "} GET " +
                      request_.uri + " -> 20 messages with end_token=" + token());
    }
    print();
  }

  void steal() {
    request_.id = ++last_id_;
    request_.time = now_;
    request_.method = "GET";
    fill_uri("/_matrix/client/v1/media/download/matrix.example.org/%m", 0);
    request_.agent = "curl/8.1";
    request_.address = "203.0.113.66";
    request_.requester = "@thief:matrix.example.org";
    request_.status = 200;
    request_.bytes = 229'000;
    print();
  }

  void print() {
    out_.access(request_);
    ++requests_;
    bytes_ += request_.bytes;
    by_account_[request_.requester] += request_.requester.empty() ? 0 : request_.bytes;
  }

  /// What else a busy server says.
  void other() {
    Request none;
    none.id = last_id_;
    none.time = now_;
    const std::string number = std::to_string(random_.below(100'000));
    const std::string server = "server" + std::to_string(random_.below(3000)) + ".example.net";
    switch (random_.below(4)) {
      case 0:
        none.method = "PUT";
        out_.record(none, "synapse.federation.transport.server.federation", "105",
                    "Received txn 17954613" + number + " from " + server + ". (PDUs: 1, EDUs: 0)");
        break;
      case 1:
        out_.record(none, "synapse.http.matrixfederationclient", "779",
                    "{PUT-O-" + number + "} [" + server +
                        "] Completed request: 200 OK in 0.12 secs, got 11 bytes - PUT "
                        "matrix-federation://" +
                        server + "/_matrix/federation/v1/send/17954613" + number);
        break;
      case 2:
        none.method = "GET";
        out_.record(none, "synapse.http.server", "132",
                    "<XForwardedForRequest at 0x7f2e66a8" + number +
                        " method='GET' uri='/_matrix/client/v3/rooms/" + room() +
                        "/event/x' clientproto='HTTP/1.1' site='8008'> SynapseError: 404 - Event "
                        "not found.");
        break;
      default:
        out_.record(none, "synapse.storage.databases.main.event_push_actions", "1336",
                    "Rotating notifications up to: " + number);
        break;
    }
  }

  Options options_;
  double top_;
  Random random_;
  LogWriter out_;
  std::vector<std::uint64_t> polls_;  ///< by line, the number of the request that ends there
  unsigned weights_ = 0;
  std::int64_t now_ = start;
  std::uint64_t last_id_ = 0;
  Request request_;
  std::uint64_t requests_ = 0;
  std::uint64_t bytes_ = 0;
  std::map<std::string, std::uint64_t> by_account_;
};

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--json") {
      options.json = true;
    } else if (name == "--uniform") {
      options.uniform = true;
    } else if (name == "--thief") {
      options.thief = true;
    } else if (i + 1 == argc) {
      return false;
    } else if (name == "--truth") {
      options.truth = argv[++i];
    } else {
      const std::uint64_t value = std::strtoull(argv[++i], nullptr, 10);
      if (name == "--lines") {
        options.lines = value;
      } else if (name == "--accounts" && value > 0) {
        options.accounts = value;
      } else if (name == "--rate" && value > 0) {
        options.rate = value;
      } else if (name == "--others" && value < 100) {
        options.others = value;
      } else {
        return false;
      }
    }
  }
  return true;
}

}  // namespace
}  // namespace noci::bench

int main(int argc, char** argv) {
  noci::bench::Options options;
  if (!noci::bench::read_options(argc, argv, options)) {
    std::fputs(
        "usage: generate_log [--json] [--lines N] [--accounts N] [--uniform] [--rate N] "
        "[--others PERCENT] [--thief] [--truth FILE] > LOG\n",
        stderr);
    return 2;
  }
  noci::bench::Log log(options);
  log.write();
  if (options.truth != nullptr) {
    std::FILE* file = std::fopen(options.truth, "w");
    if (file == nullptr) {
      std::perror(options.truth);
      return 3;
    }
    log.tell(file);
    std::fclose(file);
  }
  return 0;
}
