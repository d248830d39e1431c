#pragma once

#include <string>
#include <string_view>

// Text that somebody else chose, before it is shown or stored: a node that was taken over, a Pod's
// or Node's name, what another program said. UTF-8 (RFC 3629).
namespace kvs {

// One line that does nothing to a terminal, reads in the order in which it is written and hides
// nothing: control characters (C0, also newline and tab; DEL; C1), line and paragraph separators
// and letters that nobody sees (Unicode's Cf and Default_Ignorable_Code_Point, but for U+FE00 to
// U+FE0F, which choose how an emoji looks) become JSON's escapes "\n", "\u001b", "\udb40\udc41",
// and a byte that isn't UTF-8 becomes "\ufffd". So JSON that was serialized means the same as
// before. Of printable text nothing changes.
std::string Printable(std::string_view text);

// The same, of `most` bytes at most: what is longer ends with "...", and not within a letter or an
// escape.
std::string Printable(std::string_view text, size_t most);

// The first `most` bytes at most, without a part of a letter at the end.
std::string_view CutTo(std::string_view text, size_t most);

}  // namespace kvs
