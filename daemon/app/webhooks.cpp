#include "app/webhooks.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace noci {
namespace {

/// More than any URL, secret or template needs; a wrong path may name anything.
constexpr std::size_t longest_file = 256 * 1024;

std::string place_of(const std::string& file) {
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  if (credentials != nullptr && file.find('/') == std::string::npos) {
    return std::string(credentials) + "/" + file;
  }
  return file;
}

Result<std::string> read_file(const std::string& what, const std::string& file) {
  if (file.empty()) {
    return std::string();
  }
  const std::string path = place_of(file);
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text(longest_file, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.fail() && !in.eof())) {
    return system_failure("cannot read " + what + " " + path, errno == 0 ? EIO : errno);
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() == longest_file) {
    return failure("cannot use " + what + " " + path + ": it is larger than 256 KiB");
  }
  return text;
}

Result<Webhook> read_webhook(const WebhookSettings& settings) {
  WebhookFiles files;
  for (const auto& [what, file, text] :
       {std::tuple("url_file", &settings.url_file, &files.url),
        std::tuple("secret_file", &settings.secret_file, &files.secret),
        std::tuple("template_file", &settings.template_file, &files.body_template)}) {
    auto content = read_file(what, *file);
    if (!content) {
      return tl::unexpected(content.error());
    }
    *text = std::move(*content);
  }
  return resolve_webhook(settings, files);
}

}  // namespace

std::vector<Webhook> read_webhooks(const Settings& settings, Faults& faults) {
  std::vector<Webhook> webhooks;
  for (const WebhookSettings& webhook : settings.webhooks) {
    auto usable = read_webhook(webhook);
    if (usable) {
      webhooks.push_back(std::move(*usable));
    } else {
      faults.push_back(
          {settings.file, 0, 0, "webhook '" + webhook.name + "': " + usable.error().what, ""});
    }
  }
  return webhooks;
}

FetchOptions fetch_options(const Webhook& webhook) {
  FetchOptions options;
  options.timeout = webhook.timeout;
  options.ca_file = webhook.ca_file;
  return options;
}

}  // namespace noci
