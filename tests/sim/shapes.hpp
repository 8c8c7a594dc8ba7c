#pragma once
// The shapes of the theft: one haul, taken in many ways. What is taken is the haul of June 2026 as
// reported (876 rooms, 643k messages, 59k files, 13.5 GB, 73k profiles) or a part of it.

#include <span>
#include <string_view>

namespace sim {

enum class Hours : unsigned char { any, work, night };
enum class Who : unsigned char { stranger, owner, server, admin, bot };
enum class Reading : unsigned char { none, pages, sync, sliding_sync, search, context };
enum class Files : unsigned char { none, with_token, without_token };
enum class Spread : unsigned char { one_address, one_network, apart };
enum class Beside : unsigned char { nothing, forging, guessing, guessing_from_many };

struct Shape {
  std::string_view name;
  double days;       ///< from the first request to the last, on the calendar
  double share = 1;  ///< of the haul
  Hours hours = Hours::any;
  Who who = Who::stranger;
  int accounts = 1;
  int addresses = 1;
  Spread spread = Spread::one_address;
  bool joins = true;
  Reading reading = Reading::pages;
  int page = 100;
  Files files = Files::with_token;
  bool searches = false;          ///< begins with the directory, 200 full answers: the loud do
  bool directory = false;         ///< nothing but people: search, then profile by profile
  bool looks_like_owner = false;  ///< with the owner's agent instead of a script's
  Beside beside = Beside::nothing;
};

std::span<const Shape> shapes();
const Shape* shape_named(std::string_view name);

}  // namespace sim
