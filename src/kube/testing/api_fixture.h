#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kube/api/api_source.h"
#include "kube/testing/fake_api_server.h"
#include "kube/testing/source_conformance.h"

namespace kvs::kube {

// The API source with a fake API server.
class ApiFixture : public SourceFixture {
 public:
  explicit ApiFixture(Wire wire, int number = 0) : api(wire, number) {
    access.servers = {api.url()};
  }

  std::unique_ptr<Source> Open(io::Loop& loop) override;
  void Put(const Object& object) override { api.Put(object); }
  void Erase(const Ref& ref) override { api.Erase(ref); }
  void PutBad(const Ref& ref) override { api.PutBad(ref); }
  void Break() override { api.Stop(); }
  void Repair() override { api.Start(*loop_); }

  FakeApiServer api;
  Access access;
  ApiOptions options;
  bool up_at_start = true;

 private:
  io::Loop* loop_ = nullptr;
  std::unique_ptr<ApiClient> client_;
};

// Watches objects of a kind. The test fails if an object is reported twice without a change, out of
// order, or again after an erasure that did not happen.
class RecordingWatcher {
 public:
  RecordingWatcher(Source& source, Kind kind);

  // Whether it has the same objects as the server.
  bool Knows(const FakeApiServer& api) const;

  bool synced = false;
  int puts = 0, erases = 0;
  std::map<std::string, Object> objects;

 private:
  void Put(const Object& object);
  void Erase(const std::string& key);

  Kind kind_;
  std::map<std::string, int64_t> versions_;  // by key
  std::set<std::string> erased_;             // uids
  std::unique_ptr<Subscription> subscription_;
};

}  // namespace kvs::kube
