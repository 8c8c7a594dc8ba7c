#pragma once
// A receiver of webhooks that keeps what came, in order, and answers as it is told.

#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "support/peer.hpp"

namespace noci::testing {

class RecordingPeer {
 public:
  struct Request {
    std::string id;  ///< webhook-id
    boost::json::value body;
  };

  explicit RecordingPeer(boost::asio::io_context& io)
      : state_(std::make_shared<State>()),
        peer_(io, [state = state_](tcp::socket socket, std::shared_ptr<PeerLog>) {
          return receive(std::move(socket), state);
        }) {}

  [[nodiscard]] std::uint16_t port() const { return peer_.port(); }

  /// What the next requests are answered, such as `503 Busy`; 204 when it is empty.
  void answer(std::string status) { state_->status = std::move(status); }

  [[nodiscard]] const std::vector<Request>& requests() const { return state_->requests; }

  /// The types that were answered with 2xx, one word each.
  [[nodiscard]] std::vector<std::string> types() const {
    std::vector<std::string> types;
    for (const Request& request : state_->requests) {
      types.emplace_back(request.body.at("type").as_string());
    }
    return types;
  }

  void forget() { state_->requests.clear(); }

 private:
  struct State {
    std::string status;
    std::vector<Request> requests;
  };

  static std::string header(const std::string& text, const std::string& name) {
    const std::size_t at = text.find("\r\n" + name + ": ");
    const std::size_t begin = at + name.size() + 4;
    return at == std::string::npos ? "" : text.substr(begin, text.find("\r\n", begin) - begin);
  }

  static boost::asio::awaitable<void> receive(tcp::socket socket, std::shared_ptr<State> state) {
    std::string text = co_await read_request(socket);
    const std::size_t body = text.find("\r\n\r\n") + 4;
    const std::size_t size = body + std::stoul("0" + header(text, "Content-Length"));
    if (text.size() < size) {
      const std::size_t missing = size - text.size();
      std::string rest(missing, '\0');
      co_await boost::asio::async_read(socket, boost::asio::buffer(rest), as_result);
      text += rest;
    }
    state->requests.push_back({header(text, "webhook-id"), boost::json::parse(text.substr(body))});
    const std::string answer = "HTTP/1.1 " +
                               (state->status.empty() ? std::string("204 Fine") : state->status) +
                               "\r\nContent-Length: 0\r\n\r\n";
    co_await boost::asio::async_write(socket, boost::asio::buffer(answer), as_result);
  }

  std::shared_ptr<State> state_;
  Peer peer_;
};

}  // namespace noci::testing
