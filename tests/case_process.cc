// Mode process: the pipeline of a case with real binaries, in a new folder that holds its files.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "case_modes.h"

namespace streamutils {
namespace {

using Lines = std::vector<std::string>;
namespace fs = std::filesystem;

constexpr unsigned kSecondsToLive = 60;  // a stage that hangs dies of SIGALRM

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "streamutils-case-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(std::string_view name) const { return (path_ / name).string(); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

Lines read_lines(std::istream& in) {
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Lines read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return read_lines(in);
}

std::string input_bytes(const Case& c, std::size_t input) {
  std::string bytes;
  for (const Step& step : c.steps) {
    if (step.kind != Step::Kind::line || step.input != input) continue;
    bytes += step.bytes;
    if (step.terminated) bytes += '\n';
  }
  return bytes;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

// Starts a child that runs `body` and then exits.
template <typename Body>
pid_t spawn(Body body) {
  const pid_t child = fork();
  if (child != 0) return child;
  signal(SIGPIPE, SIG_DFL);
  alarm(kSecondsToLive);
  body();
  _exit(127);
}

// Standard input of the first stage: a file, or a pipe that somebody writes into.
int open_input(const Case& c, const Folder& folder, std::vector<pid_t>& helpers) {
  const std::string bytes = input_bytes(c, 0);
  if (!c.live) {
    write_file(folder.file("stdin"), bytes);
    return open(folder.file("stdin").c_str(), O_RDONLY | O_CLOEXEC);
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  helpers.push_back(spawn([&] {
    close(ends[0]);
    write_all(ends[1], bytes);
    _exit(0);
  }));
  close(ends[1]);
  return ends[0];
}

[[noreturn]] void become(const Case& c, const Words& command, const std::string& binary,
                         const Folder& folder, std::size_t stage, int in, int out) {
  const int err =
      open(folder.file(fmt::format("stderr.{}", stage)).c_str(), O_WRONLY | O_CREAT, 0600);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  unsetenv("STREAMUTILS_WATERMARKS");
  for (const std::string& setting : c.environment) putenv(const_cast<char*>(setting.c_str()));
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  if (chdir(folder.path().c_str()) == 0) execv(binary.c_str(), argv.data());
  _exit(127);
}

std::string read_to_end(int fd) {
  std::string bytes;
  char buffer[1 << 16];
  for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
    bytes.append(buffer, static_cast<std::size_t>(n));
  return bytes;
}

int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void prepare(const Case& c, const Folder& folder) {
  for (const std::string& name : c.existing_files) write_file(folder.file(name), "");
  for (std::size_t i = 0; i < c.numbered_inputs(); ++i) {
    write_file(folder.file(fmt::format("@{}", i + 1)), input_bytes(c, i));
  }
}

// Without what belongs to the process, not to the stage: the hint below a usage error, and how fast
// it was.
Lines messages_of(const Folder& folder, std::size_t stage) {
  Lines lines = read_file(folder.file(fmt::format("stderr.{}", stage)));
  std::erase_if(lines, [](const std::string& line) {
    return line.starts_with("Try '") || line.starts_with("rate  ");
  });
  for (std::string& line : lines) {
    const std::size_t seconds = line.find(",\"seconds\":");
    if (line.starts_with("{\"tool\":") && seconds != line.npos)
      line.replace(seconds, line.npos, "}");
  }
  return lines;
}

}  // namespace

Result<Transcript> run_processes(const Case& c, const std::string& binary_folder) {
  const Folder folder;
  prepare(c, folder);
  std::vector<pid_t> helpers;
  std::vector<pid_t> children;
  int in = open_input(c, folder, helpers);
  for (std::size_t i = 0; i < c.commands.size(); ++i) {
    const std::string binary = fs::absolute(fs::path(binary_folder) / c.commands[i][0]).string();
    if (access(binary.c_str(), X_OK) != 0) return Error{fmt::format("no binary {}", binary)};
    const bool to_file = i + 1 == c.commands.size() && !c.fresh_output.empty();
    int ends[2] = {-1, -1};
    if (to_file) {
      ends[1] = open(folder.file(c.fresh_output).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    } else if (pipe2(ends, O_CLOEXEC) != 0) {
      return Error{"no pipe"};
    }
    children.push_back(spawn([&] { become(c, c.commands[i], binary, folder, i, in, ends[1]); }));
    close(in);
    close(ends[1]);
    in = ends[0];
  }
  Transcript got;
  const std::string bytes = in < 0 ? "" : read_to_end(in);
  if (in >= 0) close(in);
  for (const pid_t child : children) got.statuses.push_back(wait_for(child));
  for (const pid_t helper : helpers) wait_for(helper);
  got.out = {c.fresh_output.empty() ? split_lines(bytes) : read_file(folder.file(c.fresh_output))};
  for (std::size_t i = 0; i < c.commands.size(); ++i) {
    for (std::string& line : messages_of(folder, i)) got.err.push_back(std::move(line));
  }
  for (const auto& [name, lines] : c.files) {
    if (fs::exists(folder.file(name))) got.files[name] = read_file(folder.file(name));
  }
  return got;
}

}  // namespace streamutils
