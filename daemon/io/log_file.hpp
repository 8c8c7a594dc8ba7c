#pragma once
// A finished log, or standard input, from its beginning to its end as chunks of one stream: what
// replay, report and explain read. Compressed archives will open here too.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/file_descriptor.hpp"
#include "model/record.hpp"

namespace noci {

class LogFile {
 public:
  static constexpr std::size_t default_block = std::size_t{256} << 10;

  /// `-` is standard input. An error names the path and the reason.
  [[nodiscard]] static Result<LogFile> open(const std::string& path, SourceIndex source,
                                            std::size_t block = default_block);

  /// The next block, the last one (perhaps empty) with end_of_stream; nothing after that. Its
  /// bytes are valid until the next call.
  [[nodiscard]] Result<std::optional<Chunk>> next();
  /// Unknown for pipes.
  [[nodiscard]] std::optional<std::uint64_t> size() const { return size_; }

 private:
  LogFile(std::string path, SourceIndex source, FileDescriptor file, std::size_t block);

  std::string path_;
  SourceIndex source_;
  FileDescriptor file_;
  std::optional<std::uint64_t> size_;
  std::vector<char> buffer_;
  std::uint64_t offset_ = 0;
  bool done_ = false;
};

}  // namespace noci
