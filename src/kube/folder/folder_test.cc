#include "kube/folder/folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/own_folder.h"
#include "io/test_loop.h"
#include "kube/codec/json.h"
#include "kube/codec/yaml.h"
#include "kube/testing/source_conformance.h"

namespace kvs::kube {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// As a careful user writes: elsewhere, and renamed into place.
void WriteWhole(const std::string& path, const std::string& text) {
  std::ofstream(path + ".new") << text;
  fs::rename(path + ".new", path);
}

// One file per object.
class FolderFixture : public SourceFixture {
 public:
  FolderFixture() { fs::create_directory(folder_); }
  std::unique_ptr<Source> Open(io::Loop& loop) override {
    return OpenFolder(loop, folder_).value();
  }
  void Put(const Object& object) override {
    WriteWhole(FileOf(RefOf(object)), PrintYaml(Encode(object)));
  }
  void Erase(const Ref& ref) override { fs::remove(FileOf(ref)); }
  void PutBad(const Ref& ref) override {
    const size_t slash = ref.key.find('/');
    WriteWhole(FileOf(ref),
               fmt::format("apiVersion: v1\nkind: {}\nmetadata:\n  namespace: {}\n  name: {}\n"
                           "  labels: {{a: 5}}\n",
                           Name(ref.kind), ref.key.substr(0, slash), ref.key.substr(slash + 1)));
  }
  void Break() override {
    now_ = folder_ + ".away";
    fs::rename(folder_, now_);
  }
  void Repair() override {
    now_ = folder_;
    fs::rename(folder_ + ".away", now_);
  }

 private:
  std::string FileOf(const Ref& ref) const {
    std::string name = ref.ToString();
    std::ranges::replace(name, '/', '.');
    return fmt::format("{}/{}.yaml", now_, name);
  }

  const OwnFolder own_;
  const std::string folder_ = own_.path() + "/manifests";
  std::string now_ = folder_;
};

INSTANTIATE_TEST_SUITE_P(Folder, SourceConformance, testing::Values(MakeFixture([] {
                           return std::make_unique<FolderFixture>();
                         })));

// What only a folder does.
class FolderTest : public testing::Test {
 protected:
  void Open() {
    source_ = OpenFolder(loop_, folder_).value();
    watches_.push_back(source_->WatchProblems([this](const auto& now) {
      problems_ = now;
      ++tellings_;
    }));
    watches_.push_back(source_->Watch<Pod>({
        .on_put = [this](const Pod& pod) { pods_[pod.meta.key()] = pod; },
        .on_erase = [this](const std::string& key) { pods_.erase(key); },
        .on_synced = [this] { synced_ = true; },
    }));
    watches_.push_back(source_->Watch<VSwitchConfig>({
        .on_put = [this](const VSwitchConfig& one) { configs_[one.meta.key()] = one; },
        .on_erase = [this](const std::string& key) { configs_.erase(key); },
    }));
    ASSERT_TRUE(Until([&] { return synced_; }));
  }

  bool Until(const std::function<bool()>& condition) { return loop_.Until(condition); }
  void Advance(std::chrono::milliseconds time) { loop_.Advance(time); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  void Write(const std::string& name, const std::string& text) { WriteWhole(Path(name), text); }
  static std::string PodText(const std::string& name, const std::string& node = "node1") {
    return fmt::format(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {}}}\nspec: {{nodeName: {}}}\n", name, node);
  }
  std::string Problems() const {
    std::string all;
    for (const Problem& problem : problems_) all += problem.ToString() + "\n";
    return all;
  }

  const OwnFolder own_;
  const std::string& folder_ = own_.path();
  io::TestLoop loop_;
  std::unique_ptr<Source> source_;
  std::vector<std::unique_ptr<Subscription>> watches_;
  std::vector<Problem> problems_;
  int tellings_ = 0;
  std::map<std::string, Pod> pods_;
  std::map<std::string, VSwitchConfig> configs_;
  bool synced_ = false;
};

TEST_F(FolderTest, MustExist) {
  EXPECT_EQ(OpenFolder(loop_, "/nowhere").error().message,
            "manifests: read folder /nowhere: No such file or directory; give a folder of "
            "Kubernetes manifests");
}

TEST_F(FolderTest, ReadsManifestsAndNothingElse) {
  Write("a.yaml", PodText("a") + "---\n" + PodText("b"));
  Write("c.yml", PodText("c"));
  Write("d.json", R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"d"}})");
  Write(".hidden.yaml", PodText("e"));
  Write("README.md", PodText("f"));
  fs::create_directory(Path("below"));
  Write("below/g.yaml", PodText("g"));
  fs::create_directory(Path("h.yaml"));
  ASSERT_EQ(mkfifo(Path("i.yaml").c_str(), 0600), 0);
  Write("empty.yaml", "");
  Open();
  EXPECT_EQ(Problems(), "");
  std::string names;
  for (const auto& [key, pod] : pods_) names += pod.meta.name;
  EXPECT_EQ(names, "abcd");
}

TEST_F(FolderTest, RenamingAFileTellsNothing) {
  Write("a.yaml", PodText("a"));
  Open();
  int events = 0;
  const auto watch = source_->Watch<Pod>(
      {.on_put = [&](const Pod&) { ++events; }, .on_erase = [&](const std::string&) { ++events; }});
  ASSERT_TRUE(Until([&] { return events == 1; }));
  fs::rename(Path("a.yaml"), Path("b.yaml"));
  Advance(100ms);
  EXPECT_EQ(events, 1);
}

TEST_F(FolderTest, AHalfWrittenFileKeepsItsObjectsWithOneProblem) {
  const std::string whole = PodText("a") + "---\n" + PodText("b");
  Write("a.yaml", whole);
  Open();
  const int before = tellings_;
  std::ofstream(Path("a.yaml")) << PodText("a", "node2") << "---\napiVersion: v1\nkind: Pod\nmetad"
                                << "ata: {na";
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_EQ(Problems(), "a.yaml line 8: end of map flow not found\n");
  EXPECT_EQ(pods_.size(), 2u);
  EXPECT_EQ(pods_["default/a"].node_name, "node2");
  Advance(100ms);
  EXPECT_EQ(tellings_, before + 1);
  Write("a.yaml", whole);
  ASSERT_TRUE(Until([&] { return problems_.empty(); }));
  EXPECT_EQ(pods_["default/a"].node_name, "node1");
  Write("a.yaml", PodText("a"));
  ASSERT_TRUE(Until([&] { return pods_.size() == 1; }));
}

TEST_F(FolderTest, TheFirstOfTwoFilesWins) {
  Write("a.yaml", PodText("a", "first"));
  Write("b.yaml", "# two\n" + PodText("a", "second") + "---\n" + PodText("a", "third"));
  Open();
  EXPECT_EQ(pods_["default/a"].node_name, "first");
  EXPECT_EQ(Problems(),
            "Pod/default/a metadata.name: defined at a.yaml:1 and b.yaml:2; the first is used, "
            "remove the other\n"
            "Pod/default/a metadata.name: defined at b.yaml:2 and b.yaml:6; the first is used, "
            "remove the other\n");
  fs::remove(Path("a.yaml"));
  ASSERT_TRUE(Until([&] { return pods_["default/a"].node_name == "second"; }));
}

TEST_F(FolderTest, AMountedConfigMapIsSwitchedAtOnce) {
  // As kubelet does: files are links through ..data, which is renamed over.
  const auto publish = [&](const std::string& version, const std::string& node) {
    fs::create_directory(Path(".." + version));
    std::ofstream(Path(".." + version + "/a.yaml")) << PodText("a", node);
    fs::create_directory_symlink(".." + version, Path("..data_tmp"));
    fs::rename(Path("..data_tmp"), Path("..data"));
  };
  publish("1", "node1");
  fs::create_symlink("..data/a.yaml", Path("a.yaml"));
  Open();
  EXPECT_EQ(pods_["default/a"].node_name, "node1");
  publish("2", "node2");
  ASSERT_TRUE(Until([&] { return pods_["default/a"].node_name == "node2"; }));
}

TEST_F(FolderTest, ALinkThatLeadsNowhereKeepsItsObjects) {
  Write("real", PodText("a"));
  fs::create_symlink("real", Path("a.yaml"));
  Open();
  fs::remove(Path("real"));
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_EQ(Problems(), "a.yaml file: open: No such file or directory; its objects stay\n");
  EXPECT_EQ(pods_.size(), 1u);
  fs::remove(Path("a.yaml"));
  ASSERT_TRUE(Until([&] { return pods_.empty() && problems_.empty(); }));
}

TEST_F(FolderTest, AFileThatIsRemovedWhileTheFolderIsReadIsNoProblem) {
  Write("a.yaml", PodText("a"));
  std::atomic<bool> over = false;
  std::thread coming_and_going([&] {
    while (!over) {
      std::ofstream(Path("b.yaml"));
      fs::remove(Path("b.yaml"));
    }
  });
  for (int i = 0; i < 500; ++i) {
    watches_.clear();
    synced_ = false;
    Open();
    EXPECT_EQ(Problems(), "");
    EXPECT_EQ(pods_.size(), 1u);
  }
  over = true;
  coming_and_going.join();
}

TEST_F(FolderTest, ThousandFilesAndManyChanges) {
  for (int i = 0; i < 1000; ++i)
    std::ofstream(Path(fmt::format("{}.yaml", i))) << PodText(fmt::format("p{}", i));
  Open();
  EXPECT_EQ(pods_.size(), 1000u);
  for (int i = 0; i < 1000; ++i)
    if (i % 2)
      fs::remove(Path(fmt::format("{}.yaml", i)));
    else
      std::ofstream(Path(fmt::format("{}.yaml", i))) << PodText(fmt::format("p{}", i), "node2");
  ASSERT_TRUE(Until([&] {
    return pods_.size() == 500 && std::ranges::all_of(pods_, [](const auto& one) {
             return one.second.node_name == "node2";
           });
  }));
  EXPECT_EQ(Problems(), "");
}

TEST_F(FolderTest, WritesInPlaceOfTheSameSizeAreSeen) {
  std::ofstream(Path("a.yaml")) << PodText("a", "node0");
  Open();
  for (int i = 1; i < 50; ++i) {
    const std::string node = fmt::format("node{}", i % 10);
    std::ofstream(Path("a.yaml")) << PodText("a", node);
    ASSERT_TRUE(Until([&] { return pods_["default/a"].node_name == node; })) << i;
  }
}

TEST_F(FolderTest, FilesOfManagersAreMergedOverTheUsers) {
  Write("vsc.yaml",
        "apiVersion: kvswitch.io/v1alpha1\nkind: VSwitchConfig\n"
        "metadata: {name: node1, labels: {by: user}}\n"
        "spec: {podCIDR: 10.9.0.0/24, serviceCIDR: 10.96.0.0/12}\n");
  Open();
  VSwitchConfig config{.meta = {.name = "node1"}};
  config.spec.pod_cidrs = {*Prefix::Parse("10.1.0.0/24")};
  source_->Apply(config, "controller", nullptr);
  ASSERT_TRUE(Until([&] { return Join(configs_["node1"].spec.pod_cidrs) == "10.1.0.0/24"; }));
  EXPECT_EQ(Join(configs_["node1"].spec.service_cidrs), "10.96.0.0/12");
  EXPECT_EQ(configs_["node1"].meta.labels.find("by")->second, "user");

  std::string error;
  source_->Delete(Kind::kVSwitchConfig, "node1", "controller",
                  [&](const Result<>& done) { error = done ? "none" : done.error().message; });
  ASSERT_TRUE(Until([&] { return !error.empty(); }));
  EXPECT_EQ(error, "VSwitchConfig/node1: defined in " + folder_ + "/vsc.yaml; remove it there");
}

TEST_F(FolderTest, StatusAloneMakesNoObject) {
  Open();
  VSwitchConfig config{.meta = {.name = "node1"}};
  config.status.mtu = 1450;
  bool written = false;
  source_->Apply(config, "agent", [&](const Result<>& done) { written = done.has_value(); });
  ASSERT_TRUE(Until([&] { return written; }));
  Advance(50ms);
  EXPECT_TRUE(configs_.empty());
}

TEST_F(FolderTest, BadNamesAreNotWritten) {
  Open();
  for (const auto& [name, manager] :
       {std::pair{"../a", "agent"}, {"a", "../agent"}, {"", "agent"}, {"a", "x.y"}, {"a", ""}}) {
    std::optional<bool> good;
    source_->Apply(VSwitchConfig{.meta = {.name = name}}, manager,
                   [&](const Result<>& done) { good = done.has_value(); });
    ASSERT_TRUE(Until([&] { return good.has_value(); }));
    EXPECT_FALSE(*good) << name << " " << manager;
  }
  EXPECT_FALSE(fs::exists(Path(".kvswitch")));
}

// A limit on the size of files stands for a full disk.
TEST_F(FolderTest, AWriteThatFailsLeavesTheOldFile) {
  Open();
  VSwitchConfig config{.meta = {.name = "node1"}};
  config.spec.pod_cidrs = {*Prefix::Parse("10.1.0.0/24")};
  source_->Apply(config, "controller", nullptr);
  ASSERT_TRUE(Until([&] { return configs_.size() == 1; }));

  signal(SIGXFSZ, SIG_IGN);
  rlimit before, limited;
  getrlimit(RLIMIT_FSIZE, &before);
  limited = before;
  limited.rlim_cur = 100;
  setrlimit(RLIMIT_FSIZE, &limited);
  config.spec.pod_cidrs = {*Prefix::Parse("10.2.0.0/24")};
  std::string error;
  source_->Apply(config, "controller",
                 [&](const Result<>& done) { error = done ? "none" : done.error().message; });
  const bool answered = Until([&] { return !error.empty(); });
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_TRUE(answered);
  EXPECT_EQ(error, "VSwitchConfig/node1: write " + folder_ +
                       "/.kvswitch/.vswitchconfig.node1.controller.yaml.new: File too large");
  Advance(50ms);
  EXPECT_EQ(Join(configs_["node1"].spec.pod_cidrs), "10.1.0.0/24");
  EXPECT_EQ(std::distance(fs::directory_iterator(Path(".kvswitch")), {}), 1);
}

TEST_F(FolderTest, RemovingOurFilesRemovesOurObjects) {
  Open();
  VSwitchConfig config{.meta = {.name = "node1"}};
  config.spec.pod_cidrs = {*Prefix::Parse("10.1.0.0/24")};
  source_->Apply(config, "controller", nullptr);
  ASSERT_TRUE(Until([&] { return configs_.size() == 1; }));
  fs::remove_all(Path(".kvswitch"));
  ASSERT_TRUE(Until([&] { return configs_.empty(); }));
  source_->Apply(config, "controller", nullptr);
  ASSERT_TRUE(Until([&] { return configs_.size() == 1; }));
}

}  // namespace
}  // namespace kvs::kube
