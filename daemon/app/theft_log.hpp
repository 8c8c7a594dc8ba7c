#pragma once
// A theft that never happened, as Synapse's terse JSON would have logged it: the haul of June 2026
// (876 rooms, 643,459 messages, 59,386 files, 13.5 GB, 73,000 people) or a part of it, taken at an
// even pace by one account. `noci tune` lays it over an operator's own logs. Nothing is kept: every
// line, and what was taken by then, follows from its number.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "model/alert.hpp"
#include "model/record.hpp"

namespace noci {

struct TheftShape {
  std::string_view name;
  Duration takes;
  double share = 1;      ///< of the haul
  bool history = false;  ///< rooms are joined and read
  bool files = false;
  bool people = false;     ///< the directory is searched
  bool has_token = true;   ///< else by address alone, as old media can be
  bool from_home = false;  ///< at the account's own address, with its own client
};

[[nodiscard]] std::span<const TheftShape> theft_shapes();

/// Whose account it is, with the address and agent that it used last.
struct Victim {
  std::string homeserver;  ///< as its log says; may be empty
  std::string account;
  std::string address;
  std::string agent;
};

struct Haul {
  std::int64_t rooms = 0;
  std::int64_t messages = 0;
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  std::int64_t people = 0;
};

class TheftLog {
 public:
  /// `number` tells thefts apart: their addresses, rooms and files.
  TheftLog(const TheftShape& shape, Victim victim, TimePoint begin, int number);

  [[nodiscard]] const std::string& name() const { return name_; }

  [[nodiscard]] const TheftShape& shape() const { return shape_; }

  [[nodiscard]] const Victim& victim() const { return victim_; }

  /// The next lines, of `source`; its views are valid until the next call. Nothing at the end.
  [[nodiscard]] std::optional<Chunk> next(SourceIndex source);

  /// What has been taken when the clock says `time`.
  [[nodiscard]] Haul taken_by(TimePoint time) const;

  [[nodiscard]] Haul total() const { return taken_in(steps_); }

  /// Whether the alert names who does it: the account, or an address that nobody else has.
  [[nodiscard]] bool is_named_by(const Alert& alert) const;

 private:
  [[nodiscard]] Haul taken_in(std::int64_t steps) const;

  [[nodiscard]] std::int64_t steps_of_room() const { return leading_ + pages_ + files_; }

  [[nodiscard]] TimePoint time_of(std::int64_t step) const;
  void write(std::int64_t step);
  void write_request(std::int64_t step, std::string_view method, const std::string& path,
                     std::int64_t bytes);

  const TheftShape& shape_;
  Victim victim_;
  TimePoint begin_;
  int number_;
  std::string name_;
  std::string address_;
  std::string network_;
  std::string agent_;
  // Of each room it is joined, its pages, its files; or searches alone.
  std::int64_t rooms_ = 0;
  std::int64_t leading_ = 0;  ///< joins of a room, or searches
  std::int64_t pages_ = 0;    ///< of a room
  std::int64_t files_ = 0;    ///< of a room
  std::int64_t steps_ = 0;
  std::int64_t next_ = 0;
  std::uint64_t offset_ = 0;
  std::string lines_;
};

}  // namespace noci
