#pragma once

#include <functional>
#include <memory>
#include <string>

#include "io/loop.h"
#include "io/process.h"

namespace kvs::apply {

// Runs `commands` of nft(8) in one transaction, and reports its error; "": none. Destroying the
// process kills it and calls nothing.
std::unique_ptr<io::Process> RunNft(io::Loop& loop, std::string commands,
                                    std::function<void(const std::string& problem)> done);

}  // namespace kvs::apply
