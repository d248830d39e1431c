#include "kube/codec/manifest.h"

#include <boost/json.hpp>
#include <iterator>

#include "kube/codec/json.h"
#include "kube/codec/yaml.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;

class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  // An item of a PodList may lack its kind: `list_kind` and `list_version` provide it.
  void Add(const json::value& value, int line, const std::string& list_version = {},
           const std::string& list_kind = {}) {
    line_ = line;
    if (!value.is_object()) return Unknown("", "expected an object with apiVersion and kind");
    const std::string version = Text(value, "apiVersion", list_version);
    const std::string kind = Text(value, "kind", list_kind);
    if (version.empty()) return Unknown("apiVersion", "missing: add apiVersion, such as v1");
    if (kind.empty()) return Unknown("kind", "missing: add kind, such as Pod");
    if (kind.ends_with("List")) {
      if (const auto* items = value.get_object().if_contains("items"); items && items->is_array())
        return AddList(items->get_array(), kind == "List" ? "" : version,
                       kind.substr(0, kind.size() - 4));
    }
    const auto known = FindKind(version, kind);
    if (known) return Take(Decode(*known, value));
    manifest_.ignored.insert(version + " " + kind);
  }

  void Fault(int line, std::string message) {
    line_ = line;
    Unknown("", std::move(message));
  }

  Manifest Release() { return std::move(manifest_); }

 private:
  static std::string Text(const json::value& value, std::string_view name,
                          const std::string& otherwise) {
    const auto* found = value.get_object().if_contains(name);
    return found && found->is_string() ? std::string(found->get_string()) : otherwise;
  }

  void AddList(const json::array& items, const std::string& version, const std::string& kind) {
    const int line = line_;
    for (const auto& item : items) Add(item, line, version, kind);
  }

  void Take(Decoded decoded) {
    for (Problem& problem : decoded.problems) {
      problem.message += fmt::format(" ({}:{})", file_, line_);
      manifest_.problems.push_back(std::move(problem));
    }
    if (decoded.object)
      manifest_.items.push_back({std::move(*decoded.object), line_});
    else if (decoded.ref)
      manifest_.bad.insert(std::move(*decoded.ref));
    else
      manifest_.whole = false;
  }

  void Unknown(std::string_view field, std::string message) {
    manifest_.whole = false;
    manifest_.problems.push_back(
        {file_, fmt::format("line {}{}{}", line_, field.empty() ? "" : " ", field),
         std::move(message)});
  }

  std::string file_;
  int line_ = 1;
  Manifest manifest_;
};

}  // namespace

Manifest ParseManifest(std::string_view file, std::string_view text) {
  Reader reader(file);
  Documents documents = file.ends_with(".json") ? ParseJson(text) : ParseYaml(text);
  for (const auto& [line, value] : documents.all) reader.Add(value, line);
  if (documents.fault) reader.Fault(documents.fault->line, documents.fault->message);
  return reader.Release();
}

}  // namespace kvs::kube
