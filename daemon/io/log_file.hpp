#pragma once
// A finished log, read once from its beginning to its end: a path, or `-` for standard input. For
// replay, report and explain; logs that still grow belong to Tail. Compressed logs are refused
// with the command that helps.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/record.hpp"

namespace noci {

/// Where the bytes of a log come from. A decompressor would be one more of these.
class ByteInput {
 public:
  virtual ~ByteInput() = default;
  /// Fills as much of `to` as there is; 0 at the end. The error is an errno.
  [[nodiscard]] virtual tl::expected<std::size_t, int> read(char* to, std::size_t size) = 0;
};

class LogFile {
 public:
  static constexpr std::size_t default_block = 256 * 1024;

  /// `path`: as it was given, also what the chunks and errors say.
  [[nodiscard]] static Result<LogFile> open(std::string path, SourceIndex source,
                                            std::size_t block = default_block);

  /// The next block; the last chunk is empty and ends the stream; then nothing. The chunk's views
  /// are valid until the next call, and while this LogFile is not moved.
  [[nodiscard]] Result<std::optional<Chunk>> next(TimePoint arrival = {});

  /// Bytes in all, where that is known beforehand.
  [[nodiscard]] std::optional<std::uint64_t> size() const { return size_; }

 private:
  LogFile(std::string path, SourceIndex source, std::unique_ptr<ByteInput> input,
          std::optional<std::uint64_t> size, std::size_t block);

  std::string path_;
  SourceIndex source_;
  std::unique_ptr<ByteInput> input_;
  std::optional<std::uint64_t> size_;
  std::size_t block_;
  std::vector<char> buffer_;
  std::uint64_t offset_ = 0;
  bool ended_ = false;
};

}  // namespace noci
