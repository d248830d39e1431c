#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "openflow/connection_live_test.h"

namespace kvs::openflow {
namespace {

using testing::HasSubstr;

TEST_F(ConnectionLiveTest, Meters) {
  Connect();
  EXPECT_TRUE(ChangeMeters({}).ok());
  flow::Meter meter{.meter_id = 7, .rate = 4000, .burst = 8000};
  ApplyResult result = ChangeMeters({AddMeter{{1, 5, 6}}, AddMeter{{0xfffffff0, 5, 6}},
                                     AddMeter{meter}, AddMeter{meter}, ModifyMeter{{9, 5, 6}}});
  EXPECT_EQ(result.committed, 2u);
  ASSERT_EQ(result.refused.size(), 3u) << "each stands alone";
  EXPECT_EQ(result.refused[0].change, 1u);
  EXPECT_EQ(result.refused[1].change, 3u);
  EXPECT_THAT(result.refused[1].reason, HasSubstr("OFPMMFC_METER_EXISTS"));
  EXPECT_THAT(result.refused[2].reason, HasSubstr("OFPMMFC_UNKNOWN_METER"));
  // ovs-ofctl reads of it what our text says, and ours reads what ovs-ofctl prints.
  const std::string printed = switch_.Ofctl({"dump-meters", switch_.socket()});
  const auto read = flow::Meter::Parse(printed.substr(printed.find("meter=7")));
  ASSERT_TRUE(read) << read.error().message << "\n" << printed;
  EXPECT_EQ(*read, meter);

  meter.rate = 100;
  ASSERT_TRUE(ChangeMeters({ModifyMeter{meter}, EraseMeter{1}, EraseMeter{12345}}).ok());
  switch_.Ofctl({"add-meter", switch_.socket(), flow::Meter{3, 1, 2}.ToString()});
  switch_.Ofctl({"add-meter", switch_.socket(), "meter=4,kbps,stats,band=type=drop,rate=5"});
  switch_.Ofctl({"add-meter", switch_.socket(), "meter=slowpath,pktps,band=type=drop,rate=5"});
  auto meters = Meters();
  std::ranges::sort(meters, {}, [](const auto& found) { return found.meter.meter_id; });
  ASSERT_EQ(meters.size(), 3u);
  EXPECT_EQ(meters[0].meter, (flow::Meter{3, 1, 2}));
  EXPECT_FALSE(meters[0].foreign);
  EXPECT_TRUE(meters[1].foreign);
  EXPECT_EQ(meters[2].meter, meter);

  // A flow through it; with the meter, the flow goes.
  const PutFlow put{ParseFlow("table=1,ip actions=meter:7,output:1")};
  ASSERT_TRUE(Apply({put}).ok());
  EXPECT_EQ(Flows().at(0).flow, put.flow);
  ASSERT_TRUE(ChangeMeters({EraseMeter{7}}).ok());
  EXPECT_TRUE(Flows().empty());
  result = Apply({put});
  EXPECT_THAT(result.error->message, HasSubstr("METER"));
}

}  // namespace
}  // namespace kvs::openflow
