#include "io/archive.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <zlib.h>
#include <zstd.h>

namespace noci {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t packed_block = 64 * 1024;
/// What zstd itself unpacks without being asked for more; 2^27 bytes of history.
constexpr int zstd_window_log = 27;

struct Signature {
  std::string_view start;
  Packing packing;
  std::string_view program;
};

constexpr std::array signatures{
    Signature{"\x1f\x8b"sv, Packing::gzip, "zcat"},
    Signature{"\x28\xb5\x2f\xfd"sv, Packing::zstd, "zstdcat"},
    Signature{"\xfd"
              "7zXZ"sv,
              Packing::other, "xzcat"},
    Signature{"BZh"sv, Packing::other, "bzcat"},
};

/// A zstd frame that holds no data, as pzstd puts one in front.
bool is_skippable_frame(std::string_view start) {
  return start.size() >= 4 && (static_cast<unsigned char>(start[0]) & 0xf0U) == 0x50 &&
         start.substr(1, 3) == "\x2a\x4d\x18"sv;
}

const Signature* signature_of(std::string_view start) {
  const auto found =
      std::find_if(signatures.begin(), signatures.end(),
                   [&](const Signature& known) { return start.starts_with(known.start); });
  return found == signatures.end() ? nullptr : &*found;
}

/// More bytes may show an archive; as long as none can, a pipe is not waited for.
bool is_undecided(std::string_view start) {
  return start.empty() || (start.size() < 4 && (start[0] & 0x70) == 0x50) ||
         std::any_of(signatures.begin(), signatures.end(), [&](const Signature& known) {
           return start.size() < known.start.size() && known.start.starts_with(start);
         });
}

tl::unexpected<InputFault> damaged(std::string what) {
  return tl::unexpected(InputFault{std::move(what), true});
}

/// Packed bytes with a reading place in them.
class Packed {
 public:
  explicit Packed(std::unique_ptr<ByteInput> input) : input_(std::move(input)) {}

  /// False at the end.
  tl::expected<bool, InputFault> fill() {
    if (at_ < bytes_.size()) {
      return true;
    }
    bytes_.resize(packed_block);
    const auto count = input_->read(bytes_.data(), bytes_.size());
    bytes_.resize(count.value_or(0));
    at_ = 0;
    if (!count) {
      return tl::unexpected(count.error());
    }
    return *count > 0;
  }

  /// Reads until it is clear what the bytes are.
  tl::expected<void, InputFault> look() {
    while (is_undecided(rest())) {
      std::array<char, packed_block> more;
      const auto count = input_->read(more.data(), more.size());
      if (!count) {
        return tl::unexpected(count.error());
      }
      if (*count == 0) {
        break;
      }
      bytes_.insert(bytes_.end(), more.data(), more.data() + *count);
    }
    return {};
  }

  [[nodiscard]] std::string_view rest() const {
    return std::string_view(bytes_.data(), bytes_.size()).substr(at_);
  }

  void advance(std::size_t count) { at_ += count; }

  /// What comes behind rest(), which must be empty.
  tl::expected<std::size_t, InputFault> read(char* to, std::size_t size) {
    return input_->read(to, size);
  }

  [[nodiscard]] std::uint64_t taken() const { return input_->taken() - rest().size(); }

  [[nodiscard]] bool is_pipe() const { return input_->is_pipe(); }

 private:
  std::unique_ptr<ByteInput> input_;
  std::vector<char> bytes_;
  std::size_t at_ = 0;
};

/// Turns packed bytes into others, a piece at a time.
class Unpacker {
 public:
  struct Step {
    std::size_t taken = 0;
    std::size_t given = 0;
    const char* fault = nullptr;
  };

  virtual ~Unpacker() = default;
  virtual Step step(std::string_view packed, char* to, std::size_t size) = 0;
  /// Nothing is missing if the packed bytes end here.
  [[nodiscard]] virtual bool may_end() const = 0;
  [[nodiscard]] virtual const char* name() const = 0;
};

class Gzip final : public Unpacker {
 public:
  Gzip() {
    constexpr int gzip_only = 15 + 16;
    NOCI_CHECK(inflateInit2(&stream_, gzip_only) == Z_OK);
  }

  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  ~Gzip() override { inflateEnd(&stream_); }

  Step step(std::string_view packed, char* to, std::size_t size) override {
    if (is_between_) {
      // tape drives and some tools fill up with zeros behind the last member
      if (const auto member = packed.find_first_not_of('\0'); member != 0) {
        return {member == std::string_view::npos ? packed.size() : member, 0, nullptr};
      }
      inflateReset(&stream_);
      is_between_ = false;
    }
    // zlib reads only; its interface is older than const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(size);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    is_between_ = result == Z_STREAM_END;
    const bool fine = result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
    return {packed.size() - stream_.avail_in, size - stream_.avail_out,
            fine                     ? nullptr
            : stream_.msg == nullptr ? "invalid data"
                                     : stream_.msg};
  }

  [[nodiscard]] bool may_end() const override { return is_between_; }

  [[nodiscard]] const char* name() const override { return "gzip"; }

 private:
  z_stream stream_{};
  bool is_between_ = false;  ///< behind a member, before the next
};

class Zstd final : public Unpacker {
 public:
  Zstd() : context_(ZSTD_createDCtx()) {
    NOCI_CHECK(context_ != nullptr);
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, zstd_window_log);
  }

  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  ~Zstd() override { ZSTD_freeDCtx(context_); }

  Step step(std::string_view packed, char* to, std::size_t size) override {
    if (packed.empty() && is_between_) {
      return {};
    }
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    ZSTD_outBuffer out{to, size, 0};
    const std::size_t result = ZSTD_decompressStream(context_, &out, &in);
    const bool failed = ZSTD_isError(result) != 0;
    is_between_ = !failed && result == 0;
    return {in.pos, out.pos, failed ? ZSTD_getErrorName(result) : nullptr};
  }

  [[nodiscard]] bool may_end() const override { return is_between_; }

  [[nodiscard]] const char* name() const override { return "zstd"; }

 private:
  ZSTD_DCtx* context_;
  bool is_between_ = false;
};

class UnpackedInput final : public ByteInput {
 public:
  explicit UnpackedInput(std::unique_ptr<ByteInput> packed) : packed_(std::move(packed)) {}

  tl::expected<std::size_t, InputFault> read(char* to, std::size_t size) override {
    if (!began_) {
      began_ = true;
      if (auto looked = packed_.look(); !looked) {
        return tl::unexpected(looked.error());
      }
      switch (packing_of(packed_.rest())) {
        case Packing::none:
          break;
        case Packing::gzip:
          unpacker_ = std::make_unique<Gzip>();
          break;
        case Packing::zstd:
          unpacker_ = std::make_unique<Zstd>();
          break;
        case Packing::other:
          ended_ = true;
          return damaged("it is compressed in a way that noci does not unpack; try: " +
                         std::string(program_for(packed_.rest())) + " … | noci … -");
      }
    }
    if (fault_) {
      ended_ = true;
      return tl::unexpected(*std::exchange(fault_, std::nullopt));
    }
    if (ended_) {
      return 0;
    }
    return unpacker_ == nullptr ? copy(to, size) : unpack(to, size);
  }

  [[nodiscard]] std::uint64_t taken() const override { return packed_.taken(); }

  [[nodiscard]] bool is_pipe() const override { return packed_.is_pipe(); }

 private:
  tl::expected<std::size_t, InputFault> copy(char* to, std::size_t size) {
    const std::string_view bytes = packed_.rest().substr(0, size);
    bytes.copy(to, bytes.size());
    packed_.advance(bytes.size());
    if (bytes.size() == size || (!bytes.empty() && is_pipe())) {
      return bytes.size();
    }
    auto more = packed_.read(to + bytes.size(), size - bytes.size());
    if (!more && bytes.empty()) {
      return more;
    }
    if (!more) {
      fault_ = more.error();
    }
    return bytes.size() + more.value_or(0);
  }

  tl::expected<std::size_t, InputFault> unpack(char* to, std::size_t size) {
    std::size_t done = 0;
    while (done < size && !fault_ && !(done > 0 && is_pipe() && packed_.rest().empty())) {
      const auto filled = packed_.fill();
      if (!filled) {
        fault_ = filled.error();
        break;
      }
      const Unpacker::Step step = unpacker_->step(packed_.rest(), to + done, size - done);
      packed_.advance(step.taken);
      done += step.given;
      const std::string name = unpacker_->name();
      if (step.fault != nullptr) {
        fault_ = InputFault{"the " + name + " archive is damaged: " + step.fault, true};
      } else if (!*filled && step.given == 0) {
        // A whole member is behind us, or the rest of one is missing.
        if (!unpacker_->may_end()) {
          fault_ = InputFault{"the " + name + " archive ends too early", true};
        }
        ended_ = !fault_;
        break;
      }
    }
    if (done == 0 && fault_) {
      ended_ = true;
      return tl::unexpected(*std::exchange(fault_, std::nullopt));
    }
    return done;
  }

  Packed packed_;
  std::unique_ptr<Unpacker> unpacker_;
  std::optional<InputFault> fault_;  ///< to be told once what came before it was handed on
  bool began_ = false;
  bool ended_ = false;
};

}  // namespace

Packing packing_of(std::string_view start) {
  const Signature* const known = signature_of(start);
  if (known != nullptr) {
    return known->packing;
  }
  return is_skippable_frame(start) ? Packing::zstd : Packing::none;
}

std::string_view program_for(std::string_view start) {
  const Signature* const known = signature_of(start);
  return known == nullptr ? std::string_view{} : known->program;
}

std::unique_ptr<ByteInput> unpacked(std::unique_ptr<ByteInput> packed) {
  return std::make_unique<UnpackedInput>(std::move(packed));
}

}  // namespace noci
