#include <fmt/format.h>
#include <malloc.h>

#include <boost/json.hpp>
#include <ctime>
#include <deque>
#include <protozero/pbf_reader.hpp>

#include "base/benchmark.h"
#include "base/file.h"
#include "kube/codec/list_watch.h"
#include "kube/testing/wire_encode.h"

// The first list of a big cluster: 100,000 pods in pages of 500, decoded and kept, from protobuf
// and from JSON: CPU time, and the memory that the pods take. They are copies of one that a real
// API server sent (testdata/README.md), with other names, uids, addresses, nodes and ReplicaSets.
namespace kvs::kube {
namespace {

using bench::Die;
using bench::Need;

constexpr int kPods = 100000;
constexpr int kPage = 500;
constexpr int kPerReplicaSet = 20;
constexpr int kPerNode = 20;
constexpr int kRounds = 3;

// What is different in each pod. Lengths stay, so that those in protobuf are right.
struct Varied {
  std::string_view text;
  std::string (*of)(int pod);
};
constexpr Varied kVaried[] = {
    {"6d5f8bd4c7-00000",
     [](int pod) { return fmt::format("{:010x}-{:05x}", pod / kPerReplicaSet, pod); }},
    {"6d5f8bd4c7", [](int pod) { return fmt::format("{:010x}", pod / kPerReplicaSet); }},
    {"39f9134e-fc8f", [](int pod) { return fmt::format("{:08x}-fc8f", pod); }},
    {"10.244.100.100",
     [](int pod) {
       return fmt::format("10.{}.{}.{}", 100 + pod / 10000, 100 + pod / 100 % 100, 100 + pod % 100);
     }},
    {"fd00:10:244:1::1000",
     [](int pod) {
       return fmt::format("fd00:10:{:03x}:1::{:04x}", 0x100 + pod / 0x8000, 0x1000 + pod % 0x8000);
     }},
    {"node1", [](int pod) { return fmt::format("n{:04}", pod / kPerNode); }},
};

class Pods {
 public:
  explicit Pods(Wire wire) : wire_(wire), template_(wire == Wire::kJson ? FromJson() : FromBody()) {
    for (const Varied& one : kVaried)
      for (size_t at = template_.find(one.text); at != template_.npos;
           at = template_.find(one.text, at + 1))
        places_.push_back({at, &one});
    // The longer of two at one place goes last.
    std::ranges::stable_sort(places_, std::less{},
                             [](const FieldPath& one) { return one.varied->text.size(); });
  }

  std::string Page(int first) const {
    std::vector<std::string> items;
    for (int pod = first; pod < first + kPage; ++pod) {
      std::string& item = items.emplace_back(template_);
      for (const FieldPath& one : places_) {
        const std::string text = one.varied->of(pod);
        item.replace(one.at, text.size(), text);
      }
    }
    return EncodeList(wire_, Kind::kPod, items, "1000");
  }
  size_t size() const { return template_.size(); }

 private:
  struct FieldPath {
    size_t at;
    const Varied* varied;
  };
  static constexpr std::string_view kName = "web-6d5f8bd4c7-00000";

  static std::string FromJson() {
    const auto body = boost::json::parse(Need(ReadFile(KVS_TESTDATA "/pods.json")));
    for (const auto& item : body.at("items").as_array())
      if (item.at("metadata").at("name").as_string() == kName) return boost::json::serialize(item);
    Die("pods.json without the pod");
  }

  static std::string FromBody() {
    const std::string body = Need(ReadFile(KVS_TESTDATA "/pods.pb"));
    protozero::pbf_reader unknown(body.data() + 4, body.size() - 4);
    unknown.next(2);
    protozero::pbf_reader list = unknown.get_message();
    while (list.next(2))
      if (std::string item = list.get_string(); item.find(kName) < 50) return item;
    Die("pods.pb without the pod");
  }

  Wire wire_;
  std::string template_;
  std::vector<FieldPath> places_;
};

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

size_t Allocated() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

struct Measured {
  double seconds = 0;
  double bytes = 0;  // of a pod
};

Measured Measure(Wire wire, const Pods& pods) {
  std::deque<Pod> kept;
  Measured measured;
  const size_t before = Allocated();
  for (int first = 0; first < kPods; first += kPage) {
    const std::string body = pods.Page(first);
    const double start = CpuSeconds();
    auto page = Need(wire == Wire::kJson ? ParseListJson(Kind::kPod, body)
                                         : ParseListProtobuf(Kind::kPod, body));
    for (Decoded& item : page.items) {
      if (!item.object) Die(item.problems.at(0).ToString());
      kept.push_back(std::get<Pod>(std::move(*item.object)));
    }
    page.items.clear();
    measured.seconds += CpuSeconds() - start;
  }
  measured.bytes = static_cast<double>(Allocated() - before) / kPods;
  return measured;
}

int Main() {
  const Pods protobuf(Wire::kProtobuf), json(Wire::kJson);
  std::vector<double> ours, theirs;
  double bytes = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Measured one = Measure(Wire::kProtobuf, protobuf);
    ours.push_back(one.seconds * 1000);
    bytes = one.bytes;
    theirs.push_back(Measure(Wire::kJson, json).seconds * 1000);
  }
  bench::PrintTimes("100,000 pods from protobuf, CPU", ours, "from JSON", theirs);
  fmt::print("a pod: {} bytes of protobuf, {} of JSON; {:.0f} decoded, so {:.0f} MiB for all\n",
             protobuf.size(), json.size(), bytes, bytes * kPods / (1 << 20));
  return 0;
}

}  // namespace
}  // namespace kvs::kube

int main() { return kvs::kube::Main(); }
