#include "io/http_client.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace noci {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::awaitable;
using boost::system::error_code;
using tcp = asio::ip::tcp;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

using Clock = std::chrono::steady_clock;

/// Room for the header fields of an answer; what a receiver says beyond that is of no use.
constexpr std::uint32_t longest_header = 16 * 1024;

tl::unexpected<Error> fault(const std::string& doing, const Url& url, const std::string& why) {
  return failure("cannot " + doing + " " + url.origin() + ": " + why);
}

tl::unexpected<Error> fault(const std::string& doing, const Url& url, const error_code& error) {
  return fault(doing, url,
               error == beast::error::timeout ? std::string("no answer in time") : error.message());
}

http::request<http::string_body> message_of(const HttpRequest& request) {
  http::request<http::string_body> message;
  message.method_string(request.method);
  message.target(request.url.target);
  message.version(11);
  const std::string origin = request.url.origin();
  message.set(http::field::host, origin.substr(origin.find("//") + 2));
  message.set(http::field::connection, "close");
  for (const auto& [name, value] : request.headers) {
    message.set(name, value);
  }
  message.body() = request.body;
  message.prepare_payload();
  return message;
}

/// Sends and reads; `stream` has its deadline set.
template <typename Stream>
awaitable<Result<HttpResponse>> converse(Stream& stream, const HttpRequest& request,
                                         const FetchOptions& options) {
  const auto message = message_of(request);
  auto [write_error, written] = co_await http::async_write(stream, message, as_result);
  if (write_error) {
    co_return fault("send to", request.url, write_error);
  }
  beast::flat_buffer buffer(std::size_t{longest_header} + options.max_body);
  http::response_parser<http::string_body> parser;
  parser.header_limit(longest_header);
  parser.body_limit(options.max_body);
  auto [read_error, read] = co_await http::async_read(stream, buffer, parser, as_result);
  const bool cut = read_error == http::error::body_limit || read_error == http::error::buffer_overflow;
  // A receiver that closes without the TLS farewell, or promised a body it did not send, has
  // answered all the same once its status is here.
  if (read_error && !parser.is_header_done()) {
    co_return fault("read the answer of", request.url, read_error);
  }
  if (read_error == beast::error::timeout) {
    co_return fault("read the answer of", request.url, read_error);
  }
  HttpResponse response;
  response.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get()) {
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  if (!cut) {
    response.body = std::move(parser.get().body());
    response.body.resize(std::min(response.body.size(), options.max_body));
  }
  co_return response;
}

Result<asio::ssl::context> make_tls(const HttpRequest& request, const FetchOptions& options) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  error_code error;
  context.set_default_verify_paths(error);
  if (!error && !options.ca_file.empty()) {
    context.load_verify_file(options.ca_file, error);
    if (error) {
      return fault("use ca_file " + options.ca_file + " for", request.url, error);
    }
  }
  context.set_verify_mode(asio::ssl::verify_peer);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  return context;
}

/// OpenSSL says "certificate verify failed"; this adds which check failed.
std::string handshake_fault(SSL* ssl, const error_code& error) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK || error == beast::error::timeout) {
    return error == beast::error::timeout ? "no answer in time" : error.message();
  }
  return std::string("its certificate is not accepted: ") + X509_verify_cert_error_string(verdict);
}

awaitable<Result<HttpResponse>> fetch_tls(tcp::resolver::results_type addresses,
                                          const HttpRequest& request, const FetchOptions& options,
                                          Clock::time_point deadline) {
  auto context = make_tls(request, options);
  if (!context) {
    co_return tl::unexpected(context.error());
  }
  beast::ssl_stream<beast::tcp_stream> stream(co_await asio::this_coro::executor, *context);
  beast::get_lowest_layer(stream).expires_at(deadline);
  auto [connect_error, endpoint] =
      co_await beast::get_lowest_layer(stream).async_connect(addresses, as_result);
  if (connect_error) {
    co_return fault("connect to", request.url, connect_error);
  }
  SSL* const ssl = stream.native_handle();
  error_code ignored;
  if (asio::ip::make_address(request.url.host, ignored); ignored) {
    // What the macro SSL_set_tlsext_host_name does, without its C cast.
    std::string name = request.url.host;
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  // The name check belongs to the verification, so that its failure is told like any other.
  X509_VERIFY_PARAM* const verify = SSL_get0_param(ssl);
  if (ignored) {
    X509_VERIFY_PARAM_set1_host(verify, request.url.host.c_str(), request.url.host.size());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(verify, request.url.host.c_str());
  }
  auto [handshake_error] =
      co_await stream.async_handshake(asio::ssl::stream_base::client, as_result);
  if (handshake_error) {
    co_return fault("speak TLS with", request.url, handshake_fault(ssl, handshake_error));
  }
  co_return co_await converse(stream, request, options);
}

awaitable<Result<HttpResponse>> fetch_plain(tcp::resolver::results_type addresses,
                                            const HttpRequest& request,
                                            const FetchOptions& options,
                                            Clock::time_point deadline) {
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  stream.expires_at(deadline);
  auto [connect_error, endpoint] = co_await stream.async_connect(addresses, as_result);
  if (connect_error) {
    co_return fault("connect to", request.url, connect_error);
  }
  co_return co_await converse(stream, request, options);
}

}  // namespace

awaitable<Result<HttpResponse>> fetch(HttpRequest request, FetchOptions options) {
  const auto deadline = Clock::now() + options.timeout;
  // Asio's resolver runs getaddrinfo on a thread of its own and cannot be interrupted; its own
  // timeouts (resolv.conf) bound it, and the deadline has passed when it comes back too late.
  tcp::resolver resolver(co_await asio::this_coro::executor);
  auto [error, addresses] = co_await resolver.async_resolve(
      request.url.host, std::to_string(request.url.port), as_result);
  if (error) {
    co_return fault("find the address of", request.url, error);
  }
  if (request.url.tls) {
    co_return co_await fetch_tls(std::move(addresses), request, options, deadline);
  }
  co_return co_await fetch_plain(std::move(addresses), request, options, deadline);
}

}  // namespace noci
