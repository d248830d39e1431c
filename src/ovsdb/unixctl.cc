#include "ovsdb/unixctl.h"

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "io/stream.h"
#include "ovsdb/text_reply.h"

namespace kvs::ovsdb {
namespace fs = std::filesystem;
namespace json = boost::json;

Result<std::string> ControlSocket(const std::string& run_dir, const std::string& program) {
  uint64_t pid = 0;
  if (std::ifstream(fmt::format("{}/{}.pid", run_dir, program)) >> pid) {
    const std::string path = fmt::format("{}/{}.{}.ctl", run_dir, program, pid);
    if (Exists(path)) return path;
  }
  std::string newest;
  fs::file_time_type newest_at = fs::file_time_type::min();
  for (const std::string& name : NamesIn(run_dir).value_or(std::vector<std::string>())) {
    if (!name.starts_with(program + ".") || !name.ends_with(".ctl")) continue;
    const std::string path = fmt::format("{}/{}", run_dir, name);
    std::error_code gone;
    const auto made_at = fs::last_write_time(path, gone);
    if (gone || made_at < newest_at) continue;
    newest = path;
    newest_at = made_at;
  }
  if (newest.empty())
    return Fail("{}/{}.PID.ctl: there is none; try: systemctl status openvswitch-switch", run_dir,
                program);
  return newest;
}

struct Unixctl::Question {
  const std::string socket, method;
  const size_t most;  // bytes of the answer
  const OnEnd on_end;
  io::Timer timeout;
  TextReply reply;
  size_t heard = 0;  // bytes
  std::unique_ptr<io::Stream> stream;
};

Unixctl::Unixctl(io::Loop& loop, std::string run_dir, std::string program,
                 std::chrono::milliseconds timeout)
    : loop_(loop), run_dir_(std::move(run_dir)), program_(std::move(program)), timeout_(timeout) {}

Unixctl::~Unixctl() = default;

void Unixctl::Ask(std::string_view method, const std::vector<std::string>& arguments, Done done) {
  const auto text = std::make_shared<std::string>();
  Begin(
      method, arguments, kMaxAnswer, [text](std::string_view piece) { *text += piece; },
      [text, done = std::move(done)](const Result<>& result) {
        done(result ? Result<std::string>(std::move(*text)) : tl::unexpected(result.error()));
      });
}

void Unixctl::AskForLines(std::string_view method, const std::vector<std::string>& arguments,
                          const std::function<void(std::string_view)>& line,
                          std::function<void(const Result<>&)> done) {
  const auto unfinished = std::make_shared<std::string>();
  const auto split = [unfinished, line](std::string_view piece) {
    for (size_t end; (end = piece.find('\n')) != piece.npos; piece.remove_prefix(end + 1)) {
      *unfinished += piece.substr(0, end);
      line(*unfinished);
      unfinished->clear();
    }
    *unfinished += piece;
  };
  Begin(method, arguments, kMaxLines, split,
        [unfinished, line, done = std::move(done)](const Result<>& result) {
          if (result && !unfinished->empty()) line(*unfinished);
          done(result);
        });
}

void Unixctl::Begin(std::string_view method, const std::vector<std::string>& arguments, size_t most,
                    OnText on_text, OnEnd on_end) {
  auto socket = ControlSocket(run_dir_, program_);
  if (!socket) return on_end(tl::unexpected(socket.error()));
  if (questions_.size() >= kMostAtOnce)
    return on_end(
        Fail("{}: {} commands are waiting already; try again later", *socket, kMostAtOnce));
  const uint64_t id = next_id_++;
  const auto too_late = [this, id] { End(id, Fail("no answer within {} ms", timeout_.count())); };
  auto question = std::unique_ptr<Question>(new Question{std::move(*socket),
                                                         std::string(method),
                                                         most,
                                                         std::move(on_end),
                                                         {loop_, too_late},
                                                         TextReply(std::move(on_text))});
  question->stream = io::Stream::Connect(
      loop_, question->socket,
      {.on_open = {},
       .on_data =
           [this, id](std::span<const uint8_t> bytes) {
             Hear(id, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
           },
       .on_close =
           [this, id](const Error& why) {
             End(id, Fail("{}; does {} run?", why.message, program_));
           },
       .on_drain = {}});
  const json::object request{
      {"id", id}, {"method", method}, {"params", json::array(arguments.begin(), arguments.end())}};
  question->stream->Write(json::serialize(request));
  question->timeout.Start(timeout_);
  questions_.emplace(id, std::move(question));
}

void Unixctl::Hear(uint64_t id, std::string_view bytes) {
  Question& question = *questions_.at(id);
  question.heard += bytes.size();
  if (question.heard > question.most)
    return End(id, Fail("the answer is longer than {} MiB", question.most >> 20));
  const auto whole = question.reply.Append(bytes);
  if (!whole) return End(id, tl::unexpected(whole.error()));
  if (*whole) End(id, {});
}

// The callback may destroy this object.
void Unixctl::End(uint64_t id, const Result<>& result) {
  const auto question = questions_.extract(id);
  const Question& ended = *question.mapped();
  if (result) return ended.on_end(result);
  ended.on_end(Wrap(fmt::format("{}: {}", ended.socket, ended.method), result.error()));
}

}  // namespace kvs::ovsdb
