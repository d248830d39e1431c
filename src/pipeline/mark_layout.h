#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "world/world.h"

// Which bit of the connection's mark means what, across builds. Connections outlive the agent, and
// a build may keep its marks in other bits than the one before: an upgrade must not take a mark
// for what it isn't, and a downgrade not either. So every layout that was in use has a generation;
// a connection carries it in its mark (fields.h, kMarkGeneration), and the node's record of all
// layouts lies in OVSDB, beside the bridge. A build reads marks of other generations by that
// record, even of builds that came after it.
//
// A build before such records began wrote generation 0, in the layout of the first record.
namespace kvs::pipeline {

// Of this build; its generation is not known yet.
const world::MarkLayout& MarkLayoutOfThisBuild();

// The record: "0:to-service=0,from-host=1;1:to-service=0,from-host=6", the last used last. Bits
// are of ct_mark. An Error says what is wrong with the text.
std::string ToText(const std::vector<world::MarkLayout>& layouts);
Result<std::vector<world::MarkLayout>> ParseMarkLayouts(std::string_view text);

// The layouts that `record` holds, with `mine` last: with the generation that it had, else with a
// new one. When all generations are taken, the one that was not used for longest is given away. A
// record that can't be read counts as none.
std::vector<world::MarkLayout> WithMarkLayout(std::string_view record,
                                              const world::MarkLayout& mine);

}  // namespace kvs::pipeline
