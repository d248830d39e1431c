#include "kube/codec/protobuf.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>
#include <protozero/pbf_writer.hpp>

#include "kube/testing/arbitrary.h"
#include "kube/testing/wire_encode.h"

namespace kvs::kube {
namespace {

using protozero::pbf_writer;

std::string ProblemsOf(const Decoded& decoded) {
  EXPECT_NE(decoded.object.has_value(), !decoded.problems.empty());
  std::string all;
  for (const Problem& problem : decoded.problems) all += problem.ToString() + "\n";
  return all;
}

// An object with `fill`ed fields, besides a metadata of "a" that is at resourceVersion 7.
template <class Fill>
std::string Message(Fill fill) {
  std::string message =
      EncodeObject(Wire::kProtobuf, Namespace{.meta = {.name = "a", .resource_version = "7"}});
  pbf_writer to(message);
  fill(to);
  return message;
}

// In the message in field `number`, what `fill` writes.
template <class Fill>
void Sub(pbf_writer& to, uint32_t number, Fill fill) {
  pbf_writer sub(to, number);
  fill(sub);
}

Object AnyBuiltin() {
  Object object = AnyObject();
  RC_PRE(HasProtobuf(KindOf(object)));
  return object;
}

RC_GTEST_PROP(Protobuf, IsReadBackAsItWas, ()) {
  const Object object = AnyBuiltin();
  const Decoded decoded = DecodeProtobuf(KindOf(object), EncodeObject(Wire::kProtobuf, object));
  for (const Problem& problem : decoded.problems) RC_FAIL(problem.ToString());
  RC_ASSERT(*decoded.object == object);
  RC_ASSERT(*decoded.ref == RefOf(object));
  RC_ASSERT(decoded.resource_version == MetaOf(object).resource_version);
}

TEST(Protobuf, ANameThatIsTakenBackIsMissing) {
  const std::string bytes = Message([](pbf_writer& to) {
    Sub(to, 1,
        [](pbf_writer& metadata) { metadata.add_string(1, ""); });  // merged: the last counts
  });
  EXPECT_EQ(ProblemsOf(DecodeProtobuf(Kind::kNamespace, bytes)),
            "Namespace metadata.name: missing: every object needs a name\n");
}

TEST(Protobuf, APortThatIsTakenBackIsMissing) {
  const std::string bytes = Message([](pbf_writer& to) {
    Sub(to, 2, [](pbf_writer& spec) {
      Sub(spec, 2, [](pbf_writer& container) {
        Sub(container, 6, [](pbf_writer& port) {
          port.add_int32(3, 80);
          port.add_int32(3, 0);
          port.add_string(4, "TCP");
        });
      });
    });
  });
  EXPECT_NE(ProblemsOf(DecodeProtobuf(Kind::kPod, bytes)).find("every port needs a number"),
            std::string::npos);
}

RC_GTEST_PROP(Protobuf, TellsTheProblemsThatJsonTells, ()) {
  Object object = AnyBuiltin();
  ObjectMeta& meta = MetaOf(object);
  meta.name = *rc::gen::element<std::string>("a", "A_b", "../x");
  meta.generation = *rc::gen::element(5, -5);
  if (!meta.ns.empty()) meta.ns = *rc::gen::element<std::string>("s", "b.c", "S");
  if (auto* pod = std::get_if<Pod>(&object))
    pod->ports = std::vector<ContainerPort>{
        {"x", 80, *rc::gen::element<std::string>("TCP", "tcp", "")}, {"y", 81, "icmp"}};
  const Decoded json =
      Decode(KindOf(object), boost::json::parse(EncodeObject(Wire::kJson, object)));
  const Decoded protobuf = DecodeProtobuf(KindOf(object), EncodeObject(Wire::kProtobuf, object));
  RC_ASSERT(protobuf.ref == json.ref);
  RC_ASSERT(protobuf.problems == json.problems);
  RC_ASSERT(protobuf.object == json.object);
}

// A copy, so that the sanitizer sees who reads past the end.
Decoded DecodeCut(Kind kind, const std::string& message, size_t size) {
  const std::vector<char> cut(message.begin(), message.begin() + static_cast<ptrdiff_t>(size));
  return DecodeProtobuf(kind, {cut.data(), cut.size()});
}

RC_GTEST_PROP(Protobuf, CutOffIsNeverAnotherObject, ()) {
  const Object object = AnyBuiltin();
  const std::string message = EncodeObject(Wire::kProtobuf, object);
  const auto size = *rc::gen::inRange<size_t>(0, message.size());
  const Decoded decoded = DecodeCut(KindOf(object), message, size);
  RC_ASSERT(!decoded.ref || *decoded.ref == RefOf(object));
  RC_ASSERT(decoded.object.has_value() == decoded.problems.empty());
}

TEST(Protobuf, CutOffIsAProblemButBetweenFields) {
  const Pod pod{.meta = {.name = "a", .ns = "shop", .labels = {{"app", "web"}}},
                .node_name = "node1",
                .ports = std::vector<ContainerPort>{{"http", 80}},
                .phase = "Running"};
  const std::string message = EncodeObject(Wire::kProtobuf, pod);
  size_t good = 0, known = 0;
  for (size_t size = 0; size < message.size(); ++size) {
    const Decoded decoded = DecodeCut(Kind::kPod, message, size);
    if (decoded.object) ++good;
    if (decoded.ref) ++known;
  }
  EXPECT_EQ(good, 2u);  // after metadata and spec: only who knows the message's length can tell
  EXPECT_GT(known, message.size() / 3);
}

TEST(Protobuf, SkipsFieldsThatItDoesNotKnow) {
  const auto later = [](pbf_writer& to) {
    to.add_int64(1000, -1);
    to.add_string(1001, "x");
    to.add_fixed32(1002, 5);
    to.add_fixed64(1003, 5);
  };
  const Decoded decoded = DecodeProtobuf(Kind::kPod, Message([&](pbf_writer& to) {
                                           later(to);
                                           Sub(to, 2, [&](pbf_writer& spec) {
                                             later(spec);
                                             spec.add_string(10, "node1");
                                             Sub(spec, 2, later);
                                           });
                                           Sub(to, 3, later);
                                         }));
  EXPECT_EQ(ProblemsOf(decoded), "");
  ASSERT_TRUE(decoded.object);
  EXPECT_EQ(std::get<Pod>(*decoded.object).node_name, "node1");
}

TEST(Protobuf, SaysWhatIsWrongWhere) {
  const Decoded decoded =
      DecodeProtobuf(Kind::kPod, Message([](pbf_writer& to) {
                       Sub(to, 2, [](pbf_writer& spec) {
                         spec.add_int32(10, 5);
                         spec.add_string(11, "yes");
                         spec.add_string(2, "");
                         Sub(spec, 2, [](pbf_writer& container) {
                           container.add_fixed32(6, 1);
                           container.add_string(6, "");
                           Sub(container, 6, [](pbf_writer& port) { port.add_int32(3, 70000); });
                         });
                         spec.add_string(20, "\xf");
                       });
                       Sub(to, 3, [](pbf_writer& status) {
                         Sub(status, 12, [](pbf_writer& ip) { ip.add_string(1, "10.1.1.300"); });
                       });
                     }));
  EXPECT_EQ(ProblemsOf(decoded),
            "Pod/default/a spec.nodeName: expected bytes, got a number (varint)\n"
            "Pod/default/a spec.hostNetwork: expected a number (varint), got bytes\n"
            "Pod/default/a spec.containers[1].ports: expected bytes, got a number of fixed size\n"
            "Pod/default/a spec.containers[1].ports[0].containerPort: missing: every port needs a "
            "number\n"
            "Pod/default/a spec.containers[1].ports[1].containerPort: expected a whole number from "
            "1 to 65535, got the number 70000\n"
            "Pod/default/a spec.initContainers[0]: broken protobuf (unknown pbf field type "
            "exception)\n"
            "Pod/default/a status.podIPs[0].ip: \"10.1.1.300\" is not an IP address\n");
}

TEST(Protobuf, KnowsWhoABrokenObjectIs) {
  const Decoded decoded = DecodeProtobuf(
      Kind::kNode, Message([](pbf_writer& to) { to.add_string(2, "\xa\x70"); }) + "\x1a\x05x");
  EXPECT_EQ(decoded.resource_version, "7");
  EXPECT_EQ(ProblemsOf(decoded),
            "Node/a : broken protobuf (end of buffer exception)\n"
            "Node/a spec: broken protobuf (end of buffer exception)\n");

  // Its namespace may be what is lost, so that this is another object's name.
  std::string meta;
  pbf_writer(meta).add_string(1, "a");
  std::string pod;
  pbf_writer(pod).add_message(1, meta + "\x1a\x05sho");
  const Decoded nobody = DecodeProtobuf(Kind::kPod, pod);
  EXPECT_FALSE(nobody.ref);
  EXPECT_EQ(ProblemsOf(nobody), "Pod metadata: broken protobuf (end of buffer exception)\n");
}

}  // namespace
}  // namespace kvs::kube
