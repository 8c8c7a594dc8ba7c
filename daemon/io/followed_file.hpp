#pragma once
// One log file held open and read forwards while others write it. Every look compares
// the file's first bytes and those before the reading place with what they were, so a file that was
// truncated and refilled is noticed by its content, however large it has grown meanwhile. Of an
// archive everything here is about what is packed in it. Which file to follow is decided elsewhere
// (tail_log).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "io/file_content.hpp"
#include "io/file_descriptor.hpp"
#include "io/rotation.hpp"
#include "model/record.hpp"

namespace noci {

class FollowedFile {
 public:
  /// Bytes handed out at a time: large reads are what makes catching up fast.
  static constexpr std::size_t block_size = 256 * 1024;

  /// The error is an errno.
  [[nodiscard]] static tl::expected<FollowedFile, int> open(const std::string& path);

  enum class Outcome : std::uint8_t { bytes, nothing, truncated, failed };

  struct Look {
    Outcome outcome = Outcome::nothing;
    std::string_view bytes;    ///< in the buffer given to look()
    std::uint64_t offset = 0;  ///< of the first of them
    int error = 0;
  };

  /// What comes next. `truncated`: the bytes read before are no longer there.
  [[nodiscard]] Look look(std::vector<char>& buffer);

  /// Goes on reading at `offset`, which must lie within the file.
  void seek(std::uint64_t offset);

  [[nodiscard]] std::uint64_t offset() const { return offset_; }

  /// The last look found nothing behind what it returned.
  [[nodiscard]] bool at_end() const { return at_end_; }

  [[nodiscard]] FileId id() const { return id_; }

  [[nodiscard]] std::uint64_t size() const;     ///< of the file as it lies there
  [[nodiscard]] std::int64_t modified() const;  ///< nanoseconds since the epoch
  [[nodiscard]] bool is_deleted() const;        ///< it has no name any more

  /// An archive, which never grows.
  [[nodiscard]] bool is_packed() const { return content_.is_packed(); }

  [[nodiscard]] Packing packing() const { return content_.packing(); }

  /// Why an archive could not be read on; empty while nothing is wrong.
  [[nodiscard]] const std::string& damage() const { return content_.damage(); }

  /// Up to 256 bytes of its beginning.
  [[nodiscard]] std::string head() const;
  /// What stands there now; less at the end of the file.
  [[nodiscard]] std::string bytes_at(std::uint64_t offset, std::uint64_t end) const;
  /// A path that leads to this very file for as long as it is open here, whatever its name.
  [[nodiscard]] std::string lasting_path() const;

  /// This file holds what the cursor has counted: it is long enough and has the bytes before it.
  [[nodiscard]] bool continues(const Cursor& cursor) const;
  /// The bytes before offset() are still there: not truncated since the last look.
  [[nodiscard]] bool is_intact() const;
  /// Cursor::marker for `offset`, which must not lie behind offset(). At 0 it is of what stands at
  /// the beginning of the file now: another file may get its inode before it is read.
  [[nodiscard]] std::string marker(std::uint64_t offset) const;

  /// Where the line begins that the byte before `end` belongs to; `end` itself behind a line feed.
  [[nodiscard]] std::uint64_t line_start(std::uint64_t end) const;
  /// 1-based number of the line that begins at `offset`. A file so large that counting would hold
  /// up the start is numbered from `offset` on.
  [[nodiscard]] std::uint64_t line_number(std::uint64_t offset) const;

 private:
  FollowedFile(FileDescriptor fd, FileId id) : content_(std::move(fd)), id_(id) {}

  [[nodiscard]] bool begins_with(const std::string& bytes) const;
  [[nodiscard]] std::uint64_t first_data() const;

  mutable FileContent content_;  ///< reading moves nothing that can be seen
  FileId id_;
  std::uint64_t offset_ = 0;
  std::string first_;   ///< up to 256 bytes of the beginning, not behind offset_
  std::string before_;  ///< up to 256 bytes before offset_, as they were read
  bool at_end_ = false;
};

}  // namespace noci
