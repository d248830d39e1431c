#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/problem.h"
#include "kube/codec/manifest.h"
#include "kube/object/objects.h"

namespace kvs::kube {

// The objects of a folder, from the manifests of its files. Pure; the rules are those of folder.h:
// what is bad keeps its last good form, the first of two files wins, and what our own programs
// wrote is merged over what users did.
class ManifestStore {
 public:
  // A file as it reads now. `owned`: our programs wrote it. Files count in the order of their
  // names.
  void Put(const std::string& file, bool owned, Manifest manifest);
  // The file is there but can't be read: its objects stay.
  void PutUnreadable(const std::string& file, const std::string& message);
  void Remove(const std::string& file);

  // What the files say together of objects of these kinds, with uid, resourceVersion and
  // generation.
  std::map<Ref, Object> Objects(const std::set<Kind>& kinds) const;
  // All that is wrong, sorted.
  std::vector<Problem> Problems() const;
  // The user's file that defines the object; empty: none does.
  std::string DefinedBy(const Ref& ref) const;

 private:
  struct Located {
    Object object;
    int line;
  };
  struct File {
    bool owned = false;
    std::map<Ref, Located> objects;
    std::vector<Problem> problems;
  };

  std::map<std::string, File> files_;
};

// What `from`, which a manager wrote, sets replaces what is in `into`, of the same kind; conditions
// are told apart by type.
void Merge(const Object& from, Object& into);

}  // namespace kvs::kube
