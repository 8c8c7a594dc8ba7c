#include "base/text.hpp"

#include <array>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/http.hpp"
#include "base/ip.hpp"
#include "support/catch.hpp"

using namespace noci;

TEST_CASE("percent escapes are decoded once and broken ones stay") {
  REQUIRE(percent_decode("%21abc%3Ahs") == "!abc:hs");
  REQUIRE(percent_decode("%2521") == "%21");
  REQUIRE(percent_decode("100%") == "100%");
  REQUIRE(percent_decode("%4") == "%4");
  REQUIRE(percent_decode("%zz+") == "%zz+");
  REQUIRE(query_decode("a+b%20c") == "a b c");
}

TEST_CASE("decoding into an arena copies only what has escapes") {
  Arena arena;
  const std::string_view plain = "!abc:hs";
  REQUIRE(percent_decode(plain, arena).data() == plain.data());
  REQUIRE(percent_decode("%21a%3Ahs%2", arena) == "!a:hs%2");
  REQUIRE(percent_decode("a+b", arena) == "a+b");
  REQUIRE(query_decode("a+b%2B", arena) == "a b+");
  REQUIRE(percent_decode("", arena).empty());
  std::array<char, 8> place{};
  REQUIRE(query_decode_to(place.data(), "%41+%4") == "A %4");
}

TEST_CASE("globs match whole strings") {
  REQUIRE(glob_match("@telegram_*:hs", "@telegram_1:hs"));
  REQUIRE(glob_match("*", ""));
  REQUIRE(glob_match("a*b*c", "aXXbYYbc"));
  REQUIRE_FALSE(glob_match("a*b", "abc"));
  REQUIRE(glob_match("a?c", "abc"));
}

TEST_CASE("hostile text is made printable") {
  REQUIRE(printable("\x1b[31mred") == "\xef\xbf\xbd[31mred");
  REQUIRE(printable(std::string_view("a\0b", 3)) ==
          "a\xef\xbf\xbd"
          "b");
  REQUIRE(printable("\xff") == "\xef\xbf\xbd");
  REQUIRE(printable("\xe2\x80\xae"
                    "evil")
              .substr(3) == "evil");
  REQUIRE(printable("\xc3\xa9l\xc3\xa9phant") == "\xc3\xa9l\xc3\xa9phant");
  REQUIRE(printable(std::string(300, 'x'), 10) == "xxxxxxx\xe2\x80\xa6");
  REQUIRE(printable("xxxxxx\xc3\xa9\xc3\xa9\xc3\xa9", 10) == "xxxxxx\xe2\x80\xa6");
}

TEST_CASE("sizes are read with their units") {
  REQUIRE(parse_size("500MiB") == 524288000);
  REQUIRE(parse_size("2GiB") == 2147483648);
  REQUIRE(parse_size("10kB") == 10000);
  REQUIRE(parse_size("20") == 20);
  REQUIRE_FALSE(parse_size("20X").has_value());
  REQUIRE_FALSE(parse_size("9223372036854775807GiB").has_value());
  REQUIRE(describe_bytes(13'500'000'000) == "13.5 GB");
  REQUIRE(describe_bytes(999'999) == "1.0 MB");
  REQUIRE(describe_count(643459) == "643,459");
  REQUIRE(describe_count(-1234) == "-1,234");
}

TEST_CASE("IPv4 addresses are written as they are read") {
  for (int octet = 0; octet < 256; ++octet) {
    const std::string one = std::to_string(octet);
    for (const std::string& text :
         {one + ".0.0.1", "10." + one + ".200.30", "255.255.255." + one}) {
      REQUIRE(IpAddress::parse(text)->to_string() == text);
    }
    REQUIRE(network_of(*IpAddress::parse("192.0." + one + ".77")) == "192.0." + one + ".0/24");
  }
  REQUIRE(IpAddress::parse("::ffff:192.0.2.1")->to_string() == "192.0.2.1");
}

TEST_CASE("addresses are read strictly") {
  REQUIRE(IpAddress::parse("192.0.2.1")->to_string() == "192.0.2.1");
  REQUIRE(IpAddress::parse("::ffff:192.0.2.1")->is_v4);
  REQUIRE(IpAddress::parse("fe80::1%eth0")->to_string() == "fe80::1");
  for (const char* text : {"", "1.2.3", "1.2.3.4 ", "1.2.3.4:80", "hello", "01.2.3.4"}) {
    CAPTURE(text);
    REQUIRE_FALSE(IpAddress::parse(text).has_value());
  }
  REQUIRE(Cidr::parse("192.0.2.0/24")->contains(*IpAddress::parse("::ffff:192.0.2.77")));
  REQUIRE_FALSE(Cidr::parse("192.0.2.0/25")->contains(*IpAddress::parse("192.0.2.200")));
  REQUIRE(Cidr::parse("2001:db8::/33")->contains(*IpAddress::parse("2001:db8:7fff::1")));
  REQUIRE(Cidr::parse("192.0.0.0/16")->contains(*Cidr::parse("192.0.2.0/24")));
  REQUIRE(Cidr::parse("192.0.2.0/24")->contains(*Cidr::parse("192.0.2.0/24")));
  REQUIRE_FALSE(Cidr::parse("192.0.2.0/25")->contains(*Cidr::parse("192.0.2.0/24")));
  REQUIRE_FALSE(Cidr::parse("192.0.2.0/33").has_value());
}

TEST_CASE("hashes agree with published vectors") {
  // FIPS 180-2, RFC 4231 case 2, RFC 4648, and the SipHash-2-4 reference vector for one byte.
  const Sha256 abc = sha256("abc");
  REQUIRE(to_hex({reinterpret_cast<const char*>(abc.data()), 4}) == "ba7816bf");
  REQUIRE(
      to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")).starts_with("5bdcc146bf60754e"));
  REQUIRE(to_base32("foobar") == "mzxw6ytboi");
  REQUIRE(to_base64("foob") == "Zm9vYg==");
  std::string bytes;
  REQUIRE(from_base64("Zm9vYg==", bytes));
  REQUIRE(bytes == "foob");
  REQUIRE_FALSE(from_base64("Zm9v!g==", bytes));
  HashSeed seed;
  for (unsigned char i = 0; i < 16; ++i) {
    seed[i] = i;
  }
  REQUIRE(siphash(std::string_view("\0", 1), seed) == 0x74f839c593dc67fd);
}

TEST_CASE("binary state reads back and a cut one fails quietly") {
  ByteWriter writer;
  writer.number(300);
  writer.integer(-5);
  writer.text("room");
  writer.fixed64(0x1122334455667788);
  const std::string bytes = writer.bytes();
  ByteReader reader(bytes);
  REQUIRE(reader.number() == 300);
  REQUIRE(reader.integer() == -5);
  REQUIRE(reader.text() == "room");
  REQUIRE(reader.fixed64() == 0x1122334455667788);
  REQUIRE(reader.ok());
  REQUIRE(reader.at_end());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    ByteReader shorter(std::string_view(bytes).substr(0, cut));
    shorter.number();
    shorter.integer();
    shorter.text();
    shorter.fixed64();
    REQUIRE_FALSE(shorter.ok());
  }
}

TEST_CASE("URLs are split and secrets in them are not part of the origin") {
  Url url;
  REQUIRE(parse_url("https://hooks.example/services/SECRET?x=1#f", url));
  REQUIRE(url.origin() == "https://hooks.example:443");
  REQUIRE(url.target == "/services/SECRET?x=1");
  REQUIRE(parse_url("http://[::1]:8080", url));
  REQUIRE(url.host == "::1");
  REQUIRE(url.port == 8080);
  REQUIRE(url.target == "/");
  for (const char* text : {"", "ftp://x", "http://", "http://user:pw@x/", "http://x:0/",
                           "http://x:99999/", "http://x/a b"}) {
    CAPTURE(text);
    REQUIRE_FALSE(parse_url(text, url));
  }
}
