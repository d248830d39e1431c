#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "openflow/generate.h"
#include "openflow/modify.h"

// The judge of our encoding is ovs-ofctl: what it reads in our bytes must be what it makes of our
// text.
namespace kvs::openflow {
namespace {

constexpr uint32_t kFlows = 20;  // per trial

std::string OutputOf(const std::string& command) {
  std::string out;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  char bytes[4096];
  for (size_t n; (n = fread(bytes, 1, sizeof bytes, pipe)) > 0;) out.append(bytes, n);
  pclose(pipe);
  return out;
}

// The lines that begin a message, without their xids.
std::vector<std::string> Messages(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("OFPT_")) continue;
    if (const size_t xid = line.find(" (xid="); xid != line.npos)
      line.erase(xid, line.find(')', xid) + 1 - xid);
    lines.push_back(line);
  }
  return lines;
}

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "kvs-differential-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string Write(const std::string& name, std::string_view content) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << content;
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

RC_GTEST_PROP(Differential, FlowsAreReadAsTheirText, ()) {
  const Folder folder;
  std::string text;
  Writer bytes;
  for (uint32_t i = 0; i < kFlows; ++i) {
    const flow::Flow flow = generate::ValidFlow();
    text += flow.ToString() + "\n";
    RC_ASSERT(WriteChange(PutFlow{flow}, i, {}, bytes).has_value());
  }
  const std::string theirs =
      OutputOf("ovs-ofctl -O OpenFlow15 parse-flows " + folder.Write("text", text));
  const std::string ours =
      OutputOf("ovs-ofctl -O OpenFlow15 ofp-parse " + folder.Write("bytes", bytes.bytes()));
  RC_LOG() << text << theirs;
  RC_ASSERT(Messages(theirs).size() == kFlows);
  RC_ASSERT(Messages(ours) == Messages(theirs));
}

TEST(Differential, FlowsByHand) {
  const Folder folder;
  std::string text;
  Writer bytes;
  for (const char* line : {
           "table=0,priority=250,arp,in_port=LOCAL,actions=NORMAL",
           "table=1,priority=100,ip,in_port=1,nw_src=10.1.1.5 "
           "actions=set_field:0->in_port,resubmit(,5),resubmit(3,6),resubmit(,7,ct)",
           "table=2,tcp,ct_state=+trk+new,tp_dst=80 "
           "actions=ct(commit,table=5,zone=NXM_NX_REG0[0..15],nat(dst=10.0.0.1-10.0.0.9:80-90),"
           "exec(set_field:0x1/0x1->ct_mark,set_field:0x5->ct_label))",
           "table=3,ipv6,actions=ct(commit,zone=3,nat(src=fd00::1-fd00::9,random))",
           "table=4,ip,actions=learn(table=9,idle_timeout=10,priority=7,eth_type=0x800,"
           "NXM_OF_IP_SRC[],load:NXM_NX_REG1[0..15]->NXM_NX_REG2[0..15],"
           "output:NXM_OF_IN_PORT[])",
           "table=5,icmp6,icmp_type=135,nd_target=fd00::1 "
           "actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:136->icmpv6_type,IN_PORT",
           "table=6,ip,nw_frag=later,actions=meter:3,dec_ttl,controller(userdata=01.02,pause)",
           "table=7,tun_id=0x7,tun_src=10.0.0.1,actions=group:5,goto_table:9",
           "table=8,vlan_tci=0x0000/0x1fff,actions=output:NXM_NX_REG3[]",
           "table=9,conj_id=7,ip,actions=CONTROLLER:128",
           "table=9,priority=3,ip,actions=conjunction(7,1/2),conjunction(8,2/3)",
           "table=9,ct_nw_src=10.0.0.0/8,ct_nw_proto=6,ct_tp_dst=80,ip,ct_state=+trk,actions=drop",
       }) {
    const auto flow = flow::Flow::Parse(line);
    ASSERT_TRUE(flow) << line << ": " << flow.error().message;
    text += std::string(line) + "\n";
    ASSERT_TRUE(WriteChange(PutFlow{*flow}, 1, {}, bytes));
  }
  const auto theirs =
      Messages(OutputOf("ovs-ofctl -O OpenFlow15 parse-flows " + folder.Write("text", text)));
  const auto ours =
      Messages(OutputOf("ovs-ofctl -O OpenFlow15 ofp-parse " + folder.Write("b", bytes.bytes())));
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(ours[i], theirs[i]);
  EXPECT_EQ(theirs.size(), 12u);
}

}  // namespace
}  // namespace kvs::openflow
