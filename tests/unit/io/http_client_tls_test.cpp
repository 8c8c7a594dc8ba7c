#include <cstdlib>

#include <boost/asio/ssl.hpp>

#include "io/http_client.hpp"
#include "support/catch.hpp"
#include "support/coroutine.hpp"
#include "support/log_folder.hpp"
#include "support/peer.hpp"

using namespace noci;
using namespace noci::testing;
using Catch::Matchers::ContainsSubstring;
namespace asio = boost::asio;

namespace {

/// A CA of one's own and a certificate for each name, made by openssl in a temporary folder.
class Certificates {
 public:
  Certificates() {
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        " -subj /CN=test-ca -keyout ca.key -out ca.pem");
  }

  void make(const std::string& name, const std::string& alternative) {
    folder_.append(name + ".ext", "subjectAltName=" + alternative + "\n");
    openssl(
        "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost"
        " -keyout " +
        name + ".key -out " + name + ".csr");
    openssl("x509 -req -days 2 -CA ca.pem -CAkey ca.key -CAcreateserial -in " + name +
            ".csr -extfile " + name + ".ext -out " + name + ".pem");
  }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path(name); }

 private:
  void openssl(const std::string& arguments) const {
    const std::string command =
        "cd '" + folder_.path("") + "' && openssl " + arguments + " 2>openssl.log";
    if (std::system(command.c_str()) != 0) {
      throw std::runtime_error("openssl failed: " + command);
    }
  }

  LogFolder folder_;
};

using Tls = asio::ssl::stream<tcp::socket>;

asio::awaitable<void> serve(tcp::socket socket, std::shared_ptr<PeerLog> log,
                            std::shared_ptr<asio::ssl::context> context) {
  Tls stream(std::move(socket), *context);
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, as_result);
  if (error) {
    co_return;
  }
  const char* name = SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
  log->server_name = name == nullptr ? "" : name;
  log->request = co_await read_request(stream);
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  co_await asio::async_write(stream, asio::buffer(answer), as_result);
}

Script tls_server(const Certificates& certificates, const std::string& name) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  context->use_certificate_chain_file(certificates.path(name + ".pem"));
  context->use_private_key_file(certificates.path(name + ".key"), asio::ssl::context::pem);
  return [context](tcp::socket socket, std::shared_ptr<PeerLog> log) {
    return serve(std::move(socket), std::move(log), context);
  };
}

Script old_tls_server(const Certificates& certificates, const std::string& name) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  context->use_certificate_chain_file(certificates.path(name + ".pem"));
  context->use_private_key_file(certificates.path(name + ".key"), asio::ssl::context::pem);
  SSL_CTX_set_cipher_list(context->native_handle(), "ALL:@SECLEVEL=0");
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context->native_handle(), TLS1_1_VERSION);
  return [context](tcp::socket socket, std::shared_ptr<PeerLog> log) {
    return serve(std::move(socket), std::move(log), context);
  };
}

Result<HttpResponse> get(asio::io_context& io, const std::string& host, std::uint16_t port,
                         const std::string& ca_file) {
  HttpRequest request;
  request.url = {true, host, port, "/SECRET"};
  request.method = "GET";
  FetchOptions options;
  options.ca_file = ca_file;
  return run(io, fetch(request, options));
}

const Certificates& certificates() {
  static Certificates made;
  static const bool ready = [] {
    made.make("localhost", "DNS:localhost");
    made.make("address", "IP:127.0.0.1");
    made.make("elsewhere", "DNS:elsewhere.example");
    return true;
  }();
  (void)ready;
  return made;
}

}  // namespace

TEST_CASE("a server that proves its name is talked to over TLS, and told which name is meant") {
  asio::io_context io;
  Peer peer(io, tls_server(certificates(), "localhost"));
  const auto answer = get(io, "localhost", peer.port(), certificates().path("ca.pem"));
  REQUIRE(answer.has_value());
  REQUIRE(answer->status == 200);
  REQUIRE(answer->body == "ok");
  REQUIRE(peer.log().server_name == "localhost");
}

TEST_CASE("an address is checked as an address and sends no name") {
  asio::io_context io;
  Peer peer(io, tls_server(certificates(), "address"));
  REQUIRE(get(io, "127.0.0.1", peer.port(), certificates().path("ca.pem")).has_value());
  REQUIRE(peer.log().server_name.empty());
}

TEST_CASE("a certificate that nobody vouches for is refused") {
  asio::io_context io;
  Peer peer(io, tls_server(certificates(), "localhost"));
  const auto answer = get(io, "localhost", peer.port(), "");
  REQUIRE_FALSE(answer.has_value());
  REQUIRE_THAT(
      answer.error().what,
      ContainsSubstring("cannot GET to https://localhost:" + std::to_string(peer.port()) +
                        ": the certificate is refused: unable to get local issuer certificate"));
  REQUIRE_THAT(answer.error().what, !ContainsSubstring("SECRET"));
  REQUIRE(peer.log().request.empty());  // nothing was sent to it
}

TEST_CASE("a certificate for another name is refused") {
  asio::io_context io;
  Peer elsewhere(io, tls_server(certificates(), "elsewhere"));
  const auto answer = get(io, "localhost", elsewhere.port(), certificates().path("ca.pem"));
  REQUIRE_FALSE(answer.has_value());
  REQUIRE_THAT(answer.error().what, ContainsSubstring("certificate is refused: hostname mismatch"));
  REQUIRE(elsewhere.log().request.empty());
  Peer named(io, tls_server(certificates(), "localhost"));
  const auto by_address = get(io, "127.0.0.1", named.port(), certificates().path("ca.pem"));
  REQUIRE_FALSE(by_address.has_value());
  REQUIRE_THAT(by_address.error().what,
               ContainsSubstring("certificate is refused: IP address mismatch"));
}

TEST_CASE("a server that only knows old TLS is refused") {
  asio::io_context io;
  Peer peer(io, old_tls_server(certificates(), "localhost"));
  const auto answer = get(io, "localhost", peer.port(), certificates().path("ca.pem"));
  REQUIRE_FALSE(answer.has_value());
  REQUIRE_THAT(answer.error().what, ContainsSubstring("the TLS handshake: "));
}

TEST_CASE("a server that does not speak TLS, and a missing CA file, are clear errors") {
  asio::io_context io;
  Peer plain(io, answering("HTTP/1.1 400 Bad Request\r\n\r\n"));
  FetchOptions options;
  const auto answer = get(io, "127.0.0.1", 1, "/nowhere/ca.pem");
  REQUIRE_FALSE(answer.has_value());
  REQUIRE_THAT(answer.error().what, ContainsSubstring("/nowhere/ca.pem: No such file"));
}
