#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/problem.h"
#include "kube/codec/manifest.h"
#include "kube/object/objects.h"

namespace kvs::kube {

// The objects of a folder, from its manifests. Pure; by the rules of folder.h: the last good form
// of a bad object stays, the first of two files wins, and what our own programs wrote is merged
// over what users wrote.
class ManifestStore {
 public:
  // The current content of a file. `owned`: our programs wrote it. Files are ordered by name.
  void Put(const std::string& file, bool owned, Manifest manifest);
  // The file exists but can't be read: its objects stay.
  void PutUnreadable(const std::string& file, const std::string& message);
  void Remove(const std::string& file);

  // The resulting objects of these kinds, with uid, resourceVersion and generation.
  std::map<Ref, Object> Objects(const std::set<Kind>& kinds) const;
  // All problems, sorted.
  std::vector<Problem> Problems() const;
  // The user's file that defines the object; empty if none does.
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

// Merges the fields of `from`, which a manager wrote, into `into`, an object of the same kind;
// conditions are identified by type.
void Merge(const Object& from, Object& into);

}  // namespace kvs::kube
