#include "cli/inspect/redact.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>

namespace kvs::cli {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 13> kTelling = {"token",
                                                       "password",
                                                       "passwd",
                                                       "secret",
                                                       "credential",
                                                       "authorization",
                                                       "apikey",
                                                       "api-key",
                                                       "api_key",
                                                       "private-key",
                                                       "privatekey",
                                                       "client-key",
                                                       "certificate-authority-data"};
constexpr std::string_view kCertificateData = "client-certificate-data";

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

bool SoundsSecret(std::string_view key) {
  const std::string lower = Lower(key);
  return lower.find(kCertificateData) != std::string::npos ||
         std::ranges::any_of(kTelling, [&](std::string_view telling) {
           return lower.find(telling) != std::string::npos;
         });
}

// Reads `text` from the front, and writes its unredacted parts.
class Redaction {
 public:
  explicit Redaction(std::string_view text) : rest_(text) {}

  std::string Run() {
    while (!rest_.empty()) {
      if (Pem() || Word()) continue;
      Keep(1);
    }
    return std::move(seen_);
  }

 private:
  void Keep(size_t size) {
    seen_ += rest_.substr(0, size);
    rest_.remove_prefix(std::min(size, rest_.size()));
  }
  void Drop(size_t size) {
    seen_ += kRedacted;
    rest_.remove_prefix(std::min(size, rest_.size()));
  }

  bool Pem() {
    static constexpr std::string_view kBegin = "-----BEGIN ", kKey = "PRIVATE KEY-----";
    if (!rest_.starts_with(kBegin)) return false;
    const size_t label = rest_.find("-----", kBegin.size());
    if (label == std::string_view::npos || !rest_.substr(0, label + 5).ends_with(kKey))
      return false;
    const size_t end = rest_.find("-----END ", label);
    const size_t close = end == std::string_view::npos ? end : rest_.find(kKey, end);
    Drop(close == std::string_view::npos ? rest_.size() : close + kKey.size());
    return true;
  }

  // A word at the front; its value may have to be redacted.
  bool Word() {
    const auto past = std::ranges::find_if_not(rest_, IsWord);
    std::string_view word = rest_.substr(0, static_cast<size_t>(past - rest_.begin()));
    if (const size_t pem = word.find("-----BEGIN"); pem != 0) word = word.substr(0, pem);
    if (word.empty()) return false;
    if (WebToken(word)) return true;
    Keep(word.size());
    if (Lower(word) == "bearer" && rest_.starts_with(' ')) {
      Keep(1);
      DropBare(" \t\n\"\\',");
    } else if (SoundsSecret(word)) {
      Value(word);
    }
    return true;
  }

  // HEADER.CLAIMS.SIGNATURE, where the header is JSON in base64url, and so begins with "eyJ".
  bool WebToken(std::string_view word) {
    if (!word.starts_with("eyJ") || word.size() < 10 || !rest_.substr(word.size()).starts_with('.'))
      return false;
    const auto past =
        std::ranges::find_if_not(rest_, [](char c) { return IsWord(c) || c == '.' || c == '='; });
    Drop(static_cast<size_t>(past - rest_.begin()));
    return true;
  }

  // Between a key and its value there are quotes, blanks, and "=" or ":"; after a flag a blank or
  // comma is enough. Without these there is no value; an object is not one either.
  void Value(std::string_view key) {
    const bool flag = key.starts_with("--");
    const size_t size =
        std::min(rest_.find_first_not_of(flag ? " \t\"'\\:=," : " \t\"'\\:="), rest_.size());
    const std::string_view between = rest_.substr(0, size);
    if (size == rest_.size() ||
        std::string_view("{[\n").find(rest_[size]) != std::string_view::npos)
      return;
    if (!flag && between.find_first_of(":=") == std::string_view::npos) return;
    if (flag && (size == 0 || rest_[size] == '-')) return;  // the next flag
    Keep(size);
    if (between.ends_with('"') || between.ends_with('\''))
      DropQuoted(between);
    else
      DropBare(Lower(key).find("authorization") == std::string::npos ? " \t\n\"\\',;&}])"
                                                                     : "\n\"\\'");
  }

  void DropBare(std::string_view ends) { Drop(std::min(rest_.find_first_of(ends), rest_.size())); }

  // Up to the quote that has as many backslashes before it as the one at the end of `opening`.
  void DropQuoted(std::string_view opening) {
    const char quote = opening.back();
    const auto backslashes = [](std::string_view before) {
      const size_t other = before.find_last_not_of('\\');
      return before.size() - (other == std::string_view::npos ? 0 : other + 1);
    };
    opening.remove_suffix(1);
    const size_t depth = backslashes(opening);
    size_t at = rest_.find(quote);
    while (at != std::string_view::npos && backslashes(rest_.substr(0, at)) != depth)
      at = rest_.find(quote, at + 1);
    Drop(at == std::string_view::npos ? rest_.size() : at - depth);
  }

  std::string_view rest_;
  std::string seen_;
};

void Redact(json::value& value, bool secret) {
  if (value.is_string()) {
    value = secret ? std::string(kRedacted) : RedactText(std::string(value.get_string()));
  } else if (value.is_array()) {
    for (json::value& item : value.get_array()) Redact(item, secret);
  } else if (value.is_object()) {
    const json::value* name = value.get_object().if_contains("name");
    const bool named = name != nullptr && name->is_string() && SoundsSecret(name->get_string());
    for (auto& [key, field] : value.get_object())
      Redact(field, secret || SoundsSecret(key) || (named && key == "value"));
  }
}

}  // namespace

std::string RedactText(std::string_view text) { return Redaction(text).Run(); }

void RedactJson(json::value& value) { Redact(value, false); }

}  // namespace kvs::cli
