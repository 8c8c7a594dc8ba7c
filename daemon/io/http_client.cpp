#include "io/http_client.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace noci {
namespace {

using Clock = std::chrono::steady_clock;
using ErrorCode = boost::system::error_code;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// A webhook's answer has a few hundred bytes of header; more is not an answer to us.
constexpr std::uint32_t longest_header = 16 * 1024;
constexpr int most_interim_answers = 8;

/// One request on its way. Lives in the frame of fetch(), longer than everything it awaits.
struct Exchange {
  HttpRequest request;
  FetchOptions options;
  Clock::time_point deadline;

  [[nodiscard]] tl::unexpected<Error> failed(std::string_view step, const std::string& why) const {
    return failure("cannot " + request.method + " to " + request.url.origin() + ": " +
                   std::string(step) + ": " + why);
  }

  [[nodiscard]] tl::unexpected<Error> failed(std::string_view step, const ErrorCode& error) const {
    if (error == beast::error::timeout) {
      return failed(step, "nothing complete within " + format_duration(options.timeout));
    }
    if (error == http::error::end_of_stream) {
      return failed(step, "the connection was closed without an answer");
    }
    if (error == http::error::partial_message || error == asio::ssl::error::stream_truncated) {
      return failed(step, "the answer broke off");
    }
    return failed(step, error.message());
  }
};

/// Name resolution cannot be interrupted, so it may outlive whoever asked.
struct Resolving {
  explicit Resolving(const asio::any_io_executor& executor) : resolver(executor), timer(executor) {}

  tcp::resolver resolver;
  asio::steady_timer timer;
  std::vector<tcp::endpoint> endpoints;
  ErrorCode error = beast::error::timeout;
};

asio::awaitable<Result<std::vector<tcp::endpoint>>> resolve(const Exchange& exchange) {
  const Url& url = exchange.request.url;
  ErrorCode not_numeric;
  const auto address = asio::ip::make_address(url.host, not_numeric);
  if (!not_numeric) {
    co_return std::vector<tcp::endpoint>{{address, url.port}};
  }
  const auto resolving = std::make_shared<Resolving>(co_await asio::this_coro::executor);
  resolving->timer.expires_at(exchange.deadline);
  resolving->resolver.async_resolve(
      url.host, std::to_string(url.port),
      [resolving](const ErrorCode& error, const tcp::resolver::results_type& results) {
        resolving->error = error;
        for (const auto& result : results) {
          resolving->endpoints.push_back(result.endpoint());
        }
        resolving->timer.cancel();
      });
  co_await resolving->timer.async_wait(as_result);
  if (resolving->error) {
    co_return exchange.failed("resolving the name", resolving->error);
  }
  co_return resolving->endpoints;
}

asio::awaitable<Result<void>> connect(const Exchange& exchange, beast::tcp_stream& stream) {
  const auto endpoints = co_await resolve(exchange);
  if (!endpoints) {
    co_return tl::unexpected(endpoints.error());
  }
  ErrorCode last = asio::error::host_not_found;
  for (std::size_t i = 0; i < endpoints->size(); ++i) {
    // An address that swallows packets must not use up the time of the next one.
    const auto left = exchange.deadline - Clock::now();
    stream.expires_after(i + 1 < endpoints->size() ? left / 2 : left);
    std::tie(last) = co_await stream.async_connect((*endpoints)[i], as_result);
    if (!last) {
      stream.expires_at(exchange.deadline);
      co_return Result<void>{};
    }
    stream.close();
  }
  co_return exchange.failed("connecting", last);
}

/// Field names and values come from settings and templates; a line break would forge a field.
bool is_clean(const HttpRequest& request) {
  const auto is_printable = [](std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  };
  return is_printable(request.url.target) &&
         std::all_of(request.headers.begin(), request.headers.end(), [&](const auto& header) {
           return !header.first.empty() &&
                  header.first.find_first_of(" :\t\"(),/;<=>?@[\\]{}") == std::string::npos &&
                  is_printable(header.first) && is_printable(header.second);
         });
}

http::request<http::string_body> message_of(const HttpRequest& request) {
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.url.target);
  const std::string origin = request.url.origin();
  const std::string authority = origin.substr(origin.find("//") + 2);
  const bool is_default = request.url.port == (request.url.tls ? 443 : 80);
  message.set(http::field::host,
              is_default ? authority.substr(0, authority.rfind(':')) : authority);
  message.set(http::field::user_agent, "noci/" NOCI_VERSION);
  for (const auto& [name, value] : request.headers) {
    message.set(name, value);
  }
  message.body() = request.body;
  message.keep_alive(false);
  message.prepare_payload();
  return message;
}

HttpResponse answer_of(const http::response<http::buffer_body>& message, std::string body) {
  HttpResponse answer;
  answer.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    answer.headers.emplace_back(field.name_string(), field.value());
  }
  answer.body = std::move(body);
  return answer;
}

using Parser = http::response_parser<http::buffer_body>;

/// Reads the body up to its end or the limit, whichever comes first.
template <typename Stream>
asio::awaitable<ErrorCode> read_body(Stream& stream, beast::flat_buffer& buffer, Parser& parser,
                                     std::string& body) {
  auto& target = parser.get().body();
  const std::size_t size = body.size();
  target.data = body.data();
  target.size = size;
  target.more = true;
  ErrorCode error;
  if (!parser.is_done() && size > 0) {
    std::tie(error, std::ignore) = co_await http::async_read(stream, buffer, parser, as_result);
  }
  body.resize(size - target.size);
  if (error == http::error::need_buffer ||
      (error == asio::ssl::error::stream_truncated && parser.need_eof())) {
    error = {};  // the limit; or the end of a body that only the connection's end marks
  }
  co_return error;
}

template <typename Stream>
asio::awaitable<Result<HttpResponse>> talk(const Exchange& exchange, Stream& stream) {
  const auto message = message_of(exchange.request);
  ErrorCode error;
  std::tie(error, std::ignore) = co_await http::async_write(stream, message, as_result);
  if (error) {
    co_return exchange.failed("sending", error);
  }
  beast::flat_buffer buffer(2 * longest_header);
  for (int i = 0; i < most_interim_answers; ++i) {
    Parser parser;
    parser.header_limit(longest_header);
    parser.body_limit(boost::none);  // never read past max_body, so its length does not matter
    parser.skip(exchange.request.method == "HEAD");
    std::tie(error, std::ignore) =
        co_await http::async_read_header(stream, buffer, parser, as_result);
    if (error) {
      co_return exchange.failed("waiting for the answer", error);
    }
    if (parser.get().result_int() / 100 == 1) {
      continue;
    }
    std::string body(exchange.options.max_body, '\0');
    error = co_await read_body(stream, buffer, parser, body);
    if (error) {
      co_return exchange.failed("reading the answer", error);
    }
    co_return answer_of(parser.get(), std::move(body));
  }
  co_return exchange.failed("waiting for the answer", "only interim answers came");
}

Result<void> trust(asio::ssl::context& context, const Exchange& exchange) {
  ErrorCode error;
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(asio::ssl::verify_peer);
  context.set_default_verify_paths(error);
  if (!error && !exchange.options.ca_file.empty()) {
    context.load_verify_file(exchange.options.ca_file, error);
  }
  if (error) {
    return exchange.failed("loading the CA certificates",
                           exchange.options.ca_file + ": " + error.message());
  }
  return {};
}

/// The peer must prove to be this host; by name it is also told which one we want.
bool expect_host(SSL* ssl, std::string host) {
  ErrorCode not_numeric;
  asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  if (host.ends_with('.')) {
    host.pop_back();
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // Not SSL_set_tlsext_host_name: the macro casts the old way.
  return SSL_set1_host(ssl, host.c_str()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

asio::awaitable<Result<HttpResponse>> talk_tls(const Exchange& exchange) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  if (auto trusted = trust(context, exchange); !trusted) {
    co_return tl::unexpected(trusted.error());
  }
  beast::ssl_stream<beast::tcp_stream> stream(co_await asio::this_coro::executor, context);
  if (!expect_host(stream.native_handle(), exchange.request.url.host)) {
    co_return exchange.failed("the TLS handshake", "the host name cannot be checked");
  }
  if (auto connected = co_await connect(exchange, beast::get_lowest_layer(stream)); !connected) {
    co_return tl::unexpected(connected.error());
  }
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, as_result);
  if (error) {
    const long verdict = SSL_get_verify_result(stream.native_handle());
    if (verdict != X509_V_OK) {
      co_return exchange.failed("the certificate is refused",
                                X509_verify_cert_error_string(verdict));
    }
    co_return exchange.failed("the TLS handshake", error);
  }
  co_return co_await talk(exchange, stream);
}

}  // namespace

asio::awaitable<Result<HttpResponse>> fetch(HttpRequest request, FetchOptions options) {
  const Clock::time_point deadline = Clock::now() + options.timeout;
  const Exchange exchange{std::move(request), std::move(options), deadline};
  if (!is_clean(exchange.request)) {
    co_return exchange.failed("preparing the request",
                              "a header or the path has control characters");
  }
  if (exchange.request.url.tls) {
    co_return co_await talk_tls(exchange);
  }
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  if (auto connected = co_await connect(exchange, stream); !connected) {
    co_return tl::unexpected(connected.error());
  }
  co_return co_await talk(exchange, stream);
}

}  // namespace noci
