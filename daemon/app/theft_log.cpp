#include "app/theft_log.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/ip.hpp"

namespace noci {
namespace {

using std::chrono::hours;

namespace json = boost::json;

constexpr std::array shapes{
    TheftShape{.name = "two hours", .takes = hours{2}, .history = true, .files = true},
    TheftShape{.name = "one day", .takes = hours{24}, .history = true, .files = true},
    TheftShape{.name = "a tenth of it in a day",
               .takes = hours{24},
               .share = 0.1,
               .history = true,
               .files = true},
    TheftShape{.name = "three days, from the owner's desk",
               .takes = hours{72},
               .history = true,
               .files = true,
               .from_home = true},
    TheftShape{.name = "a fortnight, from the owner's desk",
               .takes = hours{14 * 24},
               .history = true,
               .files = true,
               .from_home = true},
    TheftShape{.name = "files without a token, six hours",
               .takes = hours{6},
               .files = true,
               .has_token = false},
    TheftShape{.name = "the directory, one day", .takes = hours{24}, .people = true},
};

constexpr std::int64_t haul_rooms = 876;
constexpr std::int64_t haul_messages = 643'459;
constexpr std::int64_t haul_files = 59'386;
constexpr std::int64_t haul_people = 73'000;
constexpr std::int64_t page_messages = 100;
constexpr std::int64_t message_bytes = 450;   // unencrypted, as /messages answers
constexpr std::int64_t file_bytes = 227'000;  // 13.5 GB over all files
constexpr std::int64_t found_people = 50;     // by one search, the most Synapse gives
constexpr std::int64_t person_bytes = 150;    // id, name and avatar
constexpr std::size_t block_bytes = 64 * 1024;
constexpr std::string_view strange_agent =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101";

std::int64_t part(std::int64_t whole, double share) {
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(whole) * share));
}

}  // namespace

std::span<const TheftShape> theft_shapes() {
  return shapes;
}

TheftLog::TheftLog(const TheftShape& shape, Victim victim, TimePoint begin, int number)
    : shape_(shape), victim_(std::move(victim)), begin_(begin), number_(number) {
  name_ = fmt::format("(theft: {})", shape.name);
  // 2001:db8::/32 is nobody's (RFC 3849).
  const bool is_home = shape.from_home && !victim_.address.empty();
  address_ = is_home ? victim_.address : fmt::format("2001:db8:{:x}::1", number);
  network_ = network_of(*IpAddress::parse(address_));
  agent_ = is_home && !victim_.agent.empty() ? victim_.agent : std::string(strange_agent);
  rooms_ =
      shape.people ? part(haul_people / found_people, shape.share) : part(haul_rooms, shape.share);
  leading_ = shape.history || shape.people ? 1 : 0;
  pages_ = shape.history ? haul_messages / haul_rooms / page_messages + 1 : 0;
  files_ = shape.files ? haul_files / haul_rooms + 1 : 0;
  steps_ = rooms_ * steps_of_room();
}

TimePoint TheftLog::time_of(std::int64_t step) const {
  return begin_ + Duration(static_cast<std::int64_t>(static_cast<double>(shape_.takes.count()) *
                                                     static_cast<double>(step) /
                                                     static_cast<double>(steps_)));
}

Haul TheftLog::taken_by(TimePoint time) const {
  if (time < begin_) {
    return {};
  }
  const double passed = static_cast<double>((time - begin_).count());
  const auto steps = static_cast<std::int64_t>(passed / static_cast<double>(shape_.takes.count()) *
                                               static_cast<double>(steps_)) +
                     1;
  return taken_in(std::min(steps, steps_));
}

Haul TheftLog::taken_in(std::int64_t steps) const {
  const std::int64_t whole = steps / steps_of_room();
  const std::int64_t rest = steps % steps_of_room() - leading_;
  Haul haul;
  if (shape_.people) {
    haul.people = steps * found_people;
    return haul;
  }
  haul.rooms = shape_.history ? whole + (rest >= 0 ? 1 : 0) : 0;
  haul.messages = (whole * pages_ + std::clamp<std::int64_t>(rest, 0, pages_)) * page_messages;
  haul.files = whole * files_ + std::clamp<std::int64_t>(rest - pages_, 0, files_);
  haul.bytes = haul.files * file_bytes;
  return haul;
}

std::optional<Chunk> TheftLog::next(SourceIndex source) {
  if (next_ == steps_) {
    return std::nullopt;
  }
  lines_.clear();
  for (; next_ < steps_ && lines_.size() < block_bytes; ++next_) {
    write(next_);
  }
  Chunk chunk;
  chunk.bytes = lines_;
  chunk.path = name_;
  chunk.source = source;
  // Files are numbered from the other end.
  chunk.stream = std::numeric_limits<std::uint64_t>::max() - static_cast<std::uint64_t>(number_);
  chunk.offset = offset_;
  chunk.end_of_stream = next_ == steps_;
  offset_ += lines_.size();
  return chunk;
}

void TheftLog::write(std::int64_t step) {
  const std::int64_t room = step / steps_of_room();
  const std::int64_t item = step % steps_of_room() - leading_;
  const std::string server = victim_.account.substr(victim_.account.find(':') + 1);
  const std::string room_id = fmt::format("%21theft-{}-{}%3A{}", number_, room, server);
  if (shape_.people) {
    write_request(step, "POST", "/_matrix/client/v3/user_directory/search",
                  found_people * person_bytes);
  } else if (item < 0) {
    write_request(step, "POST", "/_matrix/client/v3/join/" + room_id, 60);
  } else if (item < pages_) {
    write_request(
        step, "GET",
        fmt::format("/_matrix/client/v3/rooms/{}/messages?dir=b&limit={}", room_id, page_messages),
        page_messages * message_bytes);
  } else {
    write_request(
        step, "GET",
        fmt::format("/_matrix/{}/download/{}/theft{}x{}",
                    shape_.has_token ? "client/v1/media" : "media/v3", server, number_, step),
        file_bytes);
  }
}

void TheftLog::write_request(std::int64_t step, std::string_view method, const std::string& path,
                             std::int64_t bytes) {
  const std::string message = fmt::format(
      "{} - 8008 - {{{}}} Processed request: 0.020sec/0.001sec ru=(0.004sec, 0.001sec) "
      "db=(0.001sec/0.004sec/3) {}B 200 \"{} {} HTTP/1.1\" \"{}\" [0 dbevts]",
      address_, shape_.has_token ? victim_.account : "None", bytes, method, path, agent_);
  const auto text = [](std::string_view value) { return json::serialize(json::string(value)); };
  const std::string who = shape_.has_token ? text(victim_.account) : "null";
  const std::int64_t time = time_of(step).time_since_epoch().count();
  fmt::format_to(
      std::back_inserter(lines_),
      R"({{"log":{},"namespace":"synapse.access.http.8008","level":"INFO","time":{}.{:03},)"
      R"("request":"{}-{}","ip_address":"{}","site_tag":"8008","requester":{},)"
      R"("authenticated_entity":{},"method":"{}","url":"{}","protocol":"HTTP/1.1",)"
      R"("user_agent":{}{}}})"
      "\n",
      text(message), time / 1000, time % 1000, method, step + 1, address_, who, who, method, path,
      text(agent_),
      victim_.homeserver.empty() ? "" : ",\"server_name\":" + text(victim_.homeserver));
}

bool TheftLog::is_named_by(const Alert& alert) const {
  return std::ranges::any_of(alert.key, [&](const auto& field) {
    const std::string& value = field.second;
    return (shape_.has_token && value == victim_.account) ||
           (!shape_.from_home && (value == address_ || value == network_));
  });
}

}  // namespace noci
