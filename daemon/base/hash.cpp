#include "base/hash.hpp"

#include <algorithm>
#include <cstring>

#include <sodium.h>

namespace noci {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::uint64_t siphash(std::string_view bytes, const HashSeed& seed) {
  static_assert(crypto_shorthash_KEYBYTES == std::tuple_size_v<HashSeed>);
  std::uint64_t value = 0;
  static_assert(sizeof value == crypto_shorthash_BYTES);
  crypto_shorthash(reinterpret_cast<unsigned char*>(&value), bytes_of(bytes), bytes.size(),
                   seed.data());
  return value;
}

std::uint64_t quick_hash(std::string_view bytes, std::uint64_t before) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
  // The high and the low half of each product, so that every bit reaches every other.
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a ^ odd) * (b | 1);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  const auto word_at = [](const char* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
  };
  std::uint64_t hash = mix(before + bytes.size(), odd);
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    hash = mix(hash ^ word_at(at), odd);
  }
  if (at != end) {
    std::uint64_t rest = 0;
    if (bytes.size() >= 8) {
      rest = word_at(end - 8);  // some bytes twice, which the length tells apart
    } else {
      std::memcpy(&rest, at, static_cast<std::size_t>(end - at));
    }
    hash = mix(hash ^ rest, odd);
  }
  return hash;
}

Sha256 sha256(std::string_view bytes) {
  Sha256 digest{};
  crypto_hash_sha256(digest.data(), bytes_of(bytes), bytes.size());
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(bytes), bytes.size());
  std::string tag(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(tag.data()));
  return tag;
}

std::string to_hex(std::string_view bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes_of(bytes), bytes.size());
  text.pop_back();
  return text;
}

std::string to_base32(std::string_view bytes) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  std::uint32_t window = 0;
  int bits = 0;
  for (const char byte : bytes) {
    window = (window << 8) | static_cast<unsigned char>(byte);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text.push_back(alphabet[(window >> bits) & 31]);
    }
  }
  if (bits > 0) {
    text.push_back(alphabet[(window << (5 - bits)) & 31]);
  }
  return text;
}

std::string to_base64(std::string_view bytes) {
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();
  return text;
}

bool from_base64(std::string_view text, std::string& bytes) {
  while (!text.empty() && text.back() == '=') {
    text.remove_suffix(1);
  }
  bytes.assign(text.size(), '\0');
  std::size_t length = 0;
  const char* end = nullptr;
  const int status = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                       text.data(), text.size(), nullptr, &length, &end,
                                       sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  bytes.resize(length);
  return status == 0 && end == text.data() + text.size();
}

}  // namespace noci
