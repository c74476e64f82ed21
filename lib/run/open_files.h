// ManyFiles: files that are written a line at a time, by name.  OpenFiles: few of them open at a
// time.
//
// A file is begun when its first line comes: folders are made, what stood in it is replaced (or, if
// asked, kept).  The one that was written least lately is closed when there are too many, or more
// than the system allows, and opened again when a line for it comes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "run/driver.h"
#include "run/line_writer.h"

namespace streamutils {

class ManyFiles : public FileSink {
 public:
  // False once something has failed: error() and failed() tell.
  virtual bool flush() = 0;
  // The same, and closes all; some file systems report a full disk only here.
  virtual bool close() = 0;
  // Behind close(): makes durable what a state is to say of it.
  virtual Status sync() { return {}; }
  // The errno of the first failure, or 0, and the file.
  virtual int error() const = 0;
  virtual const std::string& failed() const = 0;
};

class OpenFiles final : public ManyFiles {
 public:
  explicit OpenFiles(bool append, std::size_t limit = 200) : append_(append), limit_(limit) {}
  ~OpenFiles() override;
  OpenFiles(const OpenFiles&) = delete;
  OpenFiles& operator=(const OpenFiles&) = delete;

  void write(std::string_view file, std::string_view line) override;
  bool flush() override;
  bool close() override;
  // All that have got lines, each with the folders that list it.
  Status sync() override;
  int error() const override { return error_; }
  const std::string& failed() const override { return failed_; }

 private:
  struct File {
    std::string name;
    int fd = -1;
    std::unique_ptr<LineWriter> writer;
  };

  File* find(std::string_view name);
  bool open(File& file);
  void close(File& file);
  void close_last();
  void fail(const std::string& name, int error);

  bool append_;
  std::size_t limit_;
  std::list<File> files_;  // the one written last in front
  std::unordered_map<std::string_view, std::list<File>::iterator> by_name_;
  std::set<std::string, std::less<>> begun_;
  int error_ = 0;
  std::string failed_;
};

}  // namespace streamutils
