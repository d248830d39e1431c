#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

// For tests: a program `kubectl` in PATH that plays a cluster. Its answers are files; for a missing
// file it fails with "... is gone". Its arguments are appended to the file "asked", a line per
// call. If there is a file "forbidden", it is the API server's answer to `kubectl exec`.
namespace kvs::cli {

class FakeKubectl : public testing::Test {
 protected:
  FakeKubectl()
      : folder_(std::filesystem::temp_directory_path() /
                ("kvs-kubectl." + std::to_string(getpid()))),
        path_(std::getenv("PATH")) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    Write("kubectl", kKubectl);
    chmod((folder_ / "kubectl").c_str(), 0755);
    setenv("PATH", (folder_.string() + ":" + path_).c_str(), 1);
    Write("get-nodes", kNodes);
    Write("get-pods", kPods);
  }
  ~FakeKubectl() override {
    setenv("PATH", path_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }

  // Sets the output of `kubectl get KIND` (file "get-KIND"), or of other verbs (file
  // "VERB-SECOND-WORD"). In namespace kvs-test the name ends with "-kvs-test".
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::trunc) << text;
  }
  void Remove(const std::string& name) { std::filesystem::remove(folder_ / name); }
  // The input of `kubectl create`.
  std::string Created() const { return Content("created"); }
  // Sets the answer of the agent in `pod` to `path`.
  void Answers(const std::string& pod, const std::string& path, const std::string& body,
               int status = 200) {
    Write(FileOf(pod, path),
          "kvs-answer " + std::to_string(status) + " " + std::to_string(body.size()) + "\n" + body);
  }
  static std::string FileOf(const std::string& pod, std::string path) {
    std::ranges::replace(path, '/', '_');
    return pod + path;
  }
  const std::filesystem::path& folder() const { return folder_; }
  std::string Asked() const { return Content("asked"); }

  // node1 has agent-a, node2 agent-b; win runs another system.
  static constexpr char kNodes[] = R"({"items":[
    {"metadata":{"name":"node2","labels":{"kubernetes.io/os":"linux"}}},
    {"metadata":{"name":"node1","labels":{"kubernetes.io/os":"linux"}},
     "status":{"conditions":[{"type":"Ready","reason":"KubeletReady"},
       {"type":"NetworkUnavailable","reason":"KVSwitchNotReady"}]}},
    {"metadata":{"name":"win","labels":{"kubernetes.io/os":"windows"}}}]})";
  static constexpr char kPods[] = R"({"items":[
    {"metadata":{"name":"agent-a"},"spec":{"nodeName":"node1"},"status":{"phase":"Running"}},
    {"metadata":{"name":"agent-old"},"spec":{"nodeName":"node1"},"status":{"phase":"Pending"}},
    {"metadata":{"name":"agent-b"},"spec":{"nodeName":"node2"},"status":{"phase":"Running"}}]})";

 private:
  std::string Content(const std::string& name) const {
    std::ifstream in(folder_ / name);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  static constexpr char kKubectl[] = R"(#!/bin/bash
folder=$(dirname "$0")
echo "$*" >>"$folder/asked"
# As many outcomes as there are cells. What the file unreached-POD says is why none is reached.
probe() {
  why=$folder/unreached-$1
  [ -e "$why" ] && reached=false || reached=true
  outcome="{\"reached\":$reached,\"us\":1500,\"attempts\":1,\"reason\":\"$(cat "$why" 2>/dev/null)\"}"
  echo "{\"outcomes\":[$(grep -o '"protocol"' | sed "s/.*/$outcome/" | paste -sd,)]}"
}
# Once as many were asked this as the file "together" says; not if they aren't within 3 s.
together() {
  for _ in {1..300}; do
    asked=$(grep -cF -- "$1" "$folder/asked")
    [ $asked -lt $(cat "$folder/together") ] || return 0
    sleep 0.01
  done
  return 1
}
while [[ $1 == --* ]]; do shift; done
case $1 in
  exec)
    [ ! -e "$folder/forbidden" ] || { cat "$folder/forbidden" >&2; exit 1; }
    path=${@: -1}
    [ "$path" != probe ] || { probe "$2"; exit; }
    [ ! -e "$folder/together" ] || together "$path" || exit 1
    answer=$folder/$2${path//\//_}
    [ -e "$answer" ] || { echo "error: unable to upgrade connection: pod $2 is gone" >&2; exit 1; }
    cat "$answer"
    head -n1 "$answer" | grep -q '^kvs-answer 200 ' ;;
  delete)
    for name in "$@"; do [[ $name == [a-z]*/* ]] && echo "$name"; done
    [[ ! -e $folder/stuck || $* != *daemonset* ]] || { echo "error: timed out" >&2; exit 1; } ;;
  patch) ;;
  create) cat >"$folder/created" ;;
  *)
    answer=$folder/$1-${2//\//_}
    [[ $* != *"-n kvs-test"* ]] || answer+=-kvs-test
    [ -e "$answer" ] || { echo "error: $2 is gone" >&2; exit 1; }
    cat "$answer" ;;
esac
)";

  std::filesystem::path folder_;
  std::string path_;
};

}  // namespace kvs::cli
