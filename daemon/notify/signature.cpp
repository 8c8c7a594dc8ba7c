#include "notify/signature.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

namespace noci {
namespace {

constexpr std::string_view prefix = "whsec_";
// The bounds of the specification: shorter keys can be guessed, longer ones add nothing.
constexpr std::size_t shortest_key = 24;
constexpr std::size_t longest_key = 64;

}  // namespace

Result<std::string> parse_secret(std::string_view text) {
  text = trim(text);
  if (!text.starts_with(prefix)) {
    return failure(
        "a webhook secret begins with whsec_; make one with: "
        "echo \"whsec_$(openssl rand -base64 32)\"");
  }
  std::string key;
  if (!from_base64(text.substr(prefix.size()), key)) {
    return failure("a webhook secret is base64 after whsec_, and this one is not");
  }
  if (key.size() < shortest_key || key.size() > longest_key) {
    return failure("a webhook secret holds 24 to 64 bytes, and this one holds " +
                   std::to_string(key.size()));
  }
  return key;
}

std::string sign(std::string_view key, std::string_view id, std::int64_t timestamp,
                 std::string_view body) {
  std::string content(id);
  content.append(".").append(std::to_string(timestamp)).append(".").append(body);
  return "v1," + to_base64(hmac_sha256(key, content));
}

}  // namespace noci
