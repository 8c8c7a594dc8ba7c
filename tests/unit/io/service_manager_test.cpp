#include "io/service_manager.hpp"

#include <array>
#include <cstdlib>

#include <sys/socket.h>
#include <sys/un.h>

#include "support/catch.hpp"
#include "support/log_folder.hpp"

using namespace noci;
using namespace noci::testing;

namespace {

/// Plays systemd: a datagram socket and the environment of a unit.
class FakeSystemd {
 public:
  explicit FakeSystemd(const char* watchdog_microseconds)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_.path("notify");
    path.copy(address.sun_path, path.size());
    REQUIRE(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
    if (watchdog_microseconds != nullptr) {
      setenv("WATCHDOG_USEC", watchdog_microseconds, 1);
      setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
    }
  }

  ~FakeSystemd() {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
  }

  FakeSystemd(const FakeSystemd&) = delete;
  FakeSystemd& operator=(const FakeSystemd&) = delete;

  [[nodiscard]] std::string heard() const {
    std::array<char, 1024> buffer{};
    const ssize_t count = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    return count < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(count));
  }

 private:
  LogFolder folder_;
  FileDescriptor socket_;
};

}  // namespace

TEST_CASE("systemd hears of every step") {
  const FakeSystemd systemd("30000000");
  const ServiceManager manager;
  REQUIRE(manager.is_present());
  REQUIRE(manager.watchdog_interval() == Duration{15'000});
  manager.ready("following 2 files");
  REQUIRE(systemd.heard() == "READY=1\nSTATUS=following 2 files");
  manager.reloading();
  const std::string reloading = systemd.heard();
  REQUIRE_THAT(reloading, Catch::Matchers::StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  REQUIRE(std::stoll(reloading.substr(reloading.rfind('=') + 1)) > 0);
  manager.status("two\nREADY=0");
  REQUIRE(systemd.heard() == "STATUS=two READY=0");
  manager.keep_alive();
  REQUIRE(systemd.heard() == "WATCHDOG=1");
  manager.stopping("committing");
  REQUIRE(systemd.heard() == "STOPPING=1\nSTATUS=committing");
}

TEST_CASE("without a service manager everything is a no-op") {
  unsetenv("NOTIFY_SOCKET");
  const ServiceManager manager;
  REQUIRE_FALSE(manager.is_present());
  REQUIRE_FALSE(manager.watchdog_interval().has_value());
  manager.ready("nobody hears this");
  manager.keep_alive();
}

TEST_CASE("a watchdog meant for another process is not ours") {
  const FakeSystemd systemd("30000000");
  setenv("WATCHDOG_PID", "1", 1);
  REQUIRE_FALSE(ServiceManager().watchdog_interval().has_value());
}
