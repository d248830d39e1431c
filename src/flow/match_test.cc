#include "flow/match.h"

#include <gtest/gtest.h>

namespace kvs::flow {
namespace {

TEST(Field, EveryNameIsKnownAndItsOwn) {
  for (int i = 0; i < static_cast<int>(Field::kCount); ++i) {
    const FieldInfo& info = InfoOf(static_cast<Field>(i));
    EXPECT_EQ(FieldByName(info.set_name), info.field) << info.set_name;
    EXPECT_EQ(FieldByName(info.nxm_name), info.field) << info.nxm_name;
    EXPECT_TRUE(FieldByName(info.name)) << info.name;
    EXPECT_LE(info.bits, 8 * info.bytes) << info.name;
  }
  EXPECT_EQ(FieldByName("OXM_OF_IPV4_SRC"), Field::kIpv4Src);
  EXPECT_EQ(FieldByName("tp_dst"), Field::kTcpDst);
  EXPECT_EQ(FieldByName("wings"), std::nullopt);
}

TEST(Value, IsRightAligned) {
  const uint8_t bytes[] = {0x12, 0x34};
  EXPECT_EQ(Value::FromBytes(bytes, 2), Value::FromInt(0x1234));
  EXPECT_EQ(Value::FromInt(0x1234).ToInt(), 0x1234u);
  EXPECT_EQ(Value::Ones(0), Value{});
  EXPECT_EQ(Value::Ones(12).ToInt(), 0xfffu);
  EXPECT_EQ(Value::Ones(128).bytes[0], 0xff);
}

TEST(Value, Shifts) {
  const Value value = Value::FromInt(0x8000'0000'0000'0001);
  EXPECT_EQ(value.Shifted(0), value);
  EXPECT_EQ(value.Shifted(64).Shifted(-64), value);
  EXPECT_EQ(value.Shifted(4).ToInt(), 0x10u);
  EXPECT_EQ(value.Shifted(4).Shifted(-64).ToInt(), 8u);
  EXPECT_EQ(value.Shifted(-63), Value::FromInt(1));
  EXPECT_EQ(value.Shifted(-64), Value{});
  EXPECT_EQ(Value::FromInt(1).Shifted(127).bytes[0], 0x80);
}

TEST(Match, DoesNotDependOnTheOrderOfSetting) {
  const Match a = Match().Set(Field::kInPort, 5).Set(Field::kEthType, 0x800).Set(Reg(0), 1, 1);
  const Match b = Match().Set(Reg(0), 1, 1).Set(Field::kEthType, 0x800).Set(Field::kInPort, 5);
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.packed(), b.packed());
  EXPECT_EQ(a.ToString(), "ip,reg0=0x1/0x1,in_port=5");
}

TEST(Match, SettingReplaces) {
  Match match = Match().Set(Reg(0), 1).Set(Reg(1), 7, 0xf);
  match.Set(Reg(0), 2, 3).Set(Reg(1), 9);
  EXPECT_EQ(match.ToString(), "reg0=0x2/0x3,reg1=0x9");
  match.Set(Reg(0), 2, 0);
  EXPECT_EQ(match, Match().Set(Reg(1), 9));
  EXPECT_FALSE(match.Find(Reg(0)));
}

TEST(Match, CutsWhatCannotMatter) {
  EXPECT_EQ(Match().Set(Reg(0), 0xff, 0xf), Match().Set(Reg(0), 0xf, 0xf));
  EXPECT_EQ(Match().Set(Field::kIpDscp, 0xff), Match().Set(Field::kIpDscp, 0x3f));
  EXPECT_EQ(Match().Set(Field::kIpEcn, 1, 0xff), Match().Set(Field::kIpEcn, 1));
  EXPECT_EQ(Match().Set(Field::kVlanTci, 0), Match().Set(Field::kVlanTci, 0, 0x1fff));
}

TEST(Match, TakesAddressesOfEitherFamily) {
  const auto set = [](std::string_view prefix) {
    return Match().Set(Field::kIpv4Dst, Field::kIpv6Dst, *Prefix::Parse(prefix)).ToString();
  };
  EXPECT_EQ(set("10.1.0.0/16"), "nw_dst=10.1.0.0/16");
  EXPECT_EQ(set("10.1.0.1/32"), "nw_dst=10.1.0.1");
  EXPECT_EQ(set("fd00:10::/32"), "ipv6_dst=fd00:10::/32");
  EXPECT_EQ(set("0.0.0.0/0"), "");
  EXPECT_EQ(Match().Set(Field::kEthSrc, *Mac::Parse("0a:58:0a:01:01:03")).ToString(),
            "dl_src=0a:58:0a:01:01:03");
  EXPECT_EQ(Match().Set(Field::kArpTpa, *Ip::Parse("10.1.1.1")).ToString(), "arp_tpa=10.1.1.1");
}

TEST(Match, FindsAndVisitsInOrder) {
  const Match match = Match().Set(Field::kTcpDst, 80).Set(Reg(3), 4, 6).Set(Field::kEthType, 0x800);
  const auto item = match.Find(Reg(3));
  ASSERT_TRUE(item);
  EXPECT_EQ(item->value.ToInt(), 4u);
  EXPECT_EQ(item->mask.ToInt(), 6u);
  EXPECT_FALSE(match.Find(Field::kUdpDst));
  std::vector<Field> seen;
  match.ForEach([&](const Match::Item& visited) { seen.push_back(visited.field); });
  EXPECT_EQ(seen, (std::vector{Reg(3), Field::kEthType, Field::kTcpDst}));
}

TEST(Match, IsSmall) {
  const Match pod = Match()
                        .Set(Field::kEthType, 0x800)
                        .Set(Field::kInPort, 5)
                        .Set(Field::kIpv4Src, *Ip::Parse("10.1.1.3"));
  EXPECT_LE(pod.packed().size(), 15u) << "no longer fits into a string without an allocation";
}

}  // namespace
}  // namespace kvs::flow
