#pragma once

#include <vector>

#include "flow/match.h"
#include "flow/text.h"

// Parses the tokens of a match that is part of a flow's text. Only flow/ includes this.
namespace kvs::flow {

Result<Match> ParseMatch(const std::vector<Token>& tokens);

}  // namespace kvs::flow
