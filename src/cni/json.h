#pragma once

#include <boost/json/value.hpp>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "base/net.h"
#include "cni/failure.h"

// Reads JSON of unverified types. A Json is a position in a document; an absent or null value reads
// as nothing, and a value of the wrong type reads as nothing and is noted. So a decoder is a plain
// list of reads, with one check of the note at its end. Only for .cc files.
namespace kvs::cni {

// The first error in a document.
class Note {
 public:
  void Take(Code code, std::string_view path, std::string_view problem) {
    if (!failure_)
      failure_ = Failure{static_cast<int>(code), fmt::format("{}: {}", path, problem), {}};
  }
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  std::optional<Failure> failure_;
};

class Json {
 public:
  Json(const boost::json::value* value, std::string path, Note& note)
      : value_(value && !value->is_null() ? value : nullptr), path_(std::move(path)), note_(note) {}

  explicit operator bool() const { return value_ != nullptr; }
  const boost::json::value* value() const { return value_; }
  Json operator[](std::string_view member) const;
  std::string Text() const;
  std::optional<double> Number() const;
  std::optional<int> Integer() const;
  bool Object() const;
  // Text as a type that has Parse(): Ip, Mac, Prefix.
  template <class T>
  std::optional<T> Parse() const;
  // Calls `use(Json element, size_t index)` for every element of an array.
  template <class Use>
  void Each(Use use) const;
  void Wrong(Code code, std::string_view problem) const { note_.Take(code, path_, problem); }

 private:
  bool Is(bool right, std::string_view wanted) const;

  const boost::json::value* value_;
  std::string path_;
  Note& note_;
};

// Parses the document `text`, of at most 32 levels.
Outcome<boost::json::value> ParseJson(std::string_view what, std::string_view text);

inline bool Json::Is(bool right, std::string_view wanted) const {
  if (!right) Wrong(Code::kUndecodable, fmt::format("must be {}", wanted));
  return right;
}

inline Json Json::operator[](std::string_view member) const {
  const bool object = value_ && Is(value_->is_object(), "an object");
  return Json(object ? value_->get_object().if_contains(member) : nullptr,
              path_.empty() ? std::string(member) : fmt::format("{}.{}", path_, member), note_);
}

inline std::string Json::Text() const {
  if (!value_ || !Is(value_->is_string(), "a string")) return {};
  return std::string(value_->get_string());
}

inline std::optional<double> Json::Number() const {
  if (!value_ || !Is(value_->is_number(), "a number")) return std::nullopt;
  return value_->to_number<double>();
}

inline std::optional<int> Json::Integer() const {
  const auto number = Number();
  if (!number || !Is(std::trunc(*number) == *number && std::abs(*number) < 1e9, "a whole number"))
    return std::nullopt;
  return static_cast<int>(*number);
}

inline bool Json::Object() const { return value_ && Is(value_->is_object(), "an object"); }

template <class T>
std::optional<T> Json::Parse() const {
  if (!value_ || !Is(value_->is_string(), "a string")) return std::nullopt;
  auto parsed = T::Parse(std::string_view(value_->get_string()));
  if (parsed) return *parsed;
  Wrong(Code::kBadConfig, parsed.error().message);
  return std::nullopt;
}

template <class Use>
void Json::Each(Use use) const {
  if (!value_ || !Is(value_->is_array(), "a list")) return;
  size_t index = 0;
  for (const boost::json::value& element : value_->get_array()) {
    use(Json(&element, fmt::format("{}[{}]", path_, index), note_), index);
    ++index;
  }
}

}  // namespace kvs::cni
