#pragma once
// One physical line as a container runtime, the journal or a log shipper stores it → the piece of
// Synapse's output inside, with what the transport knows about it:
//   {"log":"…\n","stream":"stderr","time":"RFC3339Nano"}   docker's json-file (moby,
//       daemon/logger/jsonfilelog): at most 16 KiB of output a line, the last piece ends in \n
//   RFC3339Nano stderr F|P …                               CRI (containerd, cri-o, podman): P is a
//       piece that more follows
//   {"MESSAGE":"…","__REALTIME_TIMESTAMP":"…",…}           journalctl -o json
//   {"message":"…","timestamp":"…",…}                      Vector, Fluent Bit, Filebeat
// Total. Synapse's own JSON is told apart by its logger key and left alone, as is everything else.
// Putting pieces together is left to unwrap.hpp.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace noci {

struct Wrapped {
  /// What ends the piece: the record's end, nothing (more follows), or a NUL that the journal took
  /// for the end of a line.
  enum class End : std::uint8_t { record, cut, nul };

  std::string_view text;    ///< without the record's final line feed
  std::string_view origin;  ///< pieces of one record have the same origin and channel
  std::string_view channel;
  std::optional<TimePoint> time;
  std::string_view worker;  ///< unit or container that wrote it
  std::string_view logger;  ///< LOGGER of Python's JournalHandler
  End end = End::record;
  bool left_out = false;  ///< the transport says that there was a text, and not which
};

class WrapperReader {
 public:
  WrapperReader();
  ~WrapperReader();
  WrapperReader(WrapperReader&&) noexcept;
  WrapperReader& operator=(WrapperReader&&) noexcept;

  /// False: the line is not wrapped, and `out` says nothing. The views are into the line or the
  /// reader, until the next call. `is_cut`: the line was longer than anybody keeps, and this is its
  /// beginning.
  [[nodiscard]] bool read(std::string_view line, bool is_cut, Wrapped& out);

 private:
  struct Machine;

  [[nodiscard]] bool read_json(std::string_view line, Wrapped& out);

  std::unique_ptr<Machine> machine_;
};

}  // namespace noci
