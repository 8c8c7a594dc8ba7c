#pragma once
// Collects the faults and warnings of one file, all of them, so that an operator repairs a file
// in one go. Each text carries a short stable code such as `[unknown-key]`. The number kept per
// file is bounded, because a hostile or garbled file could otherwise fill the memory with them.

#include <string>
#include <string_view>
#include <utility>

#include "model/settings.hpp"

namespace noci {

/// Where in a file; both 1-based, 0 when it is about the file as a whole.
struct Place {
  int line = 0;
  int column = 0;
};

class Report {
 public:
  Report(std::string file, Faults& faults, Faults& warnings);

  void fault(Place at, std::string_view code, const std::string& what, std::string help = {});
  void warn(Place at, std::string_view code, const std::string& what, std::string help = {});

  [[nodiscard]] const std::string& file() const { return file_; }

  /// A report about another file that this one refers to, into the same collections.
  [[nodiscard]] Report about(std::string file) const {
    return {std::move(file), faults_, warnings_};
  }

  /// Faults so far: unchanged over a piece of work means that the piece was fine.
  [[nodiscard]] std::size_t fault_count() const { return counted_; }

 private:
  static constexpr std::size_t most_kept = 100;  // nobody reads more before repairing the first

  std::string file_;
  Faults& faults_;
  Faults& warnings_;
  std::size_t counted_ = 0;
  std::size_t warned_ = 0;
};

/// A piece of a file as it may be shown: printable, short, in single quotes.
[[nodiscard]] std::string cite(std::string_view text);

}  // namespace noci
