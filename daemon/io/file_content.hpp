#pragma once
// What an open file holds, at any offset: of an archive, what is packed in it. An archive is
// unpacked forwards and once; the last few megabytes are kept, so that going back a little costs
// nothing, and going back further unpacks again from the beginning. Growing files are read as they
// are.

#include <cstdint>
#include <memory>
#include <string>

#include <sys/types.h>

#include "io/archive.hpp"
#include "io/byte_input.hpp"
#include "io/file_descriptor.hpp"

namespace noci {

class FileContent {
 public:
  /// By its first bytes it is an archive, or not.
  explicit FileContent(FileDescriptor fd);

  /// Reads until `size` bytes or the end; -1 on failure, errno tells.
  [[nodiscard]] ssize_t read_at(char* to, std::size_t size, std::uint64_t offset);

  [[nodiscard]] int descriptor() const { return fd_.get(); }

  [[nodiscard]] Packing packing() const { return packing_; }

  /// It never grows.
  [[nodiscard]] bool is_packed() const { return packing_ != Packing::none; }

  /// Why an archive ends where it was read to; empty while nothing is wrong.
  [[nodiscard]] const std::string& damage() const { return damage_; }

 private:
  [[nodiscard]] ssize_t unpack_at(char* to, std::size_t size, std::uint64_t offset);
  void begin_anew();
  [[nodiscard]] bool unpack_more();

  FileDescriptor fd_;
  Packing packing_ = Packing::none;
  std::unique_ptr<ByteInput> input_;  ///< of an archive that is being read
  std::string head_;                  ///< its first bytes, unpacked
  std::string window_;                ///< its last unpacked bytes …
  std::uint64_t window_begin_ = 0;    ///< … from this offset on
  bool at_end_ = false;
  int error_ = 0;
  std::string damage_;
};

}  // namespace noci
