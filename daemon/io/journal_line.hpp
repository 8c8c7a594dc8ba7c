#pragma once
// An entry's fields → one line of `journalctl -o json`: a text as a string, what is not printable
// UTF-8 as an array of its bytes. Only fields that the parse room has a use for; of a field that
// occurs several times the first.

#include <cstdint>
#include <string>
#include <string_view>

namespace noci {

class JournalLine {
 public:
  /// Begins an entry at the end of `out`.
  JournalLine(std::string& out, std::uint64_t realtime_usec);
  /// `NAME=value` as libsystemd gives it; other fields than those of interest are left out.
  void add(std::string_view field);
  /// Ends the entry with a line feed.
  void end();

 private:
  std::string& out_;
  std::uint32_t seen_ = 0;  ///< one bit for each field of interest
};

}  // namespace noci
