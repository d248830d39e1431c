#pragma once

#include <string>
#include <string_view>

#include "flow/action.h"
#include "flow/text.h"

// The text of actions, by file: ct_text.cc, learn_text.cc, action_text.cc. Only flow/ includes
// this.
namespace kvs::flow {

std::string ToString(const Action& action);

std::string ToString(const Subfield& subfield);  // NXM_NX_REG0[0..7]
Result<Subfield> ParseSubfield(std::string_view name, std::string_view text);

// The actions that can set fields, also of a tracked connection (ct's exec): set_field, load, move.
Result<Action> ParseSetField(const Token& token);
Result<Action> ParseLoad(const Token& token);
Result<Action> ParseMove(const Token& token);

std::string ToString(const Ct& ct);
Result<Action> ParseCt(const Token& token);

std::string ToString(const Learn& learn);
Result<Action> ParseLearn(const Token& token);

}  // namespace kvs::flow
