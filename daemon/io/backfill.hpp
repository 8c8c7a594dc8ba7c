#pragma once
// What a first start reads of the past: the files of a log, rotated and packed ones too, from the
// first record that is not older than a given time. Plain files are searched by halves and packed
// ones by their blocks, so that not every line of a year is read. The place is found by the times
// of several lines at once; one absurd stamp does not move it.

#include <string>

#include "base/time.hpp"
#include "io/followed_file.hpp"
#include "io/tail_survey.hpp"
#include "parse/parser.hpp"

namespace noci {

/// A place in a file: where a line begins, and its number.
struct LinePlace {
  std::uint64_t offset = 0;
  std::uint64_t line = 1;
};

/// The first line whose record is not older than `from`; the end of the last whole line when none
/// is.
[[nodiscard]] LinePlace place_of(const FollowedFile& file, TimePoint from,
                                 const SourceInfo& source);

/// The files of the log `path`, oldest first, `current` being the one that has the name, each with
/// the place to begin at. Files that are older as a whole are left out.
[[nodiscard]] Survey survey_since(const std::string& path, const FollowedFile& current,
                                  TimePoint from, const SourceInfo& source);

}  // namespace noci
