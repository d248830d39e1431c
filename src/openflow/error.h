#pragma once

#include <cstdint>
#include <string>

#include "openflow/wire.h"

// A switch's reason for a refusal (OpenFlow 1.5.1, 7.5.4; Nicira's errors).
namespace kvs::openflow {

struct SwitchError {
  uint16_t type = 0;
  uint16_t code = 0;          // if type is 0xffff: the experimenter's type
  uint32_t experimenter = 0;  // only if type is 0xffff

  bool hello_failed() const { return type == 0; }
  // "OFPBAC_BAD_OUT_GROUP (the group does not exist)"; "error 2/99" for an unknown one.
  std::string ToString() const;
};

// From an error message's body.
SwitchError ReadError(Reader in);

}  // namespace kvs::openflow
