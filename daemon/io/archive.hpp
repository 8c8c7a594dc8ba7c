#pragma once
// Unpacks gzip (concatenated members too) and zstd (several frames too), known by their first
// bytes, whatever a file is called. Memory is bounded: 32 KiB of history for gzip, 128 MiB at the
// most for zstd. Of a damaged archive everything before the damage comes out, then the fault.

#include <memory>
#include <string_view>

#include "io/byte_input.hpp"

namespace noci {

enum class Packing : std::uint8_t { none, gzip, zstd, other };

/// By the first bytes. `other`: known, and not read by noci (xz, bzip2).
[[nodiscard]] Packing packing_of(std::string_view start);
/// A program that prints such a file.
[[nodiscard]] std::string_view program_for(std::string_view start);

/// `packed` unpacked when it begins like an archive, as it is otherwise. What noci cannot unpack is
/// a fault that names the program that can.
[[nodiscard]] std::unique_ptr<ByteInput> unpacked(std::unique_ptr<ByteInput> packed);

}  // namespace noci
