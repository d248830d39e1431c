#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

// Removes secrets from a support archive: private keys in PEM (RFC 7468), JSON web tokens (RFC
// 7519), bearer tokens, and values of keys whose names suggest a password, a token, a secret or a
// kubeconfig's data. When in doubt, a value is removed.
namespace kvs::cli {

inline constexpr std::string_view kRedacted = "[redacted]";

// In logs and other text: "password=x", "token: x", "--token x", {"secret": "x"}, also inside
// quotes.
std::string RedactText(std::string_view text);

// In every string of `value`: everything below such a key, also {"name": "DB_PASSWORD", "value":
// "x"}, and RedactText of the others.
void RedactJson(boost::json::value& value);

}  // namespace kvs::cli
