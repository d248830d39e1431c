#pragma once

#include <memory>
#include <unordered_map>
#include <utility>

namespace kvs::kube {

// An immutable value. Equal values share their memory as long as one of them lives: for values that
// 100,000 pods have in common. Values of different threads are independent.
template <class T, class Hash = std::hash<T>>
class Interned {
 public:
  Interned() = default;  // T{}, without memory
  Interned(T value) {    // NOLINT(google-explicit-constructor): it is that value
    if (value == T{}) return;
    Pool& pool = ThePool();
    if (const auto at = pool.find(&value); at != pool.end()) {
      value_ = at->second.lock();
      return;
    }
    const T* kept = new T(std::move(value));
    value_ = std::shared_ptr<const T>(kept, [](const T* last) {
      ThePool().erase(last);
      delete last;
    });
    pool.emplace(kept, value_);
  }

  const T& operator*() const {
    static const T kNone{};
    return value_ ? *value_ : kNone;
  }
  const T* operator->() const { return &**this; }

  friend bool operator==(const Interned& a, const Interned& b) {
    return a.value_ == b.value_ || *a == *b;
  }

 private:
  struct HashOf {
    size_t operator()(const T* value) const { return Hash()(*value); }
  };
  struct Equal {
    bool operator()(const T* a, const T* b) const { return *a == *b; }
  };
  using Pool = std::unordered_map<const T*, std::weak_ptr<const T>, HashOf, Equal>;

  static Pool& ThePool() {
    thread_local auto* pool = new Pool;  // outlives every value, static ones too
    return *pool;
  }

  std::shared_ptr<const T> value_;
};

}  // namespace kvs::kube
