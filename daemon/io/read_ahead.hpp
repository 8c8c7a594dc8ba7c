#pragma once
// Reads on a thread of its own, a few blocks ahead of who asks: a log is unpacked on one core while
// its lines are counted on another. What is handed out is byte by byte what the input gives, faults
// too.

#include <memory>

#include "io/byte_input.hpp"

namespace noci {

/// Holds at most some four blocks of `block` bytes. The thread ends with what is returned: then
/// `input` is destroyed, and not waited for longer than one of its reads.
[[nodiscard]] std::unique_ptr<ByteInput> read_ahead(std::unique_ptr<ByteInput> input,
                                                    std::size_t block);

}  // namespace noci
