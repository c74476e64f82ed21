// Follower: a file by its name, through rotation, as tail -F reads it but from its start.
//
// What happens to a log, and what is done at the end of the file that is open:
//
//   renamed, a new one made     the old one is read to its end, for as long as the new one is empty
//                               (its writer has not moved over yet); then those that had the name
//                               in between, if it went too quickly; then the new one from its start
//   truncated (copytruncate)    it is read anew: noticed by its length, or by its first bytes
//   not there (yet)             nothing is read until it is
//
// The descriptor keeps its number whatever file it stands for, so that whoever knows it can ask it
// for the identity of the file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace streamutils {

class Follower {
 public:
  // Opens the file, if it is there.
  explicit Follower(std::string name);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  // False: not even a stand-in for a file that is not there could be opened, or it is a folder;
  // errno tells.
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  // False while there has been no file of the name.
  bool exists() const { return exists_; }
  const std::string& name() const { return name_; }

  // Asked of a file by device and inode: whether somebody else reads it, or has.  Such a file is
  // left alone.
  using IsTaken = std::function<bool(std::uint64_t device, std::uint64_t inode)>;
  void share(IsTaken is_taken) { is_taken_ = std::move(is_taken); }

  // As read(2).
  std::ptrdiff_t read(char* buffer, std::size_t size);

  enum class Next : std::uint8_t {
    wait,  // nothing for now
    more,  // read again
    file,  // another file, or the same one anew: open_next()
  };
  // What to do after a read that returned 0.
  Next at_end();
  // Moves to the start of the next file.  False if it has gone again: then the one that is open
  // stays.  REQUIRES: at_end() has said so.
  bool open_next();

  // Goes on at this offset of the file that is open.  False: errno tells.
  bool seek(std::uint64_t offset);

  // Goes on where another run has stood: at this offset of the file of this device and inode, which
  // may have been renamed since, inside its folder.  Then come the files that have had the name in
  // between (it with a number or a date behind it, and written later), then the one that has it
  // now. False if there is no such file.  A file system uses an inode again: the caller compares
  // the content.
  bool resume(std::uint64_t device, std::uint64_t inode, std::uint64_t offset);

  // Goes on at the start of the file that has the name now.
  void start_over();

  // True if this is the file that is open: one may be renamed before it is opened.
  bool is_at(std::pair<std::uint64_t, std::uint64_t> number) const {
    const auto open = files();
    return !open.empty() && open.front() == number;
  }
  // Device and inode of the file that is open, and of those that are to be read before the one that
  // has the name.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> files() const;
  // True if nothing more can come: the file was deleted, and there is none of its name that is not
  // taken.
  bool is_over() const;

 private:
  bool is_truncated() const;
  bool move_to(int next);
  void forget_between();
  int find_rotated(std::uint64_t device, std::uint64_t inode);
  int look_for_rotated(std::uint64_t device, std::uint64_t inode);
  bool is_taken(std::uint64_t device, std::uint64_t inode) const;
  bool is_between(std::uint64_t device, std::uint64_t inode) const;
  void find_next();
  void keep_head();

  std::string name_;
  IsTaken is_taken_;
  int fd_ = -1;
  std::uint64_t read_ = 0;   // bytes of the file that is open
  std::string head_;         // its first bytes
  std::deque<int> between_;  // open files, to be read before the one that has the name
  bool exists_ = false;      // fd_ is a file and not its stand-in
  bool looked_again_ = false;
  bool was_at_end_ = false;  // the last read has returned 0
};

}  // namespace streamutils
