#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "io/test_loop.h"
#include "kube/source/source.h"

// The contract of every Source, as tests. A source's test file makes a SourceFixture and
// instantiates SourceConformance with it:
//   INSTANTIATE_TEST_SUITE_P(Folder, SourceConformance, testing::Values(MakeFixture([] {...})));
namespace kvs::kube {

// A source, and a user who changes its objects, as with kubectl.
class SourceFixture {
 public:
  virtual ~SourceFixture() = default;
  // A new Source for the same objects; the previous one is destroyed by then.
  virtual std::unique_ptr<Source> Open(io::Loop& loop) = 0;
  virtual void Put(const Object& object) = 0;
  virtual void Erase(const Ref& ref) = 0;
  // The object exists, but its labels have a wrong type.
  virtual void PutBad(const Ref& ref) = 0;
  // Nothing can be read until Repair().
  virtual void Break() = 0;
  virtual void Repair() = 0;
};

using MakeFixture = std::function<std::unique_ptr<SourceFixture>()>;

class SourceConformance : public testing::TestWithParam<MakeFixture> {
 protected:
  SourceConformance();
  ~SourceConformance() override;

  void Open() { source_ = fixture_->Open(loop_); }
  // Runs the loop until the condition holds; false after 10 s.
  bool Until(const std::function<bool()>& condition);
  void Advance(std::chrono::milliseconds time);
  void Wait(std::chrono::milliseconds time);  // for what no clock of ours tells

  io::TestLoop loop_;
  std::unique_ptr<SourceFixture> fixture_;
  std::unique_ptr<Source> source_;
};

}  // namespace kvs::kube
