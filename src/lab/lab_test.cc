#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/file.h"
#include "lab/manifests.h"
#include "lab/matrix.h"
#include "lab/process.h"
#include "lab/state.h"

namespace kvs::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

TEST(Process, RunsToTheEndAndTellsWhatItSaid) {
  const auto output = RunToEnd({.argv = {"sh", "-c", "cat; echo bad >&2; echo $WORD; exit 3"},
                                .env = {"WORD=hello"},
                                .input = "in\n"});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->exit_code, 3);
  EXPECT_EQ(output->out, "in\nhello\n");
  EXPECT_EQ(output->err, "bad\n");
  EXPECT_THAT(Check({.argv = {"false"}}).error().message, HasSubstr("false: exit 1"));
  EXPECT_THAT(RunToEnd({.argv = {"no-such-program"}}).error().message,
              HasSubstr("no-such-program: not found"));
}

TEST(Process, IsKilledAfterItsTime) {
  const auto late = RunToEnd({.argv = {"sleep", "100"}}, milliseconds(50));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message, HasSubstr("sleep 100: not done after 50 ms"));
}

TEST(Process, IsKilledWhenItSaysTooMuch) {
  for (const char* flood : {"yes", "yes >&2", "head -c 2000000 /dev/zero"})
    EXPECT_EQ(RunToEnd({.argv = {"sh", "-c", flood}, .most = size_t{1} << 20}).error().message,
              fmt::format("sh -c {}: says more than 1 MiB, which is the most", flood));
}

TEST(Process, LeavesNobodyBehindWhoFillsTheMemory) {
  for (const std::string end : {"wait", "exit 0"}) {  // sh is killed, or ends by itself
    const std::string file = testing::TempDir() + fmt::format("kvs-flood.{}", getpid());
    static_cast<void>(RunToEnd({.argv = {"sh", "-c",
                                         fmt::format("sh -c 'echo $$ >{0}; exec yes' &\n"
                                                     "until [ -s {0} ]; do sleep 0.01; done\n{1}",
                                                     file, end)},
                                .most = size_t{1} << 20}));
    const auto flood = Identify(std::stoi(ReadFile(file).value_or("0")));
    EXPECT_TRUE(!flood || AwaitEnd(*flood, seconds(5))) << "still writes, after " << end;
    if (flood) Signal(*flood, SIGKILL);
    unlink(file.c_str());
  }
}

TEST(Process, IsKnownByItsStartToo) {
  const auto process = Start({.argv = {"sleep", "100"}}, "/dev/null");
  ASSERT_TRUE(process) << process.error().message;
  EXPECT_TRUE(IsAlive(*process));
  const Process stranger{process->pid, process->start + 1};  // had the same number
  EXPECT_FALSE(IsAlive(stranger));
  Signal(stranger, SIGKILL);
  EXPECT_FALSE(AwaitEnd(*process, milliseconds(30)));
  Signal(*process, SIGKILL);
  EXPECT_TRUE(AwaitEnd(*process, seconds(5)));
  EXPECT_FALSE(IsAlive(*process));
}

TEST(State, NamesThatCannotBeMistaken) {
  EXPECT_TRUE(State::Of("demo2"));
  for (const char* bad : {"", "a-b", "Demo", "../x", "seventeenletters1"}) {
    EXPECT_FALSE(State::Of(bad)) << bad;
  }
}

std::string Content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Manifests, TheExampleIsWhatTheLabWrites) {
  const std::string folder = testing::TempDir() + "/kvs-manifests";
  ASSERT_TRUE(WriteManifests(folder, 3, false));
  for (const char* file : {"nodes.yaml", "namespaces.yaml", "pods.yaml"})
    EXPECT_EQ(Content(folder + "/" + file), Content(std::string(KVS_EXAMPLE) + "/" + file)) << file;
  const auto read = ReadManifests(folder);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->problems, testing::IsEmpty());
  EXPECT_EQ(read->nodes.size(), 3u);
  EXPECT_EQ(read->pods.size(), 6u);

  ASSERT_TRUE(WritePod(folder, "shop/extra", "node2"));
  EXPECT_EQ(ReadManifests(folder)->pods.size(), 7u);
  ASSERT_TRUE(RemovePod(folder, "shop/extra"));
  EXPECT_THAT(RemovePod(folder, "shop/web-1").error().message, HasSubstr("not in a file"));
  EXPECT_THAT(WritePod(folder, "web", "node1").error().message, HasSubstr("namespace/name"));
  std::filesystem::remove_all(folder);
}

std::vector<Place> TwoNodes() {
  const auto ips = [](const char* text) { return ParseIps(text).value(); };
  return {{Place::Kind::kPod, "shop/a", "", "node1", ips("10.1.1.3,fd00:1::3")},
          {Place::Kind::kPod, "shop/b", "", "node2", ips("10.1.2.3,fd00:2::3")},
          {Place::Kind::kNode, "node1", "", "node1", ips("10.200.0.1")},
          {Place::Kind::kOutside, "outside", "", "", ips("198.51.100.1,2001:db8::1")}};
}

TEST(Matrix, AsksForWhatMustWork) {
  const auto cells = PlanMatrix(TwoNodes());
  size_t to_outside = 0;
  for (const auto& cell : cells) {
    EXPECT_NE(cell.from, cell.to);
    EXPECT_NE(cell.from, "outside");
    if (cell.to != "outside") continue;
    ++to_outside;
    EXPECT_TRUE(cell.cell.address.is4()) << "node1 has no IPv6 uplink";
    EXPECT_NE(cell.from, "shop/b") << "no machine node2";
  }
  EXPECT_EQ(to_outside, 4u);  // shop/a and node1, TCP and ICMP
  // a: b 4, node1 2, outside 2; b: a 4, node1 2; node1: a 4, b 4, outside 2.
  EXPECT_EQ(cells.size(), 24u);
  EXPECT_EQ(cells.front().kind, "pod to pod, across nodes");
}

TEST(Matrix, ShowsWhatFailed) {
  Matrix matrix{.cells = PlanMatrix(TwoNodes())};
  for (auto& cell : matrix.cells) cell.outcome.reached = true;
  EXPECT_EQ(matrix.failed(), 0u);
  EXPECT_THAT(ToText(matrix).string(), HasSubstr("24 of 24 cells ok"));
  matrix.cells[3].outcome = {.reason = "no answer"};
  EXPECT_EQ(matrix.failed(), 1u);
  EXPECT_THAT(ToText(matrix).string(),
              HasSubstr("FAILED shop/a -> shop/b (fd00:2::3, ICMP over IPv6): no answer"));
  EXPECT_THAT(ToText(matrix).string(), HasSubstr("!i"));
  for (auto& cell : matrix.cells) cell.outcome = {.reason = "no answer"};
  EXPECT_THAT(ToText(matrix).string(), HasSubstr("... and 4 more"));
  for (auto& cell : matrix.cells) cell.outcome.reached = true;
  matrix.cells[3].outcome.reached = false;
  matrix.cells[3].expected = false;
  EXPECT_EQ(matrix.failed(), 0u);
}

}  // namespace
}  // namespace kvs::lab
