#pragma once
// What one sender sends → whole lines, however the bytes are cut. Lines end in LF; a sender that
// begins with a count (`123 <13>…`, RFC 6587 section 3.4.1) counts its octets instead, all along.
// Memory stays within the longest line: a longer one is skipped to its end and counted.

#include <cstdint>
#include <string>
#include <string_view>

namespace noci {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t longest) : longest_(longest) {}

  /// Appends every line that is complete now to `lines`, each with its LF. False: the counts make
  /// no sense, and nothing of this sender can be read any more.
  [[nodiscard]] bool push(std::string_view bytes, std::string& lines);

  /// A line was begun and not ended.
  [[nodiscard]] bool is_inside_line() const;
  /// What there is of it, where the end of the input ends it; empty when it was too long anyway.
  [[nodiscard]] std::string_view rest() const;

  [[nodiscard]] std::uint64_t lines() const { return lines_; }

  [[nodiscard]] std::uint64_t oversize_lines() const { return oversize_lines_; }

 private:
  enum class Framing : std::uint8_t { unknown, lines, counts };

  void take_lines(std::string_view bytes, std::string& lines);
  [[nodiscard]] bool take_counts(std::string_view bytes, std::string& lines);
  bool detect();
  void keep(std::string_view bytes);
  void finish(std::string& lines);

  std::size_t longest_;
  Framing framing_ = Framing::unknown;
  std::string partial_;
  bool too_long_ = false;    ///< the line under way is being skipped
  bool in_message_ = false;  ///< counts: behind the blank
  std::uint64_t left_ = 0;   ///< counts: of the message
  std::string count_;        ///< counts: its digits
  std::uint64_t lines_ = 0;
  std::uint64_t oversize_lines_ = 0;
};

}  // namespace noci
