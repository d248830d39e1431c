#include "kube/codec/manifest.h"

#include <gtest/gtest.h>

namespace kvs::kube {
namespace {

// What a file says, for people: objects with lines, bad ones, problems, ignored kinds.
std::string Show(std::string_view file, std::string_view text) {
  const Manifest manifest = ParseManifest(file, text);
  std::string out;
  for (const auto& [object, line] : manifest.items)
    out += fmt::format("{} line {}\n", RefOf(object).ToString(), line);
  for (const Ref& ref : manifest.bad) out += "bad " + ref.ToString() + "\n";
  for (const Problem& problem : manifest.problems) out += problem.ToString() + "\n";
  for (const std::string& kind : manifest.ignored) out += "ignored " + kind + "\n";
  if (!manifest.whole) out += "not whole\n";
  return out;
}

TEST(Manifest, Documents) {
  EXPECT_EQ(
      Show("a.yaml", R"(# a comment
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web-2, namespace: shop}
spec: {hostNetwork: 5}
)"),
      "Namespace/shop line 2\n"
      "Pod/shop/web-1 line 9\n"
      "bad Pod/shop/web-2\n"
      "Pod/shop/web-2 spec.hostNetwork: expected true or false, got the number 5 (a.yaml:13)\n"
      "ignored apps/v1 Deployment\n");
}

TEST(Manifest, Lists) {
  EXPECT_EQ(Show("a.json", R"({"apiVersion": "v1", "kind": "List", "items": [
    {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1"}},
    {"apiVersion": "v1", "metadata": {"name": "node1"}},
    7]})"),
            "Node/node1 line 1\n"
            "a.json line 1 kind: missing: add kind, such as Pod\n"
            "a.json line 1: expected an object with apiVersion and kind\n"
            "not whole\n");
  EXPECT_EQ(Show("a.yaml", "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n"),
            "Pod/default/a line 1\n");
  EXPECT_EQ(Show("a.yaml", "apiVersion: v1\nkind: PodList\nitems: 5\n"), "ignored v1 PodList\n");
}

TEST(Manifest, HalfWritten) {
  EXPECT_EQ(Show("a.yaml",
                 "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n---\napiVersion: v1\n"
                 "kind: Node\nmetadata: {na"),
            "Node/a line 1\n"
            "a.yaml line 7: end of map flow not found\n"
            "not whole\n");
  EXPECT_EQ(Show("a.yaml", "apiVersion: v1\nkind: Node\n"),
            "Node metadata.name: missing: every object needs a name (a.yaml:1)\n"
            "not whole\n");
  EXPECT_EQ(Show("a.yaml", "apiVers"),
            "a.yaml line 1: expected an object with apiVersion and kind\nnot whole\n");
  EXPECT_EQ(Show("a.yaml", ""), "");
}

}  // namespace
}  // namespace kvs::kube
