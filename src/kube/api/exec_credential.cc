#include "kube/api/exec_credential.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/printable.h"
#include "kube/object/time.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;
using std::chrono::system_clock;

// The status of the one object in the output; empty if there is none.
json::object StatusIn(const std::string& output) {
  const size_t from = output.find('{'), to = output.rfind('}');
  if (from == output.npos || to == output.npos || from > to) return {};
  json::error_code error;
  const json::value value = json::parse(output.substr(from, to - from + 1), error);
  const auto* status = value.is_object() ? value.get_object().if_contains("status") : nullptr;
  return status != nullptr && status->is_object() ? status->get_object() : json::object();
}

std::string TextAt(const json::object& from, std::string_view name) {
  const json::value* found = from.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

}  // namespace

std::string WhyNoToken(const std::string& token) {
  const bool fits =
      std::ranges::none_of(token, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return fits ? "" : "contains a line break or another control character; write it on one line";
}

std::vector<std::string> CommandOf(const ExecPlugin& plugin) {
  json::object info{{"kind", "ExecCredential"}, {"apiVersion", plugin.api_version}};
  info["spec"] = json::object{{"interactive", false}};
  std::vector<std::string> argv{"env", "KUBERNETES_EXEC_INFO=" + json::serialize(info)};
  argv.insert(argv.end(), plugin.env.begin(), plugin.env.end());
  argv.insert(argv.end(), plugin.argv.begin(), plugin.argv.end());
  return argv;
}

Result<ExecCredential> ReadExecCredential(const ExecPlugin& plugin, const std::string& output) {
  const json::object status = StatusIn(output);
  ExecCredential given{.token = TextAt(status, "token"),
                       .certificate = TextAt(status, "clientCertificateData"),
                       .key = TextAt(status, "clientKeyData"),
                       .expires = {}};
  if (given.token.empty() && given.certificate.empty())
    return Fail("credential plugin {}: returned no credentials: {}", plugin.argv.front(),
                CutTo(output, 300));
  if (const std::string why = WhyNoToken(given.token); !why.empty())
    return Fail("credential plugin {}: its token {}", plugin.argv.front(), why);
  const std::string expires = TextAt(status, "expirationTimestamp");
  if (expires.empty()) return given;
  const auto time = SecondsOf(expires);
  if (!time)
    return Fail("credential plugin {}: expirationTimestamp \"{}\" is not a time (RFC 3339)",
                plugin.argv.front(), CutTo(expires, 100));
  given.expires = system_clock::from_time_t(*time);
  return given;
}

}  // namespace kvs::kube
