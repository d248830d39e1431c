#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kube/object/interned.h"

namespace kvs::kube {

using StringMap = std::map<std::string, std::string, std::less<>>;

// Labels and annotations: a small map of text, read often and rarely changed. Packed and sorted by
// key; equal maps share their memory.
class TextMap {
 public:
  using Entry = std::pair<std::string_view, std::string_view>;

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;
    using pointer = const Entry*;
    using reference = const Entry&;

    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(rest) { Read(); }

    const Entry& operator*() const { return entry_; }
    const Entry* operator->() const { return &entry_; }
    Iterator& operator++();
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.rest_.size() == b.rest_.size();
    }

   private:
    void Read();

    std::string_view rest_;  // begins with the entry
    Entry entry_;
  };

  TextMap() = default;
  TextMap(std::initializer_list<Entry> entries) : TextMap(std::vector<Entry>(entries)) {}
  // In any order; of entries with the same key the last counts.
  explicit TextMap(std::vector<Entry> entries);
  explicit TextMap(const StringMap& map) : TextMap(std::vector<Entry>(map.begin(), map.end())) {}

  // The texts live as long as the map is not changed.
  Iterator begin() const { return Iterator(*packed_); }
  Iterator end() const { return Iterator(); }
  bool empty() const { return packed_->empty(); }
  Iterator find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != end(); }
  // The entries of both maps; `other` has precedence.
  TextMap With(const TextMap& other) const;

  friend bool operator==(const TextMap&, const TextMap&) = default;

 private:
  Interned<std::string> packed_;  // each entry: two sizes, then both texts
};

}  // namespace kvs::kube
