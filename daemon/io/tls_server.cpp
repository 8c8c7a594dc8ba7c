#include "io/tls_server.hpp"

#include <memory>

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace ssl = boost::asio::ssl;

namespace noci {
namespace {

tl::unexpected<Error> cannot_use(const char* what, const std::string& file,
                                 const boost::system::error_code& error) {
  return failure("cannot use the " + std::string(what) + " " + file + ": " + error.message());
}

}  // namespace

Result<ssl::context> tls_server_context(const TlsSettings& settings) {
  ssl::context context(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(context.native_handle(), 0);
  boost::system::error_code error;
  context.use_certificate_chain_file(settings.cert_file, error);
  if (error) {
    return cannot_use("certificate", settings.cert_file, error);
  }
  context.use_private_key_file(settings.key_file, ssl::context::pem, error);
  if (error) {
    return cannot_use("key", settings.key_file, error);
  }
  if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return failure("the key " + settings.key_file + " is not that of the certificate " +
                   settings.cert_file);
  }
  if (!settings.ca_file.empty()) {
    context.load_verify_file(settings.ca_file, error);
    if (error) {
      return cannot_use("authorities", settings.ca_file, error);
    }
    context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  }
  return context;
}

std::optional<std::string> name_of_peer(SSL* connection, const std::vector<std::string>& names) {
  const std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(connection),
                                                           &X509_free);
  for (const std::string& name : names) {
    if (certificate != nullptr && X509_check_host(certificate.get(), name.data(), name.size(),
                                                  X509_CHECK_FLAG_NO_WILDCARDS, nullptr) == 1) {
      return name;
    }
  }
  return std::nullopt;
}

}  // namespace noci
