#include "kube/codec/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <boost/json.hpp>
#include <istream>
#include <map>
#include <streambuf>
#include <utility>

#include "kube/codec/scalar.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;

// The cost of a value: its depth, and its bytes with an allowance for each node.
struct Extent {
  int depth = 0;
  size_t bytes = 0;
};

Extent Measure(const json::value& value) {
  Extent all{0, 32};
  const auto add = [&](const json::value& part) {
    const Extent extent = Measure(part);
    all.depth = std::max(all.depth, extent.depth);
    all.bytes += extent.bytes;
  };
  if (const auto* text = value.if_string()) {
    all.bytes += text->size();
  } else if (const auto* list = value.if_array()) {
    for (const auto& part : *list) add(part);
    ++all.depth;
  } else if (const auto* map = value.if_object()) {
    for (const auto& [key, part] : *map) {
      all.bytes += key.size();
      add(part);
    }
    ++all.depth;
  }
  return all;
}

// Builds values from the parser's events. It refuses with the library's own exception, which ends
// the parser and is caught in ParseYaml with all others.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(Documents& documents) : documents_(documents) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    // The library returns endless empty documents for a token that doesn't begin one.
    if (mark.pos == std::exchange(begin_, mark.pos))
      Refuse(mark, "neither the end of the document nor the beginning of another");
    open_.clear();
    anchors_.clear();
    line_ = mark.line + 1;
  }
  void OnDocumentEnd() override {
    if (!root_.is_null()) documents_.all.push_back({line_, std::move(root_)});
    root_ = nullptr;
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (ExpectsKey()) Refuse(mark, "a key must not be empty");
    Add(nullptr, anchor, mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (ExpectsKey()) {
      Remember(json::string(text), anchor, mark);
      return SetKey(mark, text, tag == "?");
    }
    if (tag == "?" || tag == kTagPrefix + "int" || tag == kTagPrefix + "bool" ||
        tag == kTagPrefix + "float" || tag == kTagPrefix + "null")
      return Add(ResolvePlain(text), anchor, mark);
    if (tag != "!" && tag != kTagPrefix + "str")
      Refuse(mark, "the tag " + tag + " is not supported");
    Add(json::string(text), anchor, mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto at = anchors_.find(anchor);
    if (at == anchors_.end()) Refuse(mark, "an alias within its own anchor");
    const auto& [value, extent] = at->second;
    expansion_ += extent.bytes;
    if (expansion_ > kMaxExpansion) Refuse(mark, "aliases expand to more than 16 MiB");
    CheckDepth(mark, extent.depth);
    if (!ExpectsKey()) return Add(value, 0, mark);
    if (!value.is_string()) Refuse(mark, "a key must be a string");
    SetKey(mark, std::string(value.get_string()), false);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, json::array(), anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, json::object(), anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    json::value value;
    std::optional<std::string> key;  // of a map: read, its value not yet
    YAML::anchor_t anchor;
    YAML::Mark mark;
  };

  [[noreturn]] static void Refuse(const YAML::Mark& mark, const std::string& message) {
    throw YAML::ParserException(mark, message);
  }

  bool ExpectsKey() const {
    return !open_.empty() && open_.back().value.is_object() && !open_.back().key;
  }

  void CheckDepth(const YAML::Mark& mark, int more) const {
    if (static_cast<int>(open_.size()) + more > kMaxDepth)
      Refuse(mark, "lists and maps are nested deeper than 64");
  }

  void SetKey(const YAML::Mark& mark, const std::string& key, bool plain) {
    if (plain && key == "<<")
      Refuse(mark, "merge keys (<<) are not supported; write the fields out");
    if (open_.back().value.get_object().contains(key))
      Refuse(mark, "the key \"" + key + "\" appears twice");
    open_.back().key = key;
  }

  void Open(const YAML::Mark& mark, json::value empty, YAML::anchor_t anchor) {
    if (ExpectsKey()) Refuse(mark, "a key must be a string");
    CheckDepth(mark, 1);
    open_.push_back({std::move(empty), std::nullopt, anchor, mark});
  }

  void Close() {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    Add(std::move(frame.value), frame.anchor, frame.mark);
  }

  void Remember(const json::value& value, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (anchor == 0) return;
    const Extent extent = Measure(value);
    expansion_ += extent.bytes;
    if (expansion_ > kMaxExpansion) Refuse(mark, "anchors hold more than 16 MiB");
    anchors_[anchor] = {value, extent};
  }

  void Add(json::value value, YAML::anchor_t anchor, const YAML::Mark& mark) {
    Remember(value, anchor, mark);
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto* list = open_.back().value.if_array()) {
      list->push_back(std::move(value));
    } else {
      open_.back().value.get_object()[*open_.back().key] = std::move(value);
      open_.back().key.reset();
    }
  }

  static inline const std::string kTagPrefix = "tag:yaml.org,2002:";

  Documents& documents_;
  int line_ = 1;
  int begin_ = -1;  // of the last document, in the text
  json::value root_;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, std::pair<json::value, Extent>> anchors_;
  size_t expansion_ = 0;
};

// An istream over text that is not copied.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

std::optional<Documents::Fault> TooLong(std::string_view text) {
  if (text.size() <= kMaxText) return std::nullopt;
  return Documents::Fault{1, "the text is longer than 64 MiB; split it"};
}

}  // namespace

Documents ParseYaml(std::string_view text) {
  Documents documents;
  if ((documents.fault = TooLong(text))) return documents;
  TextBuffer buffer(text);
  std::istream stream(&buffer);
  Builder builder(documents);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    documents.fault = {std::max(0, error.mark.line) + 1, error.msg};
  } catch (const std::exception& error) {
    documents.fault = {1, error.what()};
  }
  return documents;
}

Documents ParseJson(std::string_view text) {
  Documents documents;
  if ((documents.fault = TooLong(text))) return documents;
  if (text.find_first_not_of(" \t\r\n") == text.npos) return documents;
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::stream_parser parser({}, options);
  json::error_code error;
  size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error && read < text.size() && text.find_first_not_of(" \t\r\n", read) != text.npos)
    error = json::error::extra_data;
  if (!error) parser.finish(error);
  if (error) {
    read = std::min(read, text.size());
    const auto lines = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(read), '\n');
    documents.fault = {static_cast<int>(lines) + 1, error.message()};
  } else {
    documents.all.push_back({1, parser.release()});
  }
  return documents;
}

}  // namespace kvs::kube
