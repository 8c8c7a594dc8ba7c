#pragma once
// Where records that cannot be read again are kept until they are counted: one folder, in it one
// file per stream of lines (`NAME.log`), which is renamed to `NAME.log.00000001`, … when it is
// large. io/tail reads them as any rotated log. Promises: whole lines only, in their order; no line
// stands in two files; nothing is removed that a commit has not covered; never more bytes than the
// limit. What cannot be written now is kept and keeps its place, and its sender is not read on.
//
// Durability: a line that was written survives the end of the process, not that of the power. The
// protocols have no acknowledgement, so a sender has forgotten the line by then anyway; what a
// commit has counted is synced before (SpoolSource), lest counters remember what the file does not.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "io/file_descriptor.hpp"
#include "model/record.hpp"

namespace noci {

struct SpoolOptions {
  std::string folder;
  std::uint64_t limit = std::uint64_t{1} << 30;
  /// When a file is renamed. With this many streams the files that are not full, which cannot be
  /// removed, take at most half of the limit.
  std::uint64_t segment = std::uint64_t{1} << 25;
};

class Spool {
 public:
  /// More streams share one, called `others`.
  static constexpr std::size_t most_streams = 16;

  /// Makes the folder, and cuts off a line that a crash left half written.
  [[nodiscard]] static Result<Spool> open(SpoolOptions options);

  /// The name that lines of `stream` are kept under.
  [[nodiscard]] std::string file_of(const std::string& stream);
  /// `lines`: whole ones. They are taken whatever happens; is_blocked() says whether to go on.
  void append(const std::string& file, std::string_view lines);
  /// Tries again what could not be written.
  void flush();

  /// Nothing should be read from senders: the spool is full, or cannot be written.
  [[nodiscard]] bool is_blocked() const { return waiting_ > 0; }

  /// Why, for people.
  [[nodiscard]] const std::string& why() const { return why_; }

  /// Removes what lies before these cursors.
  void release(const std::vector<Cursor>& committed);

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  [[nodiscard]] std::uint64_t write_errors() const { return write_errors_; }

  [[nodiscard]] std::uint64_t cut_lines() const { return cut_lines_; }

 private:
  struct File {
    FileDescriptor fd;
    std::uint64_t size = 0;
    std::uint64_t next_number = 1;
    std::string waiting;  ///< what must be written next, perhaps beginning within a line
    bool is_cut = false;  ///< the file ends within a line, which `waiting` goes on with
  };

  explicit Spool(SpoolOptions options) : options_(std::move(options)) {}

  [[nodiscard]] Result<void> take_stock();
  [[nodiscard]] Result<void> repair(const std::string& name);
  bool write(const std::string& name, File& file);
  bool rotate(const std::string& name, File& file);
  bool blocked(const std::string& what, int error);
  [[nodiscard]] std::string path(const std::string& name) const;

  SpoolOptions options_;
  std::map<std::string, File> files_;
  std::uint64_t bytes_ = 0;
  std::size_t waiting_ = 0;  ///< bytes that could not be written yet
  std::string why_;
  std::uint64_t write_errors_ = 0;
  std::uint64_t cut_lines_ = 0;
};

/// The segments of a spool folder, oldest first within each name.
struct SpoolSegment {
  std::string name;          ///< `NAME` of `NAME.log.00000001`
  std::uint64_t number = 0;  ///< 0: the file that is being written
  std::string path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
};

[[nodiscard]] std::vector<SpoolSegment> spool_segments(const std::string& folder);

}  // namespace noci
