#include "ovsdb/unixctl.h"

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "io/stream.h"
#include "ovsdb/framer.h"

namespace kvs::ovsdb {
namespace fs = std::filesystem;
namespace json = boost::json;
namespace {

// {"id", "result": text, "error": null}, or with the two the other way round.
Result<std::string> TextOf(std::string_view message) {
  json::parse_options options;
  options.max_depth = Framer::kMaxDepth;
  boost::system::error_code bad;
  const json::value reply = json::parse(message, bad, {}, options);
  const json::object* fields = bad ? nullptr : reply.if_object();
  if (fields == nullptr) return Fail("the answer is not JSON: {}", bad.message());
  const json::value* error = fields->if_contains("error");
  if (error != nullptr && error->is_string()) {
    const std::string_view text = error->get_string();
    return Fail("{}", text.substr(0, text.find_last_not_of('\n') + 1));
  }
  const json::value* result = fields->if_contains("result");
  if (result == nullptr || !result->is_string()) return Fail("the answer has no text");
  return std::string(result->get_string());
}

}  // namespace

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
  Question(io::Loop& loop, std::string to, std::string_view asked, Done on_answer,
           std::function<void()> too_late)
      : socket(std::move(to)),
        method(asked),
        done(std::move(on_answer)),
        patience(loop, std::move(too_late)) {}

  const std::string socket, method;
  const Done done;
  io::Timer patience;
  Framer framer;
  size_t heard = 0;  // bytes
  std::unique_ptr<io::Stream> stream;
};

Unixctl::Unixctl(io::Loop& loop, std::string run_dir, std::string program,
                 std::chrono::milliseconds timeout)
    : loop_(loop), run_dir_(std::move(run_dir)), program_(std::move(program)), timeout_(timeout) {}

Unixctl::~Unixctl() = default;

void Unixctl::Ask(std::string_view method, const std::vector<std::string>& arguments, Done done) {
  auto socket = ControlSocket(run_dir_, program_);
  if (!socket) return done(socket);
  if (questions_.size() >= kMostAtOnce)
    return done(Fail("{}: {} questions wait already; ask again later", *socket, kMostAtOnce));
  const uint64_t id = next_id_++;
  auto question = std::make_unique<Question>(
      loop_, std::move(*socket), method, std::move(done),
      [this, id] { End(id, Fail("no answer within {} ms", timeout_.count())); });
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
  question->patience.Start(timeout_);
  questions_.emplace(id, std::move(question));
}

void Unixctl::Hear(uint64_t id, std::string_view bytes) {
  Question& question = *questions_.at(id);
  question.heard += bytes.size();
  if (question.heard > kMaxAnswer)
    return End(id, Fail("the answer is longer than {} MiB", kMaxAnswer >> 20));
  question.framer.Append(bytes);
  const auto message = question.framer.Next();
  if (!message) return End(id, tl::unexpected(message.error()));
  if (*message) End(id, TextOf(**message));
}

// What is called may destroy this object.
void Unixctl::End(uint64_t id, const Result<std::string>& answer) {
  const auto question = questions_.extract(id);
  const Question& ended = *question.mapped();
  if (answer) return ended.done(answer);
  ended.done(Wrap(fmt::format("{}: {}", ended.socket, ended.method), answer.error()));
}

}  // namespace kvs::ovsdb
