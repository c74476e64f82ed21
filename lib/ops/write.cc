// SPDX-License-Identifier: Apache-2.0
#include "ops/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "ops/row_text.h"

namespace streamutils {
namespace {

// A table shows its first rows together, so that its columns fit them.
constexpr std::size_t kTableRows = 100;

// --- Where --------------------------------------------------------------------------------------

// name with `mark` in front of its extension: out/a.ndjson -> out/a-MARK.ndjson.
std::string marked(std::string_view name, std::string_view mark) {
  const std::size_t slash = name.rfind('/');
  const std::size_t start = slash == name.npos ? 0 : slash + 1;
  const std::size_t dot = name.rfind('.');
  const bool has_extension = dot != name.npos && dot > start;
  const std::string_view stem = name.substr(0, has_extension ? dot : name.size());
  return fmt::format("{}-{}{}", stem, mark, name.substr(stem.size()));
}

// The file of each line.
class Place {
 public:
  Place(FileName name, Rotation rotation, std::shared_ptr<NameNotes> notes)
      : name_(std::move(name)), rotation_(rotation), parts_("part", std::move(notes)) {}

  // The name, for a line of so many bytes with its line end; null on damage to the record.  Valid
  // until the next call.
  const std::string* of(const Record& record, std::size_t bytes, std::size_t header_bytes) {
    file_.clear();
    name_.append(file_, record);
    if (!record.ok()) return nullptr;
    if (rotation_.every) {
      file_ = marked(file_, format_time(floor_to(record.time(), *rotation_.every)));
    }
    if (rotation_.size) number(bytes, header_bytes);
    return &file_;
  }

  void save(SnapshotWriter& out) const {
    parts_.for_each([&](const std::string& name, const NameFacts& part) {
      out.entry("part")
          .field("name", name)
          .field("number", part[kNumber])
          .field("size", part[kSize]);
    });
  }
  void restore(SnapshotReader& in) {
    while (in.next_is("part")) {
      const std::string name = in.text("name");
      parts_.set(name, {in.unsigned_integer("number"), in.unsigned_integer("size")});
    }
  }

 private:
  // What is known of the parts of a file: the last of them.
  enum : std::size_t { kNumber, kSize };

  void number(std::size_t bytes, std::size_t header_bytes) {
    NameFacts* const known = parts_.find(file_);
    auto& [number, size] = known ? *known : parts_.add(file_, {1, 0});
    if (size > 0 && size + bytes > *rotation_.size) {
      ++number;
      size = 0;
    }
    if (size == 0) size = header_bytes;
    size += bytes;
    file_ = marked(file_, fmt::format("{:06}", number));
  }

  FileName name_;
  Rotation rotation_;
  KnownNames parts_;
  std::string file_;
};

// --- What ---------------------------------------------------------------------------------------

// The fields of events under columns that are given, or those of the first event.
class Fields {
 public:
  explicit Fields(std::vector<Path> paths) : paths_(std::move(paths)) {
    for (const Path& path : paths_) names_.push_back(path.text());
  }

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::string>& all() const { return fields_; }
  // Of the fields, those that are numbers.
  const std::vector<bool>& numbers() const { return numbers_; }

  // False on damage.
  bool read(const Record& record, Emitter& out) {
    fields_.resize(names_.size());
    for (std::string& field : fields_) field.clear();
    numbers_.assign(names_.size(), false);
    if (paths_.empty()) {
      read_members(record, out);
    } else {
      for (std::size_t i = 0; i < paths_.size(); ++i) set(i, record.get(paths_[i]));
    }
    return record.ok();
  }

  void restore(std::vector<std::string> names) { names_ = std::move(names); }

 private:
  void set(std::size_t i, Value value) {
    append_row_field(fields_[i], value);
    numbers_[i] = value.is(Kind::number);
  }

  void read_members(const Record& record, Emitter& out) {
    std::vector<bool> seen(names_.size());
    const bool first = names_.empty();
    record.for_each([&](std::string_view raw_key, Value value) {
      std::string scratch;
      const std::string name(Value(Kind::string, raw_key).text(scratch));
      std::size_t i = index_of(name);
      if (i == names_.size() && first) {
        names_.push_back(name);
        fields_.emplace_back();
        numbers_.push_back(false);
        seen.push_back(false);
      }
      if (i == names_.size()) return report(name, out), true;
      if (!seen[i]) set(i, value);
      seen[i] = true;
      return true;
    });
    if (!record.ok() && first) names_.clear();
  }

  std::size_t index_of(std::string_view name) const {
    return static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
  }

  static void report(const std::string& name, Emitter& out) {
    const std::string reason = fmt::format("no column for {}", quote(name));
    if (out.count(reason)) {
      out.say(fmt::format("{}: the columns are those of the first event (--columns)", reason));
    }
  }

  std::vector<Path> paths_;
  std::vector<std::string> names_;
  std::vector<std::string> fields_;
  std::vector<bool> numbers_;
};

// An event without members that comes before any column has a name.
Outcome without_columns(Emitter& out) {
  const std::string_view reason = "an event without members, before the first that names columns";
  if (out.count(reason)) out.say(fmt::format("{} (--columns)", reason));
  return {.fate = Fate::dropped};
}

class Write : public Operator {
 public:
  explicit Write(WriteOptions& options)
      : has_file_(options.file.has_value()), headed_(options.notes) {
    if (has_file_) place_.emplace(std::move(*options.file), options.rotation, options.notes);
  }

  bool has_state() const override { return true; }

 protected:
  Outcome write(const Record& record, std::string_view line, std::string_view header,
                Emitter& out) {
    if (!has_file_) {
      if (!header.empty() && !headed_.exchange_stdout()) out.emit(header);
      out.emit(line);
      return {};
    }
    const std::size_t header_bytes = header.empty() ? 0 : header.size() + 1;
    const std::string* file = place_->of(record, line.size() + 1, header_bytes);
    if (file == nullptr) return {.fate = Fate::bad};
    if (!header.empty() && headed_.add(*file)) out.emit_to(*file, header);
    out.emit_to(*file, line);
    return {};
  }

  void save_place(SnapshotWriter& out) const {
    headed_.save(out);
    if (place_) place_->save(out);
  }
  void restore_place(SnapshotReader& in) {
    headed_.restore(in);
    if (place_) place_->restore(in);
  }

 private:
  // The outputs that have their header.
  class Headed {
   public:
    explicit Headed(std::shared_ptr<NameNotes> notes) : files_("header", std::move(notes)) {}

    bool exchange_stdout() { return std::exchange(out_, true); }
    bool add(const std::string& file) {
      const bool is_new = files_.find(file) == nullptr;
      if (is_new) files_.add(file, {});
      return is_new;
    }
    void save(SnapshotWriter& out) const {
      out.entry("headed").field("out", out_);
      files_.for_each([&](const std::string& file, const NameFacts&) {
        out.entry("header").field("file", file);
      });
    }
    void restore(SnapshotReader& in) {
      if (!in.next_is("headed")) return in.fail("expected the headers");
      out_ = in.boolean("out");
      while (in.next_is("header")) files_.set(in.text("file"), {});
    }

   private:
    bool out_ = false;
    KnownNames files_;
  };

  bool has_file_;
  std::optional<Place> place_;
  Headed headed_;
};

class WriteEvents final : public Write {
 public:
  explicit WriteEvents(WriteOptions options) : Write(options) {}

  Outcome on_record(const Record& record, Emitter& out) override {
    return write(record, record.line(), {}, out);
  }
  void save(SnapshotWriter& out) const override { save_place(out); }
  Status restore(SnapshotReader& in) override {
    restore_place(in);
    return in.status();
  }
};

class WriteRows final : public Write {
 public:
  explicit WriteRows(WriteOptions options)
      : Write(options),
        form_(options.form == WriteForm::csv ? RowForm::csv : RowForm::tsv),
        has_header_(options.header),
        fields_(std::move(options.columns)) {}

  Outcome on_record(const Record& record, Emitter& out) override {
    if (!fields_.read(record, out)) return {.fate = Fate::bad};
    if (fields_.names().empty()) return without_columns(out);
    line_.clear();
    append_row(line_, form_, fields_.all());
    if (has_header_ && header_.empty()) append_row(header_, form_, fields_.names());
    return write(record, line_, header_, out);
  }

  void save(SnapshotWriter& out) const override {
    for (const std::string& name : fields_.names()) out.entry("column").field("name", name);
    save_place(out);
  }
  Status restore(SnapshotReader& in) override {
    std::vector<std::string> names;
    while (in.next_is("column")) names.push_back(in.text("name"));
    fields_.restore(std::move(names));
    restore_place(in);
    return in.status();
  }

 private:
  RowForm form_;
  bool has_header_;
  Fields fields_;
  std::string line_;
  std::string header_;
};

class WriteTable final : public Operator {
 public:
  explicit WriteTable(WriteOptions options)
      : has_header_(options.header), fields_(std::move(options.columns)) {}

  Outcome on_record(const Record& record, Emitter& out) override {
    if (!fields_.read(record, out)) return {.fate = Fate::bad};
    if (fields_.names().empty()) return without_columns(out);
    if (shown_) {
      show(fields_.all(), out);
      return {};
    }
    numbers_.resize(fields_.names().size(), true);
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      if (!fields_.all()[i].empty() && !fields_.numbers()[i]) numbers_[i] = false;
    }
    rows_.push_back(fields_.all());
    if (rows_.size() == kTableRows) show_held(out);
    return {};
  }

  void on_end(Emitter& out) override { show_held(out); }
  void on_interrupt(Emitter& out) override { show_held(out); }
  bool has_state() const override { return true; }

  void save(SnapshotWriter& out) const override {
    out.entry("table").field("shown", shown_);
    for (std::size_t i = 0; i < fields_.names().size(); ++i) {
      out.entry("column").field("name", fields_.names()[i]);
      out.field("number", i < numbers_.size() && numbers_[i]);
      const auto& widths = table_.widths();
      out.field("width", std::uint64_t{i < widths.size() ? widths[i] : 0});
    }
    for (const auto& row : rows_) {
      out.entry("row");
      for (std::size_t i = 0; i < row.size(); ++i) out.field(fmt::format("f{}", i), row[i]);
    }
  }

  Status restore(SnapshotReader& in) override {
    if (!in.next_is("table")) return Error{"expected a table"};
    shown_ = in.boolean("shown");
    std::vector<std::string> names;
    std::vector<std::size_t> widths;
    numbers_.clear();
    while (in.next_is("column")) {
      names.push_back(in.text("name"));
      numbers_.push_back(in.boolean("number"));
      widths.push_back(in.unsigned_integer("width"));
    }
    while (in.next_is("row")) {
      std::vector<std::string> row;
      for (std::size_t i = 0; i < names.size(); ++i) row.push_back(in.text(fmt::format("f{}", i)));
      rows_.push_back(std::move(row));
    }
    fields_.restore(std::move(names));
    if (shown_) {
      table_.restore(std::move(widths));
      table_.align_right(numbers_);
    }
    return in.status();
  }

 private:
  void show_held(Emitter& out) {
    if (std::exchange(shown_, true)) return;
    if (has_header_) table_.fit(fields_.names());
    for (const auto& row : rows_) table_.fit(row);
    table_.align_right(numbers_);
    if (has_header_ && !fields_.names().empty()) show(fields_.names(), out);
    for (const auto& row : rows_) show(row, out);
    rows_.clear();
  }

  void show(const std::vector<std::string>& fields, Emitter& out) {
    line_.clear();
    table_.append(line_, fields);
    out.emit(line_);
  }

  bool has_header_;
  Fields fields_;
  TableText table_;
  std::vector<std::vector<std::string>> rows_;  // held until the widths are known
  std::vector<bool> numbers_;                   // columns with numbers alone
  bool shown_ = false;
  std::string line_;
};

}  // namespace

Result<OperatorPtr> make_write(WriteOptions options) {
  const bool rotates = options.rotation.size || options.rotation.every;
  if (rotates && !options.file) return Error{"--rotate needs a FILE"};
  if (options.form == WriteForm::table) {
    if (options.file) return Error{"--to table is for one output, not for --rotate or a {FIELD}"};
    return OperatorPtr(std::make_unique<WriteTable>(std::move(options)));
  }
  if (options.form == WriteForm::ndjson)
    return OperatorPtr(std::make_unique<WriteEvents>(std::move(options)));
  return OperatorPtr(std::make_unique<WriteRows>(std::move(options)));
}

}  // namespace streamutils
