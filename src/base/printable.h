#pragma once

#include <string>
#include <string_view>

// Text that somebody else chose, before it is shown or stored: a node that was taken over, a Pod's
// or Node's name, what another program said. UTF-8 (RFC 3629).
namespace kvs {

// One line that does nothing to a terminal and reads in the order in which it is written: control
// characters (C0, also newline and tab; DEL; C1), line and paragraph separators and those that
// change the direction of writing (U+202A to U+202E, U+2066 to U+2069) become JSON's escapes "\n",
// "\u001b", and a byte that isn't UTF-8 becomes "\ufffd". So JSON that was serialized means the
// same as before. Of printable text nothing changes.
std::string Printable(std::string_view text);

// The first `most` bytes at most, without a part of a letter at the end.
std::string_view CutTo(std::string_view text, size_t most);

}  // namespace kvs
