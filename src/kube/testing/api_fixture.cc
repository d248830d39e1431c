#include "kube/testing/api_fixture.h"

namespace kvs::kube {

std::unique_ptr<Source> ApiFixture::Open(io::Loop& loop) {
  if (loop_ == nullptr && up_at_start) api.Start(loop);
  loop_ = &loop;
  client_ = std::make_unique<ApiClient>(loop, access);
  return OpenApi(loop, *client_, options);
}

RecordingWatcher::RecordingWatcher(Source& source, Kind kind)
    : kind_(kind),
      subscription_(source.Watch(kind, {.on_put = [this](const Object& object) { Put(object); },
                                        .on_erase = [this](const std::string& key) { Erase(key); },
                                        .on_synced =
                                            [this] {
                                              EXPECT_FALSE(synced) << "twice";
                                              synced = true;
                                            }})) {}

void RecordingWatcher::Put(const Object& object) {
  ++puts;
  const ObjectMeta& meta = MetaOf(object);
  const std::string key = meta.key();
  int64_t& version = versions_[key];
  const int64_t now = std::stoll(meta.resource_version);
  EXPECT_GT(now, version) << key << ": told twice, or out of order";
  version = now;
  EXPECT_FALSE(erased_.contains(meta.uid)) << key << ": was erased, but isn't gone";
  if (const auto at = objects.find(key); at != objects.end()) {
    Object same = object;
    MetaOf(same).resource_version = MetaOf(at->second).resource_version;
    EXPECT_FALSE(same == at->second) << key << ": told twice";
  }
  objects.insert_or_assign(key, object);
}

void RecordingWatcher::Erase(const std::string& key) {
  ++erases;
  const auto at = objects.find(key);
  ASSERT_NE(at, objects.end()) << key << ": erased, but never told";
  erased_.insert(MetaOf(at->second).uid);
  objects.erase(at);
}

bool RecordingWatcher::Knows(const FakeApiServer& api) const {
  auto known = objects;
  const auto there = api.Objects(kind_);
  for (auto& [key, object] : known)  // changes of what we don't read aren't told
    if (const auto at = there.find(key); at != there.end())
      MetaOf(object).resource_version = MetaOf(at->second).resource_version;
  return known == there;
}

}  // namespace kvs::kube
