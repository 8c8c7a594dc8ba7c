// noci_sim: writes the log of one homeserver to standard output, with or without a theft in it.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "population.hpp"
#include "surroundings.hpp"
#include "theft.hpp"

namespace {

constexpr const char* usage =
    "usage: noci_sim [--seed N] [--accounts N] [--days N] [--first-day N] [--indexers SHARE]\n"
    "                [--shape NAME --truth FILE [--scale SHARE] [--theft-day N]]\n"
    "       noci_sim --shapes\n"
    "Writes a homeserver's log from 2026-06-01T00:00:00Z on, in text, UTC. --shapes lists the\n"
    "shapes of the theft with their length in days.\n";

struct Options {
  std::uint64_t seed = 1;
  int accounts = 5000;
  int days = 7;
  int first_day = 0;
  int theft_day = 3;
  double indexers = 0;
  double scale = 1;
  const sim::Shape* shape = nullptr;
  const char* truth = nullptr;
};

std::optional<Options> options_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) {
      return std::nullopt;
    }
    const char* value = argv[i + 1];
    if (name == "--seed") {
      options.seed = std::strtoull(value, nullptr, 10);
    } else if (name == "--accounts") {
      options.accounts = std::atoi(value);
    } else if (name == "--days") {
      options.days = std::atoi(value);
    } else if (name == "--first-day") {
      options.first_day = std::atoi(value);
    } else if (name == "--theft-day") {
      options.theft_day = std::atoi(value);
    } else if (name == "--indexers") {
      options.indexers = std::atof(value);
    } else if (name == "--scale") {
      options.scale = std::atof(value);
    } else if (name == "--shape") {
      options.shape = sim::shape_named(value);
      if (options.shape == nullptr) {
        return std::nullopt;
      }
    } else if (name == "--truth") {
      options.truth = value;
    } else {
      return std::nullopt;
    }
  }
  const bool sound = options.accounts > 0 && options.days > 0 && options.scale > 0 &&
                     (options.shape == nullptr) == (options.truth == nullptr);
  return sound ? std::optional(options) : std::nullopt;
}

int write_log(const Options& options) {
  const sim::World world(options.seed, options.accounts);
  sim::Population population(world, options.indexers);
  sim::Surroundings surroundings(world);
  std::FILE* truth = options.truth == nullptr ? nullptr : std::fopen(options.truth, "w");
  if (options.truth != nullptr && truth == nullptr) {
    std::fprintf(stderr, "noci_sim: cannot write %s: %s\n", options.truth, std::strerror(errno));
    return 3;
  }
  std::unique_ptr<sim::Theft> theft;
  if (options.shape != nullptr) {
    theft = std::make_unique<sim::Theft>(world, *options.shape, options.scale, options.theft_day,
                                         truth);
  }
  sim::LineWriter writer(stdout);
  std::vector<sim::Request> requests;
  for (int day_number = options.first_day; day_number < options.first_day + options.days;
       ++day_number) {
    for (int account = 0; account < options.accounts; ++account) {
      population.live(account, day_number, requests);
    }
    surroundings.live(day_number, requests);
    if (theft) {
      theft->live(day_number, requests);
    }
    std::ranges::stable_sort(requests, {}, &sim::Request::at);
    // What ends after midnight belongs to the next file of the day.
    const auto later = std::ranges::lower_bound(
        requests, sim::beginning + (day_number + 1) * sim::day, {}, &sim::Request::at);
    std::for_each(requests.begin(), later,
                  [&](const sim::Request& request) { writer.write(request); });
    requests.erase(requests.begin(), later);
  }
  if (theft) {
    theft->finish();
    std::fclose(truth);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--shapes") {
    for (const sim::Shape& shape : sim::shapes()) {
      std::printf("%s %g %g\n", std::string(shape.name).c_str(), shape.days, shape.share);
    }
    return 0;
  }
  const auto options = options_of(argc, argv);
  if (!options) {
    std::fputs(usage, stderr);
    return 2;
  }
  return write_log(*options);
}
