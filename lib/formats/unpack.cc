// SPDX-License-Identifier: Apache-2.0
#include "formats/unpack.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace streamutils {
namespace {

constexpr std::string_view kGzip = "\x1f\x8b";
constexpr std::string_view kZstd = "\x28\xb5\x2f\xfd";
constexpr std::size_t kBlock = 64 << 10;

// The packed bytes that have been read and not been used.
class Packed {
 public:
  explicit Packed(ReadBytes read) : read_(std::move(read)) {}

  // Past the block, which must be used up; as read(2).
  std::ptrdiff_t read(char* buffer, std::size_t size) { return read_(buffer, size); }

  std::string_view bytes() const { return {block_ + begin_, end_ - begin_}; }
  void use(std::size_t n) { begin_ += n; }

  // Reads more behind what is there; as read(2).
  std::ptrdiff_t more() {
    if (begin_ > 0) std::memmove(block_, block_ + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
    const std::ptrdiff_t n = read_(block_ + end_, kBlock - end_);
    if (n > 0) end_ += static_cast<std::size_t>(n);
    return n;
  }

 private:
  ReadBytes read_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  char block_[kBlock];
};

// One step of unpacking: from `in` into `out`, as much as fits.
struct Step {
  std::size_t used = 0;
  std::size_t made = 0;
  bool whole = false;  // a member or frame has ended here
  bool damaged = false;
};

class Method {
 public:
  virtual ~Method() = default;
  virtual Step step(std::string_view in, char* out, std::size_t size) = 0;
};

class Gzip final : public Method {
 public:
  Gzip() { ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK; }
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  Step step(std::string_view in, char* out, std::size_t size) override {
    if (!ready_) return {.damaged = true};
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1 << 30));
    const uInt room = stream_.avail_out;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    Step step{in.size() - stream_.avail_in, room - stream_.avail_out, status == Z_STREAM_END,
              status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR};
    if (step.whole) inflateReset(&stream_);
    return step;
  }

 private:
  static constexpr int kGzipOnly = 16 + MAX_WBITS;
  z_stream stream_{};
  bool ready_ = false;
};

class Zstd final : public Method {
 public:
  // Of a call that meets damage it does not say what it made of the blocks in front.  So each call
  // takes no more than it asks for, a block, and none while some of the last one may be to come.
  Step step(std::string_view in, char* out, std::size_t size) override {
    ZSTD_inBuffer from{in.data(), holds_ ? 0 : std::min(in.size(), wanted_), 0};
    ZSTD_outBuffer to{out, size, 0};
    const std::size_t left = ZSTD_decompressStream(stream_.get(), &to, &from);
    const bool damaged = ZSTD_isError(left) != 0;
    wanted_ = left == 0 || damaged ? kAtStart : left;
    // What it asks for is a block with the header of the next one.
    if (wanted_ > kBlockHeader) wanted_ -= kBlockHeader;
    holds_ = to.pos == size;
    return {from.pos, to.pos, left == 0, damaged};
  }

 private:
  static constexpr std::size_t kAtStart = 5;  // less than any frame
  static constexpr std::size_t kBlockHeader = 3;
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_{ZSTD_createDStream()};
  std::size_t wanted_ = kAtStart;
  bool holds_ = false;
};

class Unpacker {
 public:
  explicit Unpacker(ReadBytes read) : packed_(std::move(read)) {}

  std::ptrdiff_t read(char* buffer, std::size_t size) {
    if (!looked_) {
      if (const std::ptrdiff_t n = look(); n < 0) return n;
    }
    return method_ ? read_packed(buffer, size) : read_plain(buffer, size);
  }

 private:
  // Reads until the first bytes tell what it is.
  std::ptrdiff_t look() {
    while (packed_.bytes().size() < kZstd.size() && may_be_packed()) {
      const std::ptrdiff_t n = packed_.more();
      if (n < 0) return n;
      if (n == 0) break;
    }
    looked_ = true;
    if (packed_.bytes().starts_with(kGzip)) method_ = std::make_unique<Gzip>();
    if (packed_.bytes().starts_with(kZstd)) method_ = std::make_unique<Zstd>();
    return 0;
  }

  bool may_be_packed() const {
    const std::string_view bytes = packed_.bytes();
    return bytes == kGzip.substr(0, bytes.size()) || bytes == kZstd.substr(0, bytes.size());
  }

  std::ptrdiff_t read_plain(char* buffer, std::size_t size) {
    if (packed_.bytes().empty()) return packed_.read(buffer, size);
    const std::size_t n = std::min(size, packed_.bytes().size());
    std::memcpy(buffer, packed_.bytes().data(), n);
    packed_.use(n);
    return static_cast<std::ptrdiff_t>(n);
  }

  std::ptrdiff_t read_packed(char* buffer, std::size_t size) {
    while (!broken_) {
      if (packed_.bytes().empty()) {
        const std::ptrdiff_t n = packed_.more();
        if (n < 0) return n;
        // What the method still holds comes out below, without more bytes.
        if (n == 0 && between_) return 0;
        at_end_ = n == 0;
      }
      const Step step = method_->step(packed_.bytes(), buffer, size);
      packed_.use(step.used);
      if (step.used > 0 || step.made > 0) between_ = step.whole;
      const bool cut_off = at_end_ && step.made == 0 && !step.whole;
      broken_ = step.damaged || cut_off;
      // What stands in front of the damage is read as ever.
      if (step.made > 0) return static_cast<std::ptrdiff_t>(step.made);
    }
    errno = EBADMSG;
    return -1;
  }

  Packed packed_;
  std::unique_ptr<Method> method_;  // null: not packed
  bool looked_ = false;
  bool between_ = false;  // a member has ended and none has begun
  bool at_end_ = false;
  bool broken_ = false;  // damaged or cut off from here on
};

}  // namespace

bool is_packed(std::string_view head) { return head.starts_with(kGzip) || head.starts_with(kZstd); }

ReadBytes unpack(ReadBytes packed) {
  auto unpacker = std::make_shared<Unpacker>(std::move(packed));
  return [unpacker](char* buffer, std::size_t size) { return unpacker->read(buffer, size); };
}

}  // namespace streamutils
