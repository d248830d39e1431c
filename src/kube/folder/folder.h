#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "io/loop.h"
#include "kube/source/source.h"

// A folder of ordinary manifests as a Source: the lab's API server.
//
//  * Read are *.yaml, *.yml and *.json in the folder itself, not below it, and not names that begin
//    with a dot; symbolic links are followed (a mounted ConfigMap works). A file holds any number
//    of documents; a List is its items.
//  * A change takes effect as soon as the folder has been quiet for 20 ms (200 ms at most); what
//    inotify misses is found within 5 s. Write files elsewhere and rename them into place: a file
//    half-written for longer is told as a Problem, and its last good objects stay.
//  * Two files that define one object: the first by file name wins, the other is a Problem.
//  * Kinds that we don't use are ignored, with one line in the log; fields too, as the API server
//    prunes them.
//  * Objects we own are files <folder>/.kvswitch/<kind>.<name>.<manager>.yaml, one per manager,
//  each
//    written atomically, and merged into what users wrote. Status alone doesn't make an object.
//  * uid, resourceVersion and generation, where a manifest has none, are hashes of the object's
//  key,
//    content and spec.
namespace kvs::kube {

// Fails if `path` is not a folder that can be read.
Result<std::unique_ptr<Source>> OpenFolder(io::Loop& loop, const std::string& path);

}  // namespace kvs::kube
