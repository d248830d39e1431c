#include "controller/range_requests.h"

#include <algorithm>

namespace kvs::controller {
namespace {

class Allocator {
 public:
  explicit Allocator(Ranges& taken) : taken_(taken) {}

  void Run(std::vector<RangeRequest>& requests) {
    for (RangeRequest& request : requests)
      if (request.requested && request.requested == request.before) Answer(request);
    for (RangeRequest& request : requests)
      if (request.requested && request.requested != request.before) waiting_.push_back(&request);
    for (const RangeRequest* request : waiting_) Hold(*request);
    while (!waiting_.empty()) {
      const size_t before = waiting_.size();
      std::erase_if(waiting_, [&](RangeRequest* request) { return Answer(*request); });
      if (waiting_.size() == before && !Swap()) RefuseFirst();
    }
  }

 private:
  // Until its request is answered, a node's previous range is reserved for it.
  void Hold(const RangeRequest& request) {
    if (request.before) held_.Take(*request.before, request.node);
  }
  void LetGo(const RangeRequest& request) {
    if (request.before) held_.Release(*request.before, request.node);
  }

  void Grant(RangeRequest& request) {
    taken_.Take(*request.requested, request.node);
    request.allocated = request.requested;
  }
  void Refuse(RangeRequest& request, const std::pair<const Prefix, std::string>& because) {
    request.refused = because;
    if (request.before && taken_.Take(*request.before, request.node))
      request.allocated = request.before;
  }

  // False: it must wait for the node that has the requested range.
  bool Answer(RangeRequest& request) {
    LetGo(request);
    if (const auto* taken = taken_.Overlapping(*request.requested)) {
      Refuse(request, *taken);
    } else if (held_.Overlapping(*request.requested)) {
      Hold(request);
      return false;
    } else {
      Grant(request);
    }
    return true;
  }

  // The only node that has all that the request needs; null: several have parts.
  RangeRequest* HolderOf(const RangeRequest& request) const {
    const auto* held = held_.Overlapping(*request.requested);
    if (!held || !held->first.Contains(*request.requested)) return nullptr;
    const auto at = std::ranges::find(waiting_, held->second, &RangeRequest::node);
    return at == waiting_.end() ? nullptr : *at;
  }

  // The requests that wait for each other in a circle through `first`; empty: there is no circle.
  std::vector<RangeRequest*> Circle(RangeRequest* first) const {
    std::vector<RangeRequest*> circle;
    for (RangeRequest* at = first; at && circle.size() <= waiting_.size(); at = HolderOf(*at)) {
      if (at == first && !circle.empty()) return circle;
      circle.push_back(at);
    }
    return {};
  }

  // False: there was no circle.
  bool Swap() {
    for (RangeRequest* first : waiting_) {
      const std::vector<RangeRequest*> circle = Circle(first);
      for (RangeRequest* request : circle) LetGo(*request);
      for (RangeRequest* request : circle) Grant(*request);
      std::erase_if(waiting_,
                    [&](RangeRequest* request) { return std::ranges::count(circle, request) > 0; });
      if (!circle.empty()) return true;
    }
    return false;
  }

  void RefuseFirst() {
    RangeRequest& request = *waiting_.front();
    waiting_.erase(waiting_.begin());
    LetGo(request);
    Refuse(request, *held_.Overlapping(*request.requested));
  }

  Ranges& taken_;
  Ranges held_;
  std::vector<RangeRequest*> waiting_;
};

}  // namespace

void AnswerRequests(std::vector<RangeRequest>& requests, Ranges& taken) {
  Allocator(taken).Run(requests);
}

}  // namespace kvs::controller
