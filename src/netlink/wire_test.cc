#include "netlink/wire.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <climits>

namespace kvs::netlink {
namespace {

// An exact copy, so that AddressSanitizer sees a read past its end.
std::vector<uint8_t> Copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

TEST(Message, AlignsAttributesAndKeepsTheirLength) {
  const Request request = Message(18, NLM_F_DUMP).PutU8(1, 7).PutText(2, "eth0").Asking("ask");
  EXPECT_EQ(request.bytes.size(), 16u + 8 + 12);
  Bytes datagram = request.bytes;
  const auto message = TakeMessage(datagram);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type, 18);
  EXPECT_EQ(message->flags, NLM_F_DUMP | NLM_F_REQUEST);
  EXPECT_TRUE(datagram.empty());
  const Attributes attributes(message->body);
  EXPECT_EQ(attributes.U8(1), 7);
  EXPECT_EQ(attributes.U32(1), std::nullopt);  // of another size
  EXPECT_EQ(attributes.Text(2), "eth0");
  EXPECT_EQ(attributes.Find(2)->size(), 5u);
  EXPECT_EQ(attributes.Find(3), std::nullopt);
}

TEST(Message, NestsAttributes) {
  const Request request =
      Message(16, 0)
          .Nest(1,
                [](Message& outer) {
                  outer.PutU32(5, 6).Nest(2, [](Message& inner) { inner.PutText(3, "veth"); });
                })
          .PutU16(4, 9)
          .Asking("");
  Bytes datagram = request.bytes;
  const Attributes attributes(TakeMessage(datagram)->body);
  EXPECT_EQ(attributes.Nested(1).Nested(2).Text(3), "veth");
  EXPECT_EQ(attributes.Nested(1).U32(5), 6u);
  EXPECT_EQ(attributes.U16(4), 9);
  EXPECT_EQ(attributes.Nested(7).Nested(2).Text(3), "");
}

TEST(Message, CutsTextThatNoAttributeHolds) {
  const Request request = Message(16, 0).PutText(1, std::string(100'000, 'x')).Asking("");
  Bytes datagram = request.bytes;
  EXPECT_EQ(Attributes(TakeMessage(datagram)->body).Text(1).size(), 4096u);
}

TEST(TakeMessage, TakesOneAfterTheOther) {
  auto bytes = Message(1, 0).PutU8(1, 1).Asking("").bytes;
  const auto second = Message(2, 0).Asking("").bytes;
  bytes.insert(bytes.end(), second.begin(), second.end());
  Bytes datagram = bytes;
  EXPECT_EQ(TakeMessage(datagram)->type, 1);
  EXPECT_EQ(TakeMessage(datagram)->type, 2);
  EXPECT_FALSE(TakeMessage(datagram));
}

TEST(TakeMessage, RefusesALengthThatLies) {
  for (const uint32_t length : {0u, 15u, 17u, 0xffffffffu}) {
    auto bytes = Message(1, 0).Asking("").bytes;
    std::memcpy(bytes.data(), &length, sizeof length);
    Bytes datagram = bytes;
    EXPECT_FALSE(TakeMessage(datagram)) << length;
  }
}

TEST(Attributes, StopAtALengthThatLies) {
  for (const uint16_t length : {0, 3, 9, 0xffff}) {
    auto bytes = Copy(Bytes(Message(1, 0).PutU32(1, 5).Asking("").bytes).subspan(16));
    std::memcpy(bytes.data(), &length, sizeof length);
    EXPECT_FALSE(Attributes(bytes).Find(1)) << length;
  }
}

TEST(Attributes, ReadTextWithoutZeroByte) {
  const uint8_t text[] = {'l', 'o'};
  const auto request = Message(1, 0).Put(1, text).Asking("");
  EXPECT_EQ(Attributes(Bytes(request.bytes).subspan(16)).Text(1), "lo");
}

// The kernel's answer to a refused request, with the echo of it that NETLINK_CAP_ACK leaves out.
Received Refused(std::vector<uint8_t>& bytes, bool echo) {
  const uint16_t flags = echo ? NLM_F_ACK_TLVS : NLM_F_ACK_TLVS | NLM_F_CAPPED;
  Message message(NLMSG_ERROR, flags);
  message.Struct(nlmsgerr{.error = -EEXIST, .msg = {.nlmsg_len = 16 + 8}});
  if (echo) message.PutU32(9, 0);
  bytes = message.PutText(NLMSGERR_ATTR_MSG, "Name taken").Asking("").bytes;
  Bytes datagram = bytes;
  return *TakeMessage(datagram);
}

TEST(Verdict, TellsTheKernelsReason) {
  for (const bool echo : {false, true}) {
    std::vector<uint8_t> bytes;
    const auto verdict = ParseAck(Refused(bytes, echo));
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().message, "File exists (Name taken)");
    EXPECT_EQ(verdict.error().code, EEXIST);
  }
}

TEST(Verdict, IsAnErrorWhenTheErrnoIsNone) {
  for (const int code : {1, -4096, INT_MIN}) {
    const auto bytes = Message(NLMSG_ERROR, 0).Struct(nlmsgerr{.error = code}).Asking("").bytes;
    Bytes datagram = bytes;
    EXPECT_EQ(ParseAck(*TakeMessage(datagram)).error().code, EBADMSG) << code;
  }
}

TEST(Verdict, IsAnErrorWhenTruncated) {
  std::vector<uint8_t> bytes;
  Received message = Refused(bytes, true);
  const Bytes whole = message.body;
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto part = Copy(whole.first(size));
    message.body = part;
    EXPECT_FALSE(ParseAck(message)) << size;
  }
}

}  // namespace
}  // namespace kvs::netlink
