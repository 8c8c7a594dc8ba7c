// The bare pass that noci's reading of JSON is held against: simdjson On-Demand over each line of a
// terse log, six fields of it in the order they stand, and nothing else.
//   json_pass FILE    prints `REQUESTS BYTES`, which the generator knows, too

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

namespace {

namespace ondemand = simdjson::ondemand;

struct Sums {
  std::size_t requests = 0;
  std::size_t bytes = 0;
  std::size_t text = 0;  ///< so that no field is left out by the compiler
};

std::size_t bytes_of(std::string_view message) {
  const auto numbers = message.find(" db=(");
  const auto at = message.find(") ", numbers == std::string_view::npos ? 0 : numbers);
  std::size_t bytes = 0;
  if (at != std::string_view::npos) {
    std::from_chars(message.data() + at + 2, message.data() + message.size(), bytes);
  }
  return bytes;
}

bool read_line(ondemand::parser& parser, const char* line, std::size_t size, std::size_t capacity,
               Sums& sums) {
  ondemand::document document;
  ondemand::object object;
  std::string_view message;
  std::string_view logger;
  std::string_view request;
  double time = 0;
  if (parser.iterate(line, size, capacity).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS ||
      object.find_field("log").get_string().get(message) != simdjson::SUCCESS ||
      object.find_field("namespace").get_string().get(logger) != simdjson::SUCCESS ||
      object.find_field("time").get_double().get(time) != simdjson::SUCCESS ||
      object.find_field("request").get_string().get(request) != simdjson::SUCCESS) {
    return false;
  }
  if (logger.substr(0, 20) != "synapse.access.http.") {
    return true;
  }
  std::string_view address;
  std::string_view requester;
  if (object.find_field("ip_address").get_string().get(address) != simdjson::SUCCESS) {
    return false;
  }
  if (object.find_field("requester").get_string().get(requester) != simdjson::SUCCESS) {
    requester = {};  // null: nobody
  }
  ++sums.requests;
  sums.bytes += bytes_of(message);
  sums.text += request.size() + address.size() + requester.size() + (time > 0 ? 1 : 0);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
  if (file < 0) {
    std::fputs("usage: json_pass FILE\n", stderr);
    return 2;
  }
  constexpr std::size_t block = 256 * 1024;
  std::vector<char> buffer(4 * block + simdjson::SIMDJSON_PADDING);
  ondemand::parser parser;
  Sums sums;
  std::size_t held = 0;
  for (;;) {
    const ssize_t count = read(file, buffer.data() + held, block);
    if (count <= 0) {
      break;
    }
    const std::size_t end = held + static_cast<std::size_t>(count);
    std::size_t from = 0;
    while (const void* stop = std::memchr(buffer.data() + from, '\n', end - from)) {
      const auto size =
          static_cast<std::size_t>(static_cast<const char*>(stop) - buffer.data()) - from;
      if (!read_line(parser, buffer.data() + from, size, buffer.size() - from, sums)) {
        std::fputs("json_pass: not a line of a terse log\n", stderr);
        return 1;
      }
      from += size + 1;
    }
    held = end - from;
    std::memmove(buffer.data(), buffer.data() + from, held);
  }
  std::printf("%zu %zu\n", sums.requests, sums.bytes);
  return sums.text > 0 ? 0 : 1;
}
