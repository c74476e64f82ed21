// run_tool(): one tool as one process.  All that is particular to Unix stands here and in loop.cc.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "run/checkpoint_sink.h"
#include "run/committed_files.h"
#include "run/file_identity.h"
#include "run/loop.h"
#include "run/signals.h"
#include "run/stage.h"
#include "run/state_file.h"
#include "run/written_files.h"

namespace streamutils {
namespace {

// Puts something on descriptors 0 to 2 that are closed, so that no file that is opened later lands
// there. What it puts refuses to be used, as the closed one would.
void occupy_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    [[maybe_unused]] const int opened = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
  }
}

// Each file of a pattern is open as long as it is there.
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

bool is_there_as_pipe(const std::string& name) {
  struct stat status {};
  return name == "-" || (stat(name.c_str(), &status) == 0 && !is_regular(status));
}

// The name of standard output if it is a regular file in which nothing stands yet.
std::string name_of_fresh_output() {
  struct stat status {};
  if (fstat(STDOUT_FILENO, &status) != 0 || !is_regular(status) || status.st_size != 0) return {};
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/fd/1", error).filename().string();
}

World look_at_world() {
  World world;
  world.file_exists = [](const std::string& name) { return access(name.c_str(), F_OK) == 0; };
  world.fresh_output = name_of_fresh_output();
  const char* originate = std::getenv("STREAMUTILS_WATERMARKS");
  if (const char* folder = std::getenv("STREAMUTILS_CHECKPOINT")) world.checkpoint = folder;
  if (const char* copy = std::getenv("STREAMUTILS_COPY")) world.copy = copy;
  if (const char* folder = std::getenv("STREAMUTILS_STATE")) world.state = folder;
  world.originate = originate != nullptr && std::strcmp(originate, "1") == 0;
  struct stat status {};
  world.output_is_stream =
      fstat(STDOUT_FILENO, &status) == 0 && !is_regular(status) && isatty(STDOUT_FILENO) == 0;
  return world;
}

int print_and_exit(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  const bool failed = !written || std::fflush(stdout) != 0;
  return static_cast<int>(failed ? ExitStatus::io : ExitStatus::done);
}

class Process {
 public:
  Process(Tool tool, std::vector<std::string> argv)
      : tool_(std::move(tool)), argv_(std::move(argv)), world_(look_at_world()) {}

  int run() {
    const bool lost = argv_.size() == 1 && isatty(STDIN_FILENO) != 0;
    if (lost) argv_.emplace_back("-h");
    auto parsed = parse_arguments(tool_, argv_, world_);
    if (!parsed) {
      say(parsed.error().message);
      std::fprintf(stderr, "Try '%s -h' for help.\n", tool_.info.name.c_str());
      return static_cast<int>(ExitStatus::usage);
    }
    if (!parsed->help.empty()) return print_and_exit(parsed->help);
    install_signal_handlers();
    return drive(std::move(*parsed));
  }

 private:
  void say(std::string_view message) {
    const std::string line = fmt::format("{}: {}\n", tool_.info.name, message);
    if (loop_) loop_->clear_progress();
    std::fwrite(line.data(), 1, line.size(), stderr);
  }

  int fail(const std::string& what) {
    say(fmt::format("{}: {}", what, std::strerror(errno)));
    return static_cast<int>(ExitStatus::io);
  }

  std::optional<Source> open_input(const std::string& name, const InputPlan& input,
                                   const Parsed& parsed) {
    const std::size_t max_line = parsed.settings.max_line;
    const bool follows = parsed.plan.follow || (input.follow && !is_there_as_pipe(name));
    if (!follows || name == "-")
      return open_source(name, max_line, parsed.settings.max_spill, parsed.plan.unpack);
    if (access(name.c_str(), F_OK) != 0 && !parsed.settings.quiet) {
      say(name + ": not there yet; it is read once it is");
    }
    return open_followed(name, max_line);
  }

  // The files to open, in their order.  Files that are followed by a pattern are not among them:
  // they come and go.
  Result<std::vector<std::string>> input_names(const Parsed& parsed) {
    std::vector<std::string> names;
    for (const std::string& word : parsed.plan.files) {
      if (!parsed.plan.expands_files || !FilePatterns::is_pattern(word)) {
        names.push_back(word);
        continue;
      }
      FilePatterns pattern;
      pattern.add(word);
      const std::vector<MatchedFile> matches = pattern.matches();
      patterns_.add(word);
      if (parsed.plan.follow && matches.empty() && !parsed.settings.quiet) {
        say(word + ": no file yet; those that come are read");
      }
      if (parsed.plan.follow) continue;
      if (matches.empty()) return Error{word + ": no file matches"};
      for (const MatchedFile& file : matches) names.push_back(file.name);
    }
    if (parsed.plan.files.empty()) names.emplace_back("-");
    return names;
  }

  // Those of an earlier run in their order, then new ones by name.
  void open_matches(const Parsed& parsed, std::vector<Source>& sources) {
    allow_many_files();
    auto add = [&](std::optional<Source> source) {
      if (!source) return;
      source->is_of_pattern = true;
      sources.push_back(std::move(*source));
    };
    const std::size_t max_line = parsed.settings.max_line;
    const std::vector<MatchedFile> matches = patterns_.matches();
    if (recovery_ && recovery_->saved()) {
      const SnapshotHeader& saved = recovery_->saved()->header;
      for (const InputPosition& file : saved.read) patterns_.note_read(file);
      for (const InputPosition& file : saved.inputs) {
        // A name is none of a file alone: several may have had it.
        const auto end = sources.begin() + static_cast<std::ptrdiff_t>(named_);
        const bool is_named =
            std::any_of(sources.begin(), end, [&](const Source& s) { return s.name == file.name; });
        if (!is_named && !file.name.empty()) add(open_again(file, matches, max_line));
      }
    }
    for (const MatchedFile& file : patterns_.news(matches, known_files(sources))) {
      auto source = open_followed(file.name, max_line);
      if (source && source->follow->is_at(file.number)) add(std::move(source));
    }
  }

  // True if the saved run had that file.
  bool was_known(FileNumber number) const {
    const std::vector<InputPosition>& inputs = recovery_->saved()->header.inputs;
    return patterns_.has_read(number) ||
           std::any_of(inputs.begin(), inputs.end(), [&](const InputPosition& input) {
             return input.file && FileNumber(input.file->device, input.file->inode) == number;
           });
  }

  // The file of that position, which may have another name by now; else what has its name.
  std::optional<Source> open_again(const InputPosition& from,
                                   const std::vector<MatchedFile>& matches, std::size_t max_line) {
    auto source = open_followed(from.name, max_line);
    if (source) {
      source->follow->share([this](std::uint64_t device, std::uint64_t inode) {
        return was_known({device, inode});
      });
    }
    if (!source || !from.file || is_same(source->fd, *from.file, from.offset)) return source;
    const FileNumber number(from.file->device, from.file->inode);
    if (source->follow->resume(number.first, number.second, from.offset) &&
        is_same(source->fd, *from.file, from.offset))
      return source;
    for (const MatchedFile& file : matches) {
      if (file.number != number) continue;
      auto renamed = open_followed(file.name, max_line);
      if (renamed && is_same(renamed->fd, *from.file, from.offset)) return renamed;
    }
    auto named = open_followed(from.name, max_line);
    const auto files = named ? named->follow->files() : std::vector<FileNumber>();
    // One that was truncated, or took the place of the other.
    if (!files.empty() && (files.front() == number || !was_known(files.front()))) return named;
    say(fmt::format("{} is not there any more; {} bytes of it have been read", from.name,
                    from.offset));
    return std::nullopt;
  }

  // Copies of a command: they get the control lines in place of standard output.
  Status start_sides(Parsed& parsed, Outputs& outputs, ExitStatus& refused) {
    refused = ExitStatus::io;
    const SideContext context{
        .out = outputs.out.writer(),
        .out_is_stream = world_.output_is_stream,
        .originates = parsed.common.watermarks || world_.originate,
        .control = parsed.common.control,
        .input_is_controlled = [this] { return driver_ && driver_->input_is_controlled(); },
        .checkpoint = parsed.common.checkpoint,
        .tool = tool_.info.name,
        .name = recovery_settings(parsed).name,
        .options = parsed.state_options,
        .state = parsed.common.state,
        .run = state_ ? state_->run() : 0};
    auto sides = parsed.plan.make_sides(context, refused);
    if (!sides) return sides.error();
    outputs.sides = std::move(*sides);
    world_.output_is_stream = true;
    parsed.settings.control = CommonSettings::Control::always;
    return {};
  }

  int drive(Parsed parsed) {
    const CommonOptions common = parsed.common;
    const bool is_table = parsed.plan.is_table;
    ExitStatus refused = ExitStatus::io;
    auto opened = open_recovery(parsed, refused);
    if (!opened) {
      say(opened.error().message);
      return static_cast<int>(refused);
    }
    recovery_ = std::move(*opened);
    const bool is_source = parsed.plan.role == Role::source;
    auto names = input_names(parsed);
    if (!names) {
      say(names.error().message);
      return static_cast<int>(ExitStatus::io);
    }
    if (recovery_ && recovery_->is_complete() && is_source) {
      names->clear();
      patterns_ = {};
    }
    std::vector<Source> sources;
    for (const std::string& name : *names) {
      const std::size_t index = sources.size();
      const InputPlan input =
          index < parsed.plan.inputs.size() ? parsed.plan.inputs[index] : InputPlan{};
      auto source = open_input(name, input, parsed);
      if (!source) return fail(name);
      if (source->is_output_too()) {
        say(name + ": this file is the output, too: what is written there would be read again");
        return static_cast<int>(ExitStatus::usage);
      }
      source->is_table = input.follow;
      const bool has_to_be_file = is_source || input.table;
      if (has_to_be_file && !common.checkpoint.empty() && source->live && !source->follow) {
        say(fmt::format("{} cannot be read again after a failure: --checkpoint needs {}", name,
                        is_source ? "files" : "a file as the table"));
        return static_cast<int>(ExitStatus::usage);
      }
      sources.push_back(std::move(*source));
    }
    named_ = sources.size();
    if (!patterns_.empty() && parsed.plan.follow) open_matches(parsed, sources);
    std::vector<InputInfo> inputs;
    for (const Source& source : sources) {
      inputs.push_back({.name = source.name,
                        .live = source.live,
                        .written = source.written,
                        .plan = {},
                        .may_be_over = source.is_of_pattern});
    }
    parsed.inputs_come = !patterns_.empty() && parsed.plan.follow;
    const bool looks_for_files = parsed.inputs_come;
    const std::size_t max_line = parsed.settings.max_line;
    if (Status sound = check_outputs(parsed, sources); !sound) {
      say(sound.error().message);
      return static_cast<int>(ExitStatus::usage);
    }
    SideFile bad_to;
    SideFile late_to;
    if (const auto failed = open_side_file(common.bad_to, bad_to)) return *failed;
    if (const auto failed = open_side_file(common.late_to, late_to)) return *failed;
    SideFile side;
    if (const auto failed = open_side_file(parsed.plan.side_file, side)) return *failed;
    Outputs outputs{MainOutput(), std::move(bad_to), std::move(late_to), std::move(side)};
    if (const std::string failed = open_output(parsed.plan, outputs); !failed.empty()) {
      return fail(failed);
    }
    if (const auto& exec = parsed.plan.exec; exec && sink_ == nullptr) {
      if (!outputs.dead_to.open(exec->dead_to)) return fail(exec->dead_to);
      outputs.exec = std::make_unique<Exec>(exec, outputs.dead_to.sink(),
                                            [this](std::string_view message) { say(message); });
    }
    if (parsed.plan.make_sides) {
      if (Status started = start_sides(parsed, outputs, refused); !started) {
        say(started.error().message);
        return static_cast<int>(refused);
      }
    }
    Sink& sink = outputs.sides  ? *outputs.sides->stream()
                 : outputs.exec ? static_cast<Sink&>(*outputs.exec)
                                : outputs.out.writer();
    FileSink* files =
        outputs.sides ? static_cast<FileSink*>(outputs.sides.get()) : outputs.files.get();
    driver_ = make_driver(
        tool_, argv_, std::move(parsed), std::move(inputs), world_, sink, outputs.bad_to.sink(),
        outputs.late_to.sink(), [this](std::string_view message) { say(message); },
        outputs.side.sink(), resumption(common), files);
    if (Status restored = restore(*driver_, sources); !restored) {
      say(restored.error().message);
      return static_cast<int>(ExitStatus::io);
    }
    LoopSettings settings{recovery_.get(), common.stats, common.progress, common.quiet,
                          [this](std::string_view message) { say(message); }};
    if (looks_for_files) settings.patterns = &patterns_;
    settings.max_line = max_line;
    settings.shows_table = is_table && isatty(STDOUT_FILENO) != 0;
    loop_ = std::make_unique<Loop>(settings, *driver_, std::move(sources), std::move(outputs));
    if (recovery_) {
      if (Status attached = recovery_->attach(*driver_, *loop_); !attached) {
        say(attached.error().message);
        return static_cast<int>(ExitStatus::io);
      }
    }
    return loop_->run();
  }

  Status check_outputs(const Parsed& parsed, const std::vector<Source>& sources) const {
    const auto& file = parsed.plan.output;
    const bool is_one = file && !parsed.plan.writes_files;
    const std::vector<WrittenFile> files = {
        {"FILE", is_one ? file->name : ""},
        {"--bad-to", parsed.common.bad_to},
        {"--late-to", parsed.common.late_to},
        {"--dead-to", parsed.plan.exec ? parsed.plan.exec->dead_to : ""},
        {"--count-to", parsed.plan.side_file}};
    if (Status status = check_written_files(files, sources); !status) return status;
    const bool replaces = is_one && !file->append && sink_ == nullptr && !goes_on_in_file();
    return replaces ? check_replaced_file(file->name) : Status();
  }

  // The stream goes on, of which the beginning stands in FILE.
  bool goes_on_in_file() const {
    return recovery_ && recovery_->saved() && !recovery_->saved()->header.complete;
  }

  // The name of what cannot be opened, or nothing; errno tells why.
  std::string open_output(const Plan& plan, Outputs& outputs) {
    const auto& file = plan.output;
    if (plan.writes_files && sink_ != nullptr) {
      auto staged = std::make_unique<StagedFiles>(sink_->open_lines());
      if (!staged->open()) return sink_->open_lines();
      outputs.staged = staged.get();
      outputs.files = std::move(staged);
    } else if (plan.writes_files) {
      const bool goes_on = recovery_ && recovery_->saved();
      outputs.files = std::make_unique<OpenFiles>(plan.appends_to_files || goes_on);
    } else if (sink_ != nullptr) {
      if (!outputs.out.open(sink_->open_lines(), false)) return sink_->open_lines();
    } else if (file && !outputs.out.open(file->name, file->append || goes_on_in_file())) {
      return file->name;
    }
    return {};
  }

  // Null if the tool is to go on from nothing and keep nothing.
  Result<std::unique_ptr<Recovery>> open_recovery(const Parsed& parsed, ExitStatus& refused) {
    const CommonOptions& common = parsed.common;
    if (!common.state.empty()) {
      auto state = StateFile::open(common.state, recovery_settings(parsed), refused);
      if (!state) return state.error();
      if (parsed.plan.make_sides) (*state)->count_runs();
      state_ = state->get();
      return std::unique_ptr<Recovery>(std::move(*state));
    }
    if (common.checkpoint.empty()) return std::unique_ptr<Recovery>();
    refused = ExitStatus::usage;
    auto made = make_checkpoints(parsed);
    if (!made) return made.error();
    if (!*made) return std::unique_ptr<Recovery>();
    if (Status opened = (*made)->open(refused); !opened) return opened.error();
    return std::unique_ptr<Recovery>(std::move(*made));
  }

  // Null if the stage has nothing to save.
  Result<std::unique_ptr<StageCheckpoints>> make_checkpoints(const Parsed& parsed) {
    const Plan& plan = parsed.plan;
    const CommonOptions& common = parsed.common;
    std::unique_ptr<StageCheckpoints> made;
    if (plan.role == Role::source) {
      made = std::make_unique<SourceCheckpoints>(common.checkpoint, recovery_settings(parsed),
                                                 plan.barrier_every, plan.follow_epochs);
    } else if (plan.role == Role::sink) {
      if (!plan.output && !plan.exec) return Error{"--checkpoint needs a FILE to write"};
      const OutputFile output = plan.output.value_or(OutputFile{});
      auto sink = std::make_unique<SinkCheckpoints>(
          common.checkpoint, recovery_settings(parsed),
          SinkCheckpoints::Output{output.name, output.append, output.rollback, plan.writes_files,
                                  plan.exec, plan.notes});
      sink_ = sink.get();
      made = std::move(sink);
    } else if (plan.op->has_state() || common.time_field || !common.bad_to.empty() ||
               !common.late_to.empty() || !plan.side_file.empty()) {
      made = std::make_unique<StageCheckpoints>(common.checkpoint, recovery_settings(parsed));
    }
    return made;
  }

  RecoverySettings recovery_settings(const Parsed& parsed) {
    const CommonOptions& common = parsed.common;
    RecoverySettings settings;
    settings.tool = tool_.info.name;
    settings.name =
        (common.name.empty() ? tool_.info.name : common.name) + copy_suffix(world_.copy);
    settings.options = parsed.state_options;
    settings.say = [this](std::string_view message) { say(message); };
    const bool quiet = common.quiet || is_state_of_copy(common, world_);  // told once, not by each
    settings.warn = [this, quiet](std::string_view message) {
      if (!quiet) say(message);
    };
    return settings;
  }

  Resumption resumption(const CommonOptions& common) const {
    if (!recovery_ && common.checkpoint.empty()) return {};
    if (!recovery_) return {Keeping::checkpoints, {}, nullptr};
    return {recovery_->keeping(), recovery_->epoch(), recovery_.get(), recovery_->is_complete()};
  }

  // What was in it when the state was saved stays, what came later is cut off; of a stream that is
  // complete all stays.  The exit status if it cannot be opened.
  std::optional<int> open_side_file(const std::string& name, SideFile& file) {
    std::optional<std::uint64_t> keep;
    const std::uint64_t found = recovery_ ? length_of(name).value_or(0) : 0;
    if (recovery_ && recovery_->is_complete()) keep = found;
    if (recovery_ && recovery_->saved()) {
      for (const FileLength& saved : recovery_->saved()->side_files) {
        if (saved.name == name) keep = saved.length;
      }
    }
    if (keep && found < *keep) {
      if (found > 0) {
        say(
            fmt::format("{} is {} bytes long, and the state says that {} were written: it was "
                        "replaced or cut. Take it away, and it begins anew",
                        name, found, *keep));
        return static_cast<int>(ExitStatus::usage);
      }
      say(fmt::format("{} was taken away and begins anew", name));
      keep = 0;
    }
    return file.open(name, keep) ? std::nullopt : std::optional(fail(name));
  }

  // A file that is followed may have been rotated since: it is read on under its new name first.
  static void go_back(Source& source, const InputPosition& from) {
    if (!source.follow || !from.file || is_same(source.fd, *from.file, from.offset)) return;
    const bool found = source.follow->resume(from.file->device, from.file->inode, from.offset);
    // What was truncated since, or has got the inode of a file that is gone, is read from its
    // start.
    if (found && !is_same(source.fd, *from.file, from.offset)) source.follow->start_over();
  }

  // Puts the driver where the saved one stood, and the files where they had been read to.
  Status restore(Driver& driver, std::vector<Source>& sources) {
    if (!recovery_ || !recovery_->saved()) return {};
    SnapshotContent& saved = *recovery_->saved();
    std::vector<int> fds;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (i < std::min(named_, saved.header.inputs.size())) {
        go_back(sources[i], saved.header.inputs[i]);
      }
      fds.push_back(sources[i].fd);
      names.push_back(sources[i].name);
    }
    const TakenOver taken = match_inputs(saved.header.inputs, fds, names);
    if (!saved.header.complete) {
      if (Status status = driver.restore(std::move(saved.entries), taken.from); !status)
        return status;
    }
    driver.reopen(taken.resumed);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (!taken.from[i]) continue;
      const InputPosition& from = saved.header.inputs[*taken.from[i]];
      if (!taken.resumed[i]) {
        if (from.offset > 0 && from.file && has_its_place(fds[i], *from.file)) {
          recovery_->tell(fmt::format(
              "{}: was cut or written anew since {} bytes of it were read: read from its start",
              sources[i].name, from.offset));
        }
        continue;
      }
      errno = 0;
      if (!sources[i].seek(from.offset)) return cannot_go_on(sources[i], from.offset);
      if (from.offset == 0) continue;
      recovery_->tell(fmt::format("{}: goes on at byte {}, behind line {}", sources[i].name,
                                  from.offset, from.lines));
    }
    return {};
  }

  static Error cannot_go_on(const Source& source, std::uint64_t offset) {
    if (!source.is_packed || (errno != 0 && errno != EBADMSG)) return file_error(source.name);
    return Error{
        fmt::format("{} holds less than the {} bytes that were read of it: it was replaced, or is "
                    "damaged",
                    source.name, offset)};
  }

  Tool tool_;
  std::vector<std::string> argv_;
  World world_;
  FilePatterns patterns_;
  std::size_t named_ = 0;  // the first inputs, which were named one by one
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Loop> loop_;
  // Goes first: a thread of it may be at work with the state and the files.
  std::unique_ptr<Recovery> recovery_;
  // The same, if it is one.
  SinkCheckpoints* sink_ = nullptr;
  StateFile* state_ = nullptr;
};

}  // namespace

int run_tool(Tool tool, int argc, char** argv) {
  occupy_standard_descriptors();
  std::vector<std::string> words(argv, argv + argc);
  if (words.empty()) words.emplace_back(tool.info.name);
  words[0] = tool.info.name;
  return Process(std::move(tool), std::move(words)).run();
}

}  // namespace streamutils
