#include "controller/claims.h"

#include <algorithm>

namespace kvs::controller {
namespace {

class Court {
 public:
  explicit Court(Ranges& taken) : taken_(taken) {}

  void Run(std::vector<Claim>& claims) {
    for (Claim& claim : claims)
      if (claim.wish && claim.wish == claim.before) Answer(claim);
    for (Claim& claim : claims)
      if (claim.wish && claim.wish != claim.before) waiting_.push_back(&claim);
    for (const Claim* claim : waiting_) Hold(*claim);
    while (!waiting_.empty()) {
      const size_t before = waiting_.size();
      std::erase_if(waiting_, [&](Claim* claim) { return Answer(*claim); });
      if (waiting_.size() == before && !Swap()) RefuseFirst();
    }
  }

 private:
  // Until it is answered, what a claimant has is held for it.
  void Hold(const Claim& claim) {
    if (claim.before) held_.Take(*claim.before, claim.node);
  }
  void LetGo(const Claim& claim) {
    if (claim.before) held_.Release(*claim.before, claim.node);
  }

  void Grant(Claim& claim) {
    taken_.Take(*claim.wish, claim.node);
    claim.granted = claim.wish;
  }
  void Refuse(Claim& claim, const std::pair<const Prefix, std::string>& because) {
    claim.refused = because;
    if (claim.before && taken_.Take(*claim.before, claim.node)) claim.granted = claim.before;
  }

  // False: it must wait for who holds what it wants.
  bool Answer(Claim& claim) {
    LetGo(claim);
    if (const auto* taken = taken_.Overlapping(*claim.wish)) {
      Refuse(claim, *taken);
    } else if (held_.Overlapping(*claim.wish)) {
      Hold(claim);
      return false;
    } else {
      Grant(claim);
    }
    return true;
  }

  // Who holds all that the claim wants; null: more than one do.
  Claim* HolderOf(const Claim& claim) const {
    const auto* held = held_.Overlapping(*claim.wish);
    if (!held || !held->first.Contains(*claim.wish)) return nullptr;
    const auto at = std::ranges::find(waiting_, held->second, &Claim::node);
    return at == waiting_.end() ? nullptr : *at;
  }

  // The claims that wait for each other in a circle through `first`; empty: there is none.
  std::vector<Claim*> Circle(Claim* first) const {
    std::vector<Claim*> circle;
    for (Claim* at = first; at && circle.size() <= waiting_.size(); at = HolderOf(*at)) {
      if (at == first && !circle.empty()) return circle;
      circle.push_back(at);
    }
    return {};
  }

  // False: nobody could.
  bool Swap() {
    for (Claim* first : waiting_) {
      const std::vector<Claim*> circle = Circle(first);
      for (Claim* claim : circle) LetGo(*claim);
      for (Claim* claim : circle) Grant(*claim);
      std::erase_if(waiting_, [&](Claim* claim) { return std::ranges::count(circle, claim) > 0; });
      if (!circle.empty()) return true;
    }
    return false;
  }

  void RefuseFirst() {
    Claim& claim = *waiting_.front();
    waiting_.erase(waiting_.begin());
    LetGo(claim);
    Refuse(claim, *held_.Overlapping(*claim.wish));
  }

  Ranges& taken_;
  Ranges held_;
  std::vector<Claim*> waiting_;
};

}  // namespace

void Settle(std::vector<Claim>& claims, Ranges& taken) { Court(taken).Run(claims); }

}  // namespace kvs::controller
