#pragma once
// Where the bytes of a finished log come from: a file or pipe as it is, or unpacked (archive.hpp).
// Read once, forwards. A fault comes after everything that could be read before it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "io/file_descriptor.hpp"

namespace noci {

/// Why reading cannot go on.
struct InputFault {
  std::string what;         ///< `Input/output error`, `the gzip archive ends too early`
  bool is_damaged = false;  ///< the bytes are at fault, not the machine
};

class ByteInput {
 public:
  virtual ~ByteInput() = default;
  /// Puts at most `size` bytes into `to`; 0 at the end, and after a fault.
  [[nodiscard]] virtual tl::expected<std::size_t, InputFault> read(char* to, std::size_t size) = 0;
  /// Bytes taken from the file so far: of an archive its own, not those that came out.
  [[nodiscard]] virtual std::uint64_t taken() const = 0;
  /// Hands on what is there instead of waiting for as much as was asked for.
  [[nodiscard]] virtual bool is_pipe() const = 0;
};

[[nodiscard]] std::unique_ptr<ByteInput> plain_input(FileDescriptor fd, bool is_pipe);

}  // namespace noci
