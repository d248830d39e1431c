#include "openflow/sample_flows.h"

#include <fmt/format.h>

namespace kvs::openflow {

std::string SampleFlow(int i) {
  const std::string address = fmt::format("10.{}.{}.{}", i >> 16 & 0xff, i >> 8 & 0xff, i & 0xff);
  switch (i % 4) {
    case 0:
      return fmt::format(
          "cookie={:#x},table=20,priority=100,ip,reg1={:#x}/0xffff,nw_src={} "
          "actions=conjunction({},1/2)",
          i, i % 100, address, i % 1000);
    case 1:
      return fmt::format(
          "cookie={:#x},table=12,priority=100,ct_state=+new+trk,tcp,nw_dst={},"
          "tp_dst=80 actions=ct(commit,table=13,zone=1,nat(dst={}:8080),"
          "exec(set_field:{:#x}->ct_mark))",
          i, address, address, i);
    case 2:
      return fmt::format(
          "cookie={:#x},table=30,priority=200,ip,nw_dst={} "
          "actions=set_field:0a:58:0a:00:{:02x}:{:02x}->eth_dst,"
          "set_field:{:#x}->reg2,output:{}",
          i, address, i >> 8 & 0xff, i & 0xff, i % 5000, i % 60000 + 1);
    default:
      return fmt::format(
          "cookie={:#x},table=1,priority=150,ip,in_port={},dl_src=0a:58:0a:00:"
          "{:02x}:{:02x},nw_src={} actions=goto_table:5",
          i, i % 60000 + 1, i >> 8 & 0xff, i & 0xff, address);
  }
}

}  // namespace kvs::openflow
