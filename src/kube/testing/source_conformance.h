#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "io/test_loop.h"
#include "kube/source/source.h"

// What every Source owes its users, as tests. A source's test file gives a SourceFixture and
// instantiates SourceConformance with it:
//   INSTANTIATE_TEST_SUITE_P(Folder, SourceConformance, testing::Values(MakeFolderGround));
namespace kvs::kube {

// A source with a user beside it who changes its objects, as kubectl does.
class SourceFixture {
 public:
  virtual ~SourceFixture() = default;
  // A new Source on the same objects; the one before is gone by then.
  virtual std::unique_ptr<Source> Open(io::Loop& loop) = 0;
  virtual void Put(const Object& object) = 0;
  virtual void Erase(const Ref& ref) = 0;
  // The object is there, but its labels are of a wrong type.
  virtual void PutBad(const Ref& ref) = 0;
  // Nothing can be read until Mend().
  virtual void Break() = 0;
  virtual void Mend() = 0;
};

using MakeGround = std::function<std::unique_ptr<SourceFixture>()>;

class SourceConformance : public testing::TestWithParam<MakeGround> {
 protected:
  SourceConformance();
  ~SourceConformance() override;

  void Open() { source_ = ground_->Open(loop_); }
  // Runs the loop until the condition holds; at most 10 s.
  bool Until(const std::function<bool()>& condition);
  void RunFor(std::chrono::milliseconds time);

  io::TestLoop loop_;
  std::unique_ptr<SourceFixture> ground_;
  std::unique_ptr<Source> source_;
};

}  // namespace kvs::kube
