// Databases in MaxMind's format, as the tests write them.

#include "io/geo_database.hpp"

#include <fstream>
#include <iterator>

#include "support/catch.hpp"
#include "support/mmdb_file.hpp"
#include "support/scratch_dir.hpp"

using namespace noci;
using testing::MmdbFile;

namespace {

Whereabouts locate(const GeoDatabase& database, const char* address) {
  return database.locate(*IpAddress::parse(address));
}

}  // namespace

TEST_CASE("each database is asked for what it holds") {
  const testing::ScratchDir folder;
  MmdbFile("Test-City")
      .city("192.0.2.0/24", "FR", 48.86, 2.35)
      .city("2001:db8::/32", "DE", 52.52, 13.4)
      .country("198.51.100.0/25", "US")
      .write(folder.file("city.mmdb"));
  MmdbFile("Test-ASN").as("192.0.0.0/16", 64500, "Example").write(folder.file("asn.mmdb"));
  const auto database = GeoDatabase::open({folder.file("city.mmdb"), folder.file("asn.mmdb")});
  REQUIRE(database.has_value());
  const GeoDatabase& geo = **database;
  const Whereabouts paris = locate(geo, "192.0.2.77");
  CHECK(paris.country == "FR");
  CHECK(paris.as_number == 64500);
  CHECK(paris.as_name == "Example");
  REQUIRE(paris.at.has_value());
  CHECK(paris.at->latitude == 48.86);
  CHECK(paris.at->longitude == 2.35);
  CHECK(locate(geo, "::ffff:192.0.2.77").country == "FR");
  CHECK(locate(geo, "192.0.3.1").country.empty());
  CHECK(locate(geo, "192.0.3.1").as_number == 64500);
  CHECK(locate(geo, "2001:db8:7::1").country == "DE");
  CHECK(locate(geo, "198.51.100.1").country == "US");
  CHECK_FALSE(locate(geo, "198.51.100.1").at.has_value());
  CHECK(locate(geo, "198.51.100.200").country.empty());
  CHECK(geo.failed_lookups() == 0);
  CHECK(geo.descriptions() ==
        std::vector<std::string>{"Test-City, built 2026-05-28", "Test-ASN, built 2026-05-28"});
}

TEST_CASE("a database that is missing or damaged is refused with its name") {
  const testing::ScratchDir folder;
  const std::string path = folder.file("geo.mmdb");
  const auto why = [&] {
    const auto opened = GeoDatabase::open({path});
    return opened ? std::string() : opened.error().what;
  };
  CHECK(why() == "cannot open the geo database " + path + ": No such file or directory");
  std::ofstream(path) << "no database";
  CHECK(why().find(path + ": ") != std::string::npos);
  MmdbFile file;
  file.country("192.0.2.0/24", "FR").write(path);
  CHECK(why().empty());
  const std::string bytes = file.bytes();
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes.substr(0, bytes.size() / 2);
  CHECK_FALSE(why().empty());
}

TEST_CASE("an answer that cannot be read is counted and taken for none") {
  const testing::ScratchDir folder;
  const std::string path = folder.file("geo.mmdb");
  std::string bytes = MmdbFile().country("192.0.2.0/24", "FR").bytes();
  // The last record of the tree is where the network's data stand: far outside.
  const std::size_t data = bytes.find("country") - 2 - 16;
  bytes.replace(data - 8, 4, "\x7f\xff\xff\xff");
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  const auto database = GeoDatabase::open({path});
  REQUIRE(database.has_value());
  CHECK(locate(**database, "192.0.2.1").country.empty());
  CHECK((*database)->failed_lookups() == 1);
}
