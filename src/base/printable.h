#pragma once

#include <string>
#include <string_view>

// Makes text from outside (names of Pods and Nodes, output of other programs, nodes under an
// attacker's control) safe to show or store. UTF-8 (RFC 3629).
namespace kvs {

// `text` on one line, without anything that controls a terminal, changes the order of reading or is
// invisible. JSON escapes ("
// ", "\u001b", "\udb40\udc41") replace control characters (C0 with newline and tab, DEL, C1), line
// and paragraph separators, and Unicode's Cf and Default_Ignorable_Code_Point, except U+FE00 to
// U+FE0F, which choose how an emoji looks. A byte that isn't UTF-8 becomes "\ufffd". Serialized
// JSON keeps its meaning, and printable text does not change.
std::string Printable(std::string_view text);

// The same in at most `most` bytes: longer text is cut between characters or escapes and ends with
// "...".
std::string Printable(std::string_view text, size_t most);

// At most the first `most` bytes, without a part of a character at the end.
std::string_view CutTo(std::string_view text, size_t most);

}  // namespace kvs
