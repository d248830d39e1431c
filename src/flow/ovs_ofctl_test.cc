#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <regex>
#include <sstream>

#include "flow/arbitrary.h"
#include "flow/text.h"

// The installed ovs-ofctl as the judge of our text: what it makes of a line that we printed must
// be, letter by letter, the same match and actions.
namespace kvs::flow {
namespace {

std::vector<std::string> OutputOf(const std::string& command) {
  std::vector<std::string> lines;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::string output;
  char buffer[4096];
  while (const size_t size = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, size);
  pclose(pipe);
  std::istringstream stream(output);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class OvsOfctl : public ::testing::Test {
 protected:
  void SetUp() override {
    if (OutputOf("command -v ovs-ofctl").empty()) GTEST_SKIP() << "ovs-ofctl is not installed";
  }
  void TearDown() override { std::remove(path_.c_str()); }

  // What `ovs-ofctl OPTIONS FILE` says of a file with these lines.
  std::vector<std::string> Judge(const std::string& options,
                                 const std::vector<std::string>& lines) {
    std::ofstream file(path_);
    for (const std::string& line : lines) file << line << "\n";
    file.close();
    return OutputOf("ovs-ofctl " + options + " " + path_);
  }

  const std::string path_ = ::testing::TempDir() + "ovs_ofctl_test." + std::to_string(getpid());
};

// Of "OFPT_FLOW_MOD (OF1.5) (xid=0x1): ADD table:2 priority=5,ip cookie:0x5 idle:5 actions=drop".
struct Verdict {
  std::string match, actions, flow;  // `flow` as add-flow would take it
};

std::optional<Verdict> VerdictOf(const std::string& line) {
  static const std::regex form(R"(.*ADD (?:table:(\d+) )?(?:(priority=\d+),?)?(\S*) ?)"
                               R"((?:cookie:(\w+) )?(?:idle:(\d+) )?(?:hard:(\d+) )?actions=(.*))");
  std::smatch part;
  if (!std::regex_match(line, part, form)) return std::nullopt;
  std::string flow;
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) flow += fmt::format("{}{},", key, value);
  };
  add("table=", part[1]);
  add("", part[2]);
  add("cookie=", part[4]);
  add("idle_timeout=", part[5]);
  add("hard_timeout=", part[6]);
  add("", part[3]);
  return Verdict{part[3], part[7], flow + "actions=" + part[7].str()};
}

void ExpectAgreement(const std::vector<Flow>& flows, const std::vector<std::string>& lines) {
  size_t at = 0;
  for (const std::string& line : lines) {
    if (line.starts_with("usable protocols") || line.starts_with("chosen protocol")) continue;
    ASSERT_LT(at, flows.size()) << line;
    const auto verdict = VerdictOf(line);
    ASSERT_TRUE(verdict) << line << "\nabout " << flows[at].ToString();
    EXPECT_EQ(verdict->match, flows[at].key.match.ToString());
    EXPECT_EQ(verdict->actions, ToString(flows[at].actions));
    const auto read = Flow::Parse(verdict->flow);
    ASSERT_TRUE(read) << read.error().message << "\n" << verdict->flow;
    EXPECT_EQ(*read, flows[at]) << verdict->flow << "\n" << flows[at].ToString();
    ++at;
  }
  EXPECT_EQ(at, flows.size());
}

template <class T>
std::vector<T> Sample(const rc::Gen<T>& gen, size_t count) {
  std::vector<T> sample;
  rc::Random random(7);
  while (sample.size() < count) sample.push_back(gen(random.split(), 100).value());
  return sample;
}

TEST_F(OvsOfctl, TakesEveryFlowAsItIs) {
  const auto flows = Sample(AnyFlow(), 2000);
  std::vector<std::string> lines;
  for (const Flow& flow : flows) lines.push_back(flow.ToString());
  ExpectAgreement(flows, Judge("-O OpenFlow15 parse-flows", lines));
}

TEST_F(OvsOfctl, TakesAWholePipeline) {
  std::ifstream file(KVS_TESTDATA "/pipeline.flows");
  std::vector<Flow> flows;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const auto flow = Flow::Parse(line);
    ASSERT_TRUE(flow) << line << "\n" << flow.error().message;
    flows.push_back(*flow);
    lines.push_back(line);
  }
  EXPECT_GT(flows.size(), 100u);
  ExpectAgreement(flows, Judge("-O OpenFlow15 parse-flows", lines));
}

TEST_F(OvsOfctl, TakesEveryGroupAsItIs) {
  for (const Group& group : Sample(AnyGroup(), 100)) {
    const auto lines = OutputOf("ovs-ofctl -O OpenFlow15 parse-group '" + group.ToString() + "'");
    ASSERT_FALSE(lines.empty());
    const size_t add = lines.back().find("ADD ");
    ASSERT_NE(add, std::string::npos) << group.ToString() << "\n" << lines.back();
    const auto read = Group::Parse(lines.back().substr(add + 4));
    ASSERT_TRUE(read) << read.error().message << "\n" << lines.back();
    EXPECT_EQ(*read, group) << lines.back() << "\n" << group.ToString();
  }
}

// The fields that must come before a field, with a value each (ovs-fields(7), "Prerequisites").
std::string Prerequisites(Field field) {
  const auto within = [field](Field first, Field last) { return first <= field && field <= last; };
  if (within(Field::kCtTpSrc, Field::kCtTpDst)) return "ct_state=+trk-inv,ct_nw_proto=6";
  if (within(Field::kCtNwSrc, Field::kCtTpDst)) return "ct_state=+trk-inv";
  if (within(Field::kIpv4Src, Field::kIpv4Dst)) return "ip";
  if (within(Field::kIpv6Src, Field::kIpv6Label)) return "ipv6";
  if (within(Field::kArpSpa, Field::kArpTha)) return "arp";
  if (within(Field::kIpProto, Field::kIpFrag)) return "ip";
  if (within(Field::kTcpSrc, Field::kTcpFlags)) return "tcp";
  if (within(Field::kUdpSrc, Field::kUdpDst)) return "udp";
  if (within(Field::kSctpSrc, Field::kSctpDst)) return "sctp";
  if (within(Field::kIcmpv4Type, Field::kIcmpv4Code)) return "icmp";
  if (within(Field::kIcmpv6Type, Field::kIcmpv6Code)) return "icmp6";
  if (field == Field::kNdSll) return "icmp6,icmp_type=135,icmp_code=0";
  if (within(Field::kNdTarget, Field::kNdOptionsType)) return "icmp6,icmp_type=136,icmp_code=0";
  return "";
}

std::string HexOf(const Value& value, size_t bytes) {
  std::string hex;
  for (size_t i = 16 - bytes; i < 16; ++i) hex += fmt::format("{:02x}", value.bytes[i]);
  return hex;
}

// "80000a02(0800)": the header's bytes and the value, which parse-oxm turns into names.
std::string Oxm(const Match& match) {
  std::string out;
  match.ForEach([&out](const Match::Item& item) {
    const FieldInfo& info = InfoOf(item.field);
    const bool masked = item.mask != Value::Ones(info.bits);
    const int header = info.oxm_field << 9 | masked << 8 | info.bytes << masked;
    out += fmt::format("{}{:04x}{:04x}({}", out.empty() ? "" : ", ", info.oxm_class, header,
                       HexOf(item.value, info.bytes));
    out += masked ? "/" + HexOf(item.mask, info.bytes) + ")" : ")";
  });
  return out;
}

TEST_F(OvsOfctl, KnowsTheNumbersOfTheFields) {
  std::vector<std::string> lines;
  std::vector<Field> fields;
  for (int i = 0; i < static_cast<int>(Field::kCount); ++i) {
    const auto field = static_cast<Field>(i);
    if (field == Field::kVlanTci || field == Field::kPacketType) continue;  // never said as such
    lines.push_back(Oxm(Match::Parse(Prerequisites(field))->Set(field, 1)));
    fields.push_back(field);
  }
  std::ofstream(path_) << fmt::format("{}\n", fmt::join(lines, "\n"));
  // OpenFlow 1.3: later ones show registers in pairs.
  const auto verdicts = OutputOf("ovs-ofctl parse-oxm OpenFlow13 < " + path_);
  ASSERT_EQ(verdicts.size(), lines.size()) << verdicts.back();
  const std::regex name(R"((\w+?)(_W)?\()");
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::string& verdict = verdicts[i];
    bool found = false;
    for (std::sregex_iterator part(verdict.begin(), verdict.end(), name), end; part != end;
         ++part) {
      found |= FieldByName((*part)[1].str()) == fields[i];
    }
    EXPECT_TRUE(found) << InfoOf(fields[i]).set_name << ": " << lines[i] << " is " << verdict;
  }
}

}  // namespace
}  // namespace kvs::flow
