#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "base/own_folder.h"
#include "flow/arbitrary.h"
#include "openflow/meter.h"
#include "openflow/modify.h"

// The judge of our encoding is ovs-ofctl: what it reads in our bytes must be what it makes of our
// text.
namespace kvs::openflow {
namespace {

std::string OutputOf(const std::string& command) {
  std::string out;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  char bytes[4096];
  for (size_t n; (n = fread(bytes, 1, sizeof bytes, pipe)) > 0;) out.append(bytes, n);
  pclose(pipe);
  return out;
}

// The messages that it printed, without their xids.
std::vector<std::string> Messages(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(' ') && !lines.empty()) lines.back() += line;
    if (!line.starts_with("OFPT_")) continue;
    if (const size_t xid = line.find(" (xid="); xid != line.npos)
      line.erase(xid, line.find(')', xid) + 1 - xid);
    lines.push_back(line);
  }
  return lines;
}

class Folder {
 public:
  std::string Write(const std::string& name, std::string_view content) const {
    const std::string path = own_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

 private:
  const OwnFolder own_;
};

template <class T>
std::vector<T> Sample(const rc::Gen<T>& gen, size_t count) {
  std::vector<T> sample;
  rc::Random random(11);
  while (sample.size() < count) sample.push_back(gen(random.split(), rc::kNominalSize).value());
  return sample;
}

TEST(Differential, FlowsAreReadAsTheirText) {
  const Folder folder;
  const auto flows = Sample(flow::AnyFlow(), 2000);
  std::string text;
  Writer bytes;
  for (const flow::Flow& flow : flows) {
    text += flow.ToString() + "\n";
    ASSERT_TRUE(WriteChange(PutFlow{flow}, 1, {}, bytes));
  }
  const std::string said =
      OutputOf("ovs-ofctl -O OpenFlow15 parse-flows " + folder.Write("text", text));
  const auto theirs = Messages(said);
  const auto ours =
      Messages(OutputOf("ovs-ofctl -O OpenFlow15 ofp-parse " + folder.Write("b", bytes.bytes())));
  ASSERT_EQ(theirs.size(), flows.size()) << said.substr(0, 500);
  ASSERT_EQ(ours.size(), flows.size());
  for (size_t i = 0; i < flows.size(); ++i) ASSERT_EQ(ours[i], theirs[i]) << flows[i].ToString();
}

TEST(Differential, GroupsAreReadAsTheirText) {
  const Folder folder;
  const auto groups = Sample(flow::AnyGroup(), 100);
  Writer bytes;
  for (const flow::Group& group : groups) ASSERT_TRUE(WriteChange(PutGroup{group}, 1, {}, bytes));
  const auto ours =
      Messages(OutputOf("ovs-ofctl -O OpenFlow15 ofp-parse " + folder.Write("b", bytes.bytes())));
  ASSERT_EQ(ours.size(), groups.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    const auto theirs =
        Messages(OutputOf("ovs-ofctl -O OpenFlow15 parse-group '" + groups[i].ToString() + "'"));
    ASSERT_EQ(theirs.size(), 1u) << groups[i].ToString();
    // Ours adds or replaces.
    const size_t command = ours[i].find("ADD_OR_MOD ");
    ASSERT_NE(command, std::string::npos) << ours[i];
    EXPECT_EQ(std::string(ours[i]).replace(command, 11, "ADD "), theirs[0]);
  }
}

TEST(Differential, MetersAreReadAsWeMeanThem) {
  const Folder folder;
  Writer bytes;
  for (const MeterChange& change : std::initializer_list<MeterChange>{
           AddMeter{{7, 4000, 8000}}, ModifyMeter{{7, 1, 1}}, EraseMeter{7}})
    WriteMeterChange(change, 1, bytes);
  const std::string said =
      OutputOf("ovs-ofctl -O OpenFlow15 ofp-parse " + folder.Write("b", bytes.bytes()));
  for (const char* message :
       {"ADD meter=7 pktps burst bands=\ntype=drop rate=4000 burst_size=8000\n",
        "MOD meter=7 pktps burst bands=\ntype=drop rate=1 burst_size=1\n", "DEL meter=7 bands=\n"})
    EXPECT_NE(said.find(message), std::string::npos) << message << "not in\n" << said;
}

TEST(Differential, FlowsByHand) {
  const Folder folder;
  std::string text;
  Writer bytes;
  for (const char* line : {
           "table=0,priority=250,arp,in_port=LOCAL,actions=NORMAL",
           "table=1,priority=100,ct_state=+trk-inv,ip,in_port=1,nw_src=10.1.1.5 "
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
           "table=9,ct_ipv6_dst=fd00::/"
           "8,ct_nw_proto=17,ct_tp_src=80,ipv6,ct_state=+trk-inv,actions=drop",
           "table=9,ct_nw_src=10.0.0.0/"
           "8,ct_nw_proto=6,ct_tp_dst=80,ip,ct_state=+trk-inv,actions=drop",
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
  EXPECT_EQ(theirs.size(), 13u);
}

}  // namespace
}  // namespace kvs::openflow
