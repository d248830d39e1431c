#include "cni/plugin.h"

#include "cni/add.h"
#include "cni/check.h"
#include "cni/detach.h"

namespace kvs::cni {
namespace {

Outcome<std::string> Do(const Call& call) {
  const auto nothing = [] { return std::string(); };
  switch (call.env.command) {
    case Command::kAdd:
      return Add(call).map(
          [&](const CniResult& result) { return result.Encode(call.conf.version) + "\n"; });
    case Command::kDel:
      return Del(call).map(nothing);
    case Command::kCheck:
      return Check(call).map(nothing);
    case Command::kGc:
      return Gc(call).map(nothing);
    case Command::kStatus:
      return Status(call).map(nothing);
    case Command::kVersion:
      break;  // Try() has answered it: it needs no configuration
  }
  return nothing();
}

}  // namespace

Outcome<std::string> Plugin::Try(const std::function<const char*(const char*)>& get,
                                 const Outcome<std::string>& input) const {
  auto env = Env::Read(get);
  if (!env) return tl::unexpected(env.error());
  if (!input) return tl::unexpected(input.error());
  if (env->command == Command::kVersion) return EncodeVersions(AnswerVersion(*input)) + "\n";
  if (env->never_attached) return std::string();
  auto conf = NetConf::Decode(env->command, *input);
  if (!conf) return tl::unexpected(conf.error());
  const Deadline deadline = In(conf->timeout);
  return Do({std::move(*env), std::move(*conf), deadline, step_});
}

Answer Plugin::Run(const std::function<const char*(const char*)>& get,
                   const Outcome<std::string>& input) const {
  auto output = Try(get, input);
  if (output) return {0, std::move(*output)};
  return {1, EncodeFailure(output.error(), AnswerVersion(input.value_or(""))) + "\n"};
}

}  // namespace kvs::cni
