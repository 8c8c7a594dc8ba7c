#include "shapes.hpp"

#include <algorithm>
#include <array>

namespace sim {
namespace {

constexpr double hours = 1.0 / 24;

constexpr std::array all{
    // Synapse lets an account join ten rooms and then one every ten seconds: 730 in two hours. The
    // others are open to be read without joining.
    Shape{.name = "two_hours", .days = 2 * hours, .page = 1000, .searches = true},
    Shape{.name = "overnight", .days = 8 * hours, .hours = Hours::night, .searches = true},
    Shape{.name = "working_days",
          .days = 3,
          .hours = Hours::work,
          .who = Who::owner,
          .looks_like_owner = true},
    // The same by one who knows what clients ask for.
    Shape{.name = "like_a_person",
          .days = 3,
          .hours = Hours::work,
          .who = Who::owner,
          .page = 30,
          .looks_like_owner = true},
    Shape{.name = "fortnight",
          .days = 14,
          .hours = Hours::work,
          .who = Who::owner,
          .page = 30,
          .looks_like_owner = true},
    Shape{.name = "month",
          .days = 30,
          .hours = Hours::work,
          .who = Who::owner,
          .page = 30,
          .looks_like_owner = true},
    Shape{.name = "dozen_accounts", .days = 2, .accounts = 12, .searches = true},
    Shape{.name = "dozen_in_a_network",
          .days = 2,
          .accounts = 12,
          .addresses = 12,
          .spread = Spread::one_network},
    // The same, each as its owner's browser: nothing is shared but the network.
    Shape{.name = "dozen_masked",
          .days = 2,
          .accounts = 12,
          .addresses = 12,
          .spread = Spread::one_network,
          .looks_like_owner = true},
    Shape{
        .name = "dozen_apart", .days = 2, .accounts = 12, .addresses = 12, .spread = Spread::apart},
    Shape{.name = "addresses_200", .days = 1, .addresses = 200, .spread = Spread::apart},
    Shape{.name = "open_media",
          .days = 6 * hours,
          .joins = false,
          .reading = Reading::none,
          .files = Files::without_token},
    Shape{.name = "open_media_200",
          .days = 1,
          .addresses = 200,
          .spread = Spread::apart,
          .joins = false,
          .reading = Reading::none,
          .files = Files::without_token},
    Shape{.name = "federation", .days = 1, .who = Who::server},
    Shape{.name = "directory",
          .days = 1,
          .joins = false,
          .reading = Reading::none,
          .files = Files::none,
          .searches = true,
          .directory = true},
    Shape{.name = "media", .days = 6 * hours, .joins = false, .reading = Reading::none},
    Shape{.name = "small_pages", .days = 2, .page = 10, .files = Files::none},
    Shape{.name = "sync_filters", .days = 1, .reading = Reading::sync, .files = Files::none},
    Shape{
        .name = "sliding_sync", .days = 1, .reading = Reading::sliding_sync, .files = Files::none},
    Shape{.name = "search", .days = 1, .reading = Reading::search, .files = Files::none},
    Shape{.name = "context", .days = 1, .reading = Reading::context, .files = Files::none},
    Shape{.name = "stuffing", .days = 4 * hours, .accounts = 4, .beside = Beside::guessing},
    Shape{.name = "stuffing_40",
          .days = 4 * hours,
          .accounts = 4,
          .addresses = 40,
          .spread = Spread::apart,
          .beside = Beside::guessing_from_many},
    Shape{.name = "stolen_token",
          .days = 1,
          .share = 0.04,
          .searches = true,
          .looks_like_owner = true},
    Shape{
        .name = "admin_token", .days = 3 * hours, .who = Who::admin, .joins = false, .page = 1000},
    Shape{.name = "forged",
          .days = 2 * hours,
          .page = 1000,
          .searches = true,
          .beside = Beside::forging},
    Shape{.name = "night_insider",
          .days = 2,
          .share = 0.04,
          .hours = Hours::night,
          .who = Who::owner,
          .looks_like_owner = true},
    Shape{.name = "bot_token", .days = 1, .who = Who::bot, .looks_like_owner = true},
};

}  // namespace

std::span<const Shape> shapes() {
  return all;
}

const Shape* shape_named(std::string_view name) {
  const auto* found = std::ranges::find(all, name, &Shape::name);
  return found == all.end() ? nullptr : found;
}

}  // namespace sim
