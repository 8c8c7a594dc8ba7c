#include "notify/signature.hpp"

#include "base/hash.hpp"
#include "support/catch.hpp"

using namespace noci;

// The vector that the Standard Webhooks specification publishes.
TEST_CASE("the published test vector is signed as published") {
  const auto key = parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  REQUIRE(key);
  REQUIRE(key->size() == 24);
  REQUIRE(sign(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})") ==
          "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("a secret is taken as files hold it, with a line feed") {
  REQUIRE(parse_secret(" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").value() ==
          parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value());
}

TEST_CASE("a bad secret is refused without repeating it") {
  const auto secret_of = [](std::size_t bytes) {
    return "whsec_" + to_base64(std::string(bytes, 'k'));
  };
  REQUIRE(parse_secret(secret_of(24)));
  REQUIRE(parse_secret(secret_of(64)));
  for (const std::string& bad : {secret_of(23), secret_of(65), std::string("whsec_"), std::string(),
                                 std::string("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                                 std::string("whsec_MfKQ9r8!GKYqrTwjUPD8I")}) {
    const auto key = parse_secret(bad);
    INFO(bad);
    REQUIRE_FALSE(key);
    REQUIRE(key.error().what.find("MfKQ") == std::string::npos);
  }
}
