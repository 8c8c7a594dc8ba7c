#pragma once
// A finished log, read once from its beginning to its end: a path, or `-` for standard input,
// packed by gzip or zstd or not. For replay, report and explain; logs that still grow belong to
// Tail. Of a damaged archive everything before the damage is handed out, then the error.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/byte_input.hpp"
#include "model/record.hpp"

namespace noci {

class LogFile {
 public:
  static constexpr std::size_t default_block = 256 * 1024;

  /// `path`: as it was given, also what errors say. `log`: what the chunks say, the name of the log
  /// that a rotated file belongs to; the path itself by default.
  [[nodiscard]] static Result<LogFile> open(std::string path, SourceIndex source,
                                            std::size_t block = default_block,
                                            std::string log = {});

  /// The next block; the last chunk is empty and ends the stream; then nothing. The chunk's views
  /// are valid until the next call, and while this LogFile is not moved. Offsets are those of what
  /// is unpacked.
  [[nodiscard]] Result<std::optional<Chunk>> next(TimePoint arrival = {});

  /// For who reads all of it: an archive is unpacked on a thread of its own from now on, a few
  /// blocks ahead. Nothing changes for other files, which the system reads ahead.
  void read_ahead();

  /// Bytes of the file, where that is known beforehand.
  [[nodiscard]] std::optional<std::uint64_t> size() const { return size_; }

  /// How many of them were read.
  [[nodiscard]] std::uint64_t taken() const { return input_->taken(); }

  /// The error was about the bytes, not about the machine.
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }

 private:
  LogFile(std::string path, std::string log, SourceIndex source, std::unique_ptr<ByteInput> input,
          std::optional<std::uint64_t> size, bool is_packed, std::size_t block);

  std::string path_;
  std::string log_;
  SourceIndex source_;
  std::unique_ptr<ByteInput> input_;
  std::optional<std::uint64_t> size_;
  bool is_packed_;
  std::size_t block_;
  std::vector<char> buffer_;
  std::uint64_t offset_ = 0;
  bool ended_ = false;
  bool is_damaged_ = false;
};

}  // namespace noci
