#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "io/loop.h"
#include "kube/source/source.h"

// A folder of ordinary manifests as a Source: the lab's API server.
//
//  * It reads *.yaml, *.yml and *.json in the folder itself, without subfolders and without names
//    that begin with a dot; symbolic links are followed (a mounted ConfigMap works). A file may
//    have any number of documents; a List stands for its items.
//  * A change takes effect when the folder has not changed for 20 ms (200 ms at most); changes that
//    inotify misses are found within 5 s. Write files elsewhere and rename them into the folder: a
//    file that is half-written for longer is a Problem, and its last good objects stay.
//  * If two files define one object, the first by file name has precedence, and the other is a
//    Problem.
//  * Unused kinds are ignored, with one line in the log; unused fields too, as the API server
//    prunes them.
//  * Objects that we write are files <folder>/.kvswitch/<kind>.<name>.<manager>.yaml, one per
//    manager. Each is written atomically, and merged into what users wrote. A status alone doesn't
//    make an object.
//  * uid, resourceVersion and generation that a manifest lacks are hashes of the object's key,
//    content and spec.
namespace kvs::kube {

// Fails if `path` is not a readable folder.
Result<std::unique_ptr<Source>> OpenFolder(io::Loop& loop, const std::string& path);

}  // namespace kvs::kube
