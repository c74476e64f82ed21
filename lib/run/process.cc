// run_tool(): one tool as one process.  All that is particular to Unix stands here and in loop.cc.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "run/loop.h"
#include "run/signals.h"
#include "run/stage.h"

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

bool is_regular(const struct stat& status) { return S_ISREG(status.st_mode); }

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

  int drive(Parsed parsed) {
    const CommonOptions common = parsed.common;
    std::vector<std::string> names = parsed.plan.files;
    if (names.empty()) names.emplace_back("-");
    std::vector<Source> sources;
    std::vector<InputInfo> inputs;
    for (const std::string& name : names) {
      auto source = open_source(name, parsed.settings.max_line);
      if (!source) return fail(name);
      inputs.push_back({name, source->live});
      sources.push_back(std::move(*source));
    }
    SideFile bad_to;
    SideFile late_to;
    if (!bad_to.open(common.bad_to)) return fail(common.bad_to);
    if (!late_to.open(common.late_to)) return fail(common.late_to);
    SideFile side;
    if (!side.open(parsed.plan.side_file)) return fail(parsed.plan.side_file);
    MainOutput out;
    if (const auto& file = parsed.plan.output; file && !out.open(file->name, file->append)) {
      return fail(file->name);
    }

    Outputs outputs{std::move(out), std::move(bad_to), std::move(late_to), std::move(side)};
    auto driver = make_driver(
        tool_, argv_, std::move(parsed), std::move(inputs), world_, outputs.out.writer(),
        outputs.bad_to.sink(), outputs.late_to.sink(),
        [this](std::string_view message) { say(message); }, outputs.side.sink());
    LoopSettings settings{common.stats, common.progress, common.quiet,
                          [this](std::string_view message) { say(message); }};
    loop_ = std::make_unique<Loop>(settings, *driver, std::move(sources), std::move(outputs));
    return loop_->run();
  }

  Tool tool_;
  std::vector<std::string> argv_;
  World world_;
  std::unique_ptr<Loop> loop_;
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
