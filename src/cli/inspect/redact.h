#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

// What must not leave a cluster in a support archive: private keys in PEM (RFC 7468), JSON web
// tokens (RFC 7519), bearer tokens, and values of keys that sound like a password, a token, a
// secret or a kubeconfig's data. Rather too much goes than too little.
namespace kvs::cli {

inline constexpr std::string_view kRedacted = "[redacted]";

// Of logs and other text: "password=x", "token: x", "--token x", {"secret": "x"}, also inside of
// quotes.
std::string RedactText(std::string_view text);

// Every string in `value`: what lies below such a key, also {"name": "DB_PASSWORD", "value": "x"},
// and what RedactText finds in the others.
void RedactJson(boost::json::value& value);

}  // namespace kvs::cli
