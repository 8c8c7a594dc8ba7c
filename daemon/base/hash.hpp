#pragma once
// Hashes. Keys and distinct values are chosen by attackers, so everything that goes into a table
// is hashed with a secret seed: SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input
// PRF", 2012) from libsodium. SHA-256 makes the ids that must be the same everywhere.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace noci {

/// Secret of one store: fingerprints kept on disk are only comparable under the same seed.
using HashSeed = std::array<unsigned char, 16>;

[[nodiscard]] std::uint64_t siphash(std::string_view bytes, const HashSeed& seed);

/// Fast and without a key: for fingerprints with which nobody gains anything by a collision.
[[nodiscard]] std::uint64_t quick_hash(std::string_view bytes, std::uint64_t before = 0);

using Sha256 = std::array<unsigned char, 32>;
[[nodiscard]] Sha256 sha256(std::string_view bytes);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view bytes);
[[nodiscard]] std::string to_hex(std::string_view bytes);
/// RFC 4648 base32, lower case, no padding: safe in ids and file names.
[[nodiscard]] std::string to_base32(std::string_view bytes);
[[nodiscard]] std::string to_base64(std::string_view bytes);
/// False when `text` is not standard base64 (padding optional).
[[nodiscard]] bool from_base64(std::string_view text, std::string& bytes);

}  // namespace noci
