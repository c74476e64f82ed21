// SPDX-License-Identifier: Apache-2.0
#include "case_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "run/line_reader.h"
#include "run/stage.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

constexpr std::size_t kTinyBlock = 16;

class Collector final : public Sink {
 public:
  void write(std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

class FileCollector final : public FileSink {
 public:
  void write(std::string_view file, std::string_view line) override {
    files[std::string(file)].emplace_back(line);
  }
  std::map<std::string, std::vector<std::string>> files;
};

class Forwarder final : public Sink {
 public:
  explicit Forwarder(std::function<void(std::string_view)> to) : to_(std::move(to)) {}
  void write(std::string_view line) override { to_(line); }

 private:
  std::function<void(std::string_view)> to_;
};

// What has come for one input and is not read yet.
struct Queue {
  std::string bytes;
  std::uint64_t offset = 0;  // of its first byte
  bool closed = false;
  std::unique_ptr<LineReader> reader;  // of mode chunks

  void drop(std::size_t n) {
    bytes.erase(0, n);
    offset += n;
  }
};

// A copy of bytes whose heap block ends with the padding, so that a sanitizer sees any read behind
// it.
class Padded {
 public:
  explicit Padded(std::string_view bytes)
      : size_(bytes.size()), copy_(bytes.size() + Record::kPadding, '\n') {
    std::copy(bytes.begin(), bytes.end(), copy_.begin());
  }
  std::string_view view() const { return {copy_.data(), size_}; }

 private:
  std::size_t size_;
  std::vector<char> copy_;
};

Tool tool_named(const std::string& name) {
  for (Tool& tool : all_tools()) {
    if (tool.info.name == name) return std::move(tool);
  }
  return {};
}

bool is_numbered(const std::string& name) { return name.size() == 2 && name[0] == '@'; }

}  // namespace

class Chain::Stage {
 public:
  Stage(Words argv, World world, bool live, ChainOptions options,
        std::function<void(std::string_view)> out, std::string& failure)
      : argv_(std::move(argv)),
        world_(std::move(world)),
        live_(live),
        options_(options),
        out_(std::move(out)),
        failure_(failure) {
    build();
  }

  bool is_built() const { return driver_ != nullptr || !help_.empty(); }
  bool has_finished() const { return finished_; }
  int status() const { return status_; }
  const std::vector<std::string>& messages() const { return messages_; }

  void put(std::size_t input, std::string_view bytes) { queue(input).bytes += bytes; }
  void close(std::size_t input) { queue(input).closed = true; }

  // Reads what has come.
  void run() {
    if (finished_) return;
    if (!help_.empty()) return print_help();
    for (std::size_t i = 0; i < names_.size(); ++i) driver_->set_dry(i, false);
    while (const auto input = driver_->next_input()) {
      if (read_from(*input)) continue;
      if (*input >= plans_.size() || !plans_[*input].follow) break;
      driver_->set_dry(*input, true);
    }
    if (!driver_->next_input()) return finish();
    if (options_.restart) restart();
  }

  void files(std::map<std::string, std::vector<std::string>>& files) const {
    if (!parsed_common_.bad_to.empty()) files[parsed_common_.bad_to] = bad_to_.lines;
    if (!parsed_common_.late_to.empty()) files[parsed_common_.late_to] = late_to_.lines;
    if (!side_name_.empty()) files[side_name_] = side_.lines;
    if (output_) files[output_->name] = file_.lines;
    for (const auto& [name, lines] : written_.files) files[name] = lines;
  }

 private:
  void say(std::string_view message) {
    if (!muted_) messages_.push_back(fmt::format("{}: {}", argv_[0], message));
  }

  void fail(int status, const std::string& message) {
    say(message);
    status_ = status;
    finished_ = true;
  }

  void build() {
    const Tool tool = tool_named(argv_[0]);
    if (!tool.plan) return fail(127, "no such tool");
    auto parsed = parse_arguments(tool, argv_, world_);
    if (!parsed) return fail(static_cast<int>(ExitStatus::usage), parsed.error().message);
    help_ = parsed->help;
    if (!help_.empty()) return;
    parsed_common_ = parsed->common;
    names_ = parsed->plan.files;
    plans_ = parsed->plan.inputs;
    if (names_.empty()) names_.emplace_back("-");
    std::vector<InputInfo> inputs;
    for (const std::string& name : names_) {
      if (name != "-" && !world_.file_exists(name)) {
        return fail(static_cast<int>(ExitStatus::io), name + ": No such file or directory");
      }
      inputs.push_back({name, live_});
    }
    if (!parsed->plan.writes_files) output_ = parsed->plan.output;
    side_name_ = parsed->plan.side_file;
    Sink& out = output_ ? static_cast<Sink&>(file_) : out_;
    driver_ = make_driver(
        tool, argv_, std::move(*parsed), std::move(inputs), world_, out,
        parsed_common_.bad_to.empty() ? nullptr : &bad_to_,
        parsed_common_.late_to.empty() ? nullptr : &late_to_,
        [this](std::string_view message) { say(message); }, &side_, {}, &written_);
  }

  void print_help() {
    for (const std::string& line : split_lines(help_)) out_.write(line);
    finished_ = true;
  }

  // Save, destroy, build anew, restore: nobody may notice.
  void restart() {
    const std::string saved = driver_->save();
    driver_.reset();
    muted_ = true;
    build();
    muted_ = false;
    if (Status status = driver_->restore(saved); !status) {
      failure_ = fmt::format("{}: cannot restore: {}\n{}", argv_[0], status.error().message, saved);
    } else if (const std::string again = driver_->save(); again != saved) {
      failure_ = fmt::format("{}: a restored snapshot differs:\n{}---\n{}", argv_[0], saved, again);
    }
  }

  void finish() {
    driver_->finish();
    status_ = static_cast<int>(driver_->status());
    finished_ = true;
    if (parsed_common_.stats.empty()) return;
    for (std::string& line : split_lines(driver_->stats(parsed_common_.stats == "json"))) {
      messages_.push_back(std::move(line));
    }
  }

  Queue& queue(std::size_t input) {
    while (queues_.size() <= input) queues_.emplace_back();
    return queues_[input];
  }

  // The queue of an operand: @3 is the third, standard input the first, any other file is empty.
  Queue& queue_of(std::size_t input) {
    const std::string& name = names_[input];
    if (name == "-") return queue(0);
    if (is_numbered(name)) return queue(static_cast<std::size_t>(name[1] - '1'));
    empty_.closed = true;
    return empty_;
  }

  // False if nothing can be read from it before more comes.
  bool read_from(std::size_t input) {
    Queue& queue = queue_of(input);
    if (options_.feed == ChainOptions::Feed::chunks) return read_chunk(input, queue);
    const std::size_t newline = options_.feed == ChainOptions::Feed::lines
                                    ? queue.bytes.find('\n')
                                    : queue.bytes.rfind('\n');
    if (newline == std::string::npos) return read_end(input, queue);
    if (options_.feed == ChainOptions::Feed::lines) {
      const Padded line(queue.bytes.substr(0, newline));
      if (driver_->feed(input, line.view(), queue.offset)) queue.drop(newline + 1);
    } else {
      const Padded block(std::string_view(queue.bytes).substr(0, newline + 1));
      queue.drop(driver_->feed_block(input, block.view(), queue.offset));
    }
    return true;
  }

  bool read_end(std::size_t input, Queue& queue) {
    if (!queue.closed) return false;
    if (queue.bytes.empty()) {
      driver_->end_input(input);
    } else {
      const Padded rest(queue.bytes);
      if (driver_->feed_unterminated(input, rest.view(), queue.offset)) queue.bytes.clear();
    }
    return true;
  }

  // As the loop of a process does it.
  bool read_chunk(std::size_t input, Queue& queue) {
    if (!queue.reader) queue.reader = reader_of(queue);
    LineReader& reader = *queue.reader;
    if (const std::string_view lines = reader.lines(); !lines.empty()) {
      reader.consume(driver_->feed_block(input, lines, reader.offset()));
      return true;
    }
    if (const std::string_view head = reader.too_long(); !head.empty()) {
      driver_->feed_too_long(input, head, reader.too_long_offset());
      reader.consume_too_long();
      return true;
    }
    if (queue.bytes.empty() && !queue.closed) return false;
    if (reader.refill() == LineReader::State::open) return true;
    if (reader.rest().empty()) {
      driver_->end_input(input);
    } else {
      driver_->feed_unterminated(input, reader.rest(), reader.offset());
    }
    return true;
  }

  std::unique_ptr<LineReader> reader_of(Queue& queue) {
    auto read = [&queue, chunk = options_.chunk](char* buffer, std::size_t size) {
      const std::size_t n = std::min({size, chunk, queue.bytes.size()});
      std::memcpy(buffer, queue.bytes.data(), n);
      queue.drop(n);
      return static_cast<std::ptrdiff_t>(n);
    };
    auto settings = parse_common(parsed_common_);
    return std::make_unique<LineReader>(read, settings->max_line, kTinyBlock);
  }

  Words argv_;
  World world_;
  bool live_;
  ChainOptions options_;
  Forwarder out_;
  std::string& failure_;
  Collector bad_to_;
  Collector late_to_;
  Collector side_;
  std::string side_name_;
  FileCollector written_;
  Collector file_;  // in place of standard output
  std::optional<OutputFile> output_;
  CommonOptions parsed_common_;
  std::string help_;
  std::vector<std::string> names_;
  std::vector<InputPlan> plans_;
  std::deque<Queue> queues_;
  Queue empty_;
  std::vector<std::string> messages_;
  std::unique_ptr<Driver> driver_;
  bool muted_ = false;
  bool finished_ = false;
  int status_ = 0;
};

Chain::Chain(const Case& c, const std::vector<Words>& commands, ChainOptions options)
    : options_(options) {
  build(c, commands);
}

Chain::~Chain() = default;

void Chain::build(const Case& c, const std::vector<Words>& commands) {
  World world;
  const std::size_t numbered = c.numbered_inputs();
  world.file_exists = [&c, numbered](const std::string& name) {
    if (is_numbered(name)) return static_cast<std::size_t>(name[1] - '0') <= numbered;
    return std::find(c.existing_files.begin(), c.existing_files.end(), name) !=
           c.existing_files.end();
  };
  world.originate = c.originate;
  world.fresh_output = c.fresh_output;
  world.output_is_stream = c.fresh_output.empty();
  std::function<void(std::string_view)> out = [this](std::string_view line) {
    out_.emplace_back(line);
  };
  for (std::size_t i = commands.size(); i-- > 0;) {
    stages_.push_back(std::make_unique<Stage>(commands[i], world, c.live, options_, out, failure_));
    built_ = built_ && stages_.back()->is_built();
    out = [next = stages_.back().get()](std::string_view line) {
      next->put(0, line);
      next->put(0, "\n");
    };
    world.fresh_output.clear();
    world.output_is_stream = true;
  }
}

void Chain::put(std::size_t input, std::string_view bytes) { stages_.back()->put(input, bytes); }

void Chain::close(std::size_t input) { stages_.back()->close(input); }

std::vector<std::string> Chain::run() {
  for (std::size_t i = stages_.size(); built_ && i-- > 0;) {
    stages_[i]->run();
    if (i > 0 && stages_[i]->has_finished()) stages_[i - 1]->close(0);
  }
  return std::exchange(out_, {});
}

std::vector<std::string> Chain::messages() const {
  std::vector<std::string> all;
  for (std::size_t i = stages_.size(); i-- > 0;) {
    all.insert(all.end(), stages_[i]->messages().begin(), stages_[i]->messages().end());
  }
  return all;
}

std::vector<int> Chain::statuses() const {
  std::vector<int> all;
  for (std::size_t i = stages_.size(); i-- > 0;) all.push_back(stages_[i]->status());
  return all;
}

std::map<std::string, std::vector<std::string>> Chain::files() const {
  std::map<std::string, std::vector<std::string>> all;
  for (const auto& stage : stages_) stage->files(all);
  return all;
}

}  // namespace streamutils
