// How the rows of a join are written.
//
//   matched     {"ts":…,"user":"ann","right":{…}}          the bytes of LEFT, RIGHT behind them
//               {"ts":…,"user":"ann","right_ts":…}         flat: the members of RIGHT but the keys
//   LEFT alone  {"ts":…,"user":"ann"}                      the bytes that came in
//   RIGHT alone {"user":"ann","ts":…,"right":{…}}          the keys, its time, and itself
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "json/name.h"
#include "json/path.h"
#include "json/record.h"
#include "ops/member_text.h"
#include "stream/operator.h"

namespace streamutils {

struct JoinOptions;

class JoinOutput {
 public:
  explicit JoinOutput(const JoinOptions& options);

  void set_time_style(TimeStyle style) { style_ = style; }
  void set_time_member(std::size_t input, const Path& member) { members_[input] = member; }

  // Reads the end of the event of LEFT, behind which a result goes on, and the whole of it if that
  // is not plain; damage leaves record.ok() false.
  void read_left(const Record& record) const;
  // Reads all of the event of RIGHT, or it could end the value that it becomes; as above.
  void read_right(const Record& record) const { read_whole(record); }

  // Appends the event of RIGHT as it stands in results; damage may leave record.ok() false.
  void append_right(std::string& out, const Record& record) const;
  // The same in two pieces, of which one may stand in `scratch` and one in the line.
  std::array<std::string_view, 2> right_pieces(std::string& scratch, const Record& record) const;
  // Appends what stands in front of it where it has no partner.
  void append_head(std::string& out, const Record& record) const;

  // If the event of LEFT has a member that one of RIGHT brings, that of RIGHT takes its place; this
  // is counted.
  void write_match(std::string_view left, std::string_view right, Emitter& out,
                   bool partial = false);
  void write_left(std::string_view left, bool partial, Emitter& out);
  void write_right(std::string_view head, std::string_view right, bool partial, Emitter& out);

 private:
  bool is_key(std::string_view raw_name) const;
  void read_whole(const Record& record) const;
  bool may_clash(std::string_view left) const;
  void open(std::string_view object);
  void close(bool partial, Emitter& out);
  bool replace_members(std::string_view left, std::string_view right, bool partial, Emitter& out);

  std::vector<Path> left_keys_;
  std::vector<Path> right_keys_;
  std::vector<std::string> key_labels_;  // `"user":`
  bool flat_;
  std::string prefix_;  // of names, escaped, with the quote in front
  std::string label_;   // `"right":`
  WantedName member_;   // right
  TimeStyle style_;
  std::optional<Path> members_[2];  // where the times of LEFT and RIGHT stand
  std::string row_;
  std::string scratch_;
  Record record_;
  TextPool pool_;
};

}  // namespace streamutils
