// SPDX-License-Identifier: Apache-2.0
#include "run/scratch_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "run/durable_file.h"

namespace streamutils {
namespace {

class ScratchFile final : public Scratch {
 public:
  explicit ScratchFile(int fd) : fd_(fd) {}
  ~ScratchFile() override { close(fd_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  bool append(std::string_view bytes) override {
    if (!write_fully_at(fd_, bytes, size_)) return false;
    size_ += bytes.size();
    return true;
  }

  bool read(std::uint64_t offset, std::size_t length, std::string& out) override {
    const std::size_t before = out.size();
    out.resize(before + length);
    std::size_t done = 0;
    while (done < length) {
      const ssize_t n =
          pread(fd_, out.data() + before + done, length - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    out.resize(before + done);
    return done == length;
  }

  std::uint64_t size() const override { return size_; }

  void clear() override {
    size_ = 0;
    if (ftruncate(fd_, 0) != 0) return;  // the room is used again from the start all the same
  }

 private:
  int fd_;
  std::uint64_t size_ = 0;
};

}  // namespace

std::unique_ptr<Scratch> make_scratch_file() {
  const char* folder = std::getenv("TMPDIR");
  std::string name = std::string(folder && *folder ? folder : "/tmp") + "/streamutils-XXXXXX";
  const int fd = mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) return nullptr;
  unlink(name.c_str());
  return std::make_unique<ScratchFile>(fd);
}

}  // namespace streamutils
