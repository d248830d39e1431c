#include "openflow/error.h"

#include <fmt/format.h>

#include "openflow/protocol.h"

namespace kvs::openflow {
namespace {

constexpr uint16_t kExperimenterError = 0xffff;

struct Known {
  uint16_t type, code;
  std::string_view name, meaning;
};

// A switch's errors for the requests of this room. Type 0xffff: Nicira's.
constexpr Known kKnown[] = {
    {0, 0, "OFPHFC_INCOMPATIBLE", "no common version of OpenFlow"},
    {0, 1, "OFPHFC_EPERM", "not permitted"},
    {1, 0, "OFPBRC_BAD_VERSION", "version not supported"},
    {1, 1, "OFPBRC_BAD_TYPE", "message type not supported"},
    {1, 2, "OFPBRC_BAD_STAT", "multipart type not supported"},
    {1, 3, "OFPBRC_BAD_VENDOR", "experimenter not supported"},
    {1, 4, "OFPBRC_BAD_SUBTYPE", "experimenter's message not supported"},
    {1, 5, "OFPBRC_EPERM", "not permitted"},
    {1, 6, "OFPBRC_BAD_LEN", "wrong length of the message"},
    {1, 9, "OFPBRC_BAD_TABLE_ID", "no such table"},
    {1, 10, "OFPBRC_IS_SECONDARY", "this connection may only read"},
    {1, 11, "OFPBRC_BAD_PORT", "no such port"},
    {1, 12, "OFPBRC_BAD_PACKET", "the packet is malformed"},
    {1, 13, "OFPBRC_MULTIPART_BUFFER_OVERFLOW", "the request is too large"},
    {1, 17, "OFPBRC_PIPELINE_FIELDS_ONLY", "only metadata fields are allowed here"},
    {2, 0, "OFPBAC_BAD_TYPE", "action not supported"},
    {2, 1, "OFPBAC_BAD_LEN", "wrong length of an action"},
    {2, 2, "OFPBAC_BAD_VENDOR", "experimenter of an action not supported"},
    {2, 3, "OFPBAC_BAD_VENDOR_TYPE", "experimenter's action not supported"},
    {2, 4, "OFPBAC_BAD_OUT_PORT", "the output port cannot be used"},
    {2, 5, "OFPBAC_BAD_ARGUMENT", "bad argument of an action"},
    {2, 6, "OFPBAC_EPERM", "not permitted"},
    {2, 7, "OFPBAC_TOO_MANY", "too many actions"},
    {2, 8, "OFPBAC_BAD_QUEUE", "no such queue"},
    {2, 9, "OFPBAC_BAD_OUT_GROUP", "the group does not exist"},
    {2, 10, "OFPBAC_MATCH_INCONSISTENT", "an action needs a field that the match does not ask for"},
    {2, 11, "OFPBAC_UNSUPPORTED_ORDER", "the order of actions is not supported"},
    {2, 13, "OFPBAC_BAD_SET_TYPE", "the field to be set is not supported"},
    {2, 14, "OFPBAC_BAD_SET_LEN", "bits outside the field"},
    {2, 15, "OFPBAC_BAD_SET_ARGUMENT", "bad value, or a field that cannot be written"},
    {2, 16, "OFPBAC_BAD_SET_MASK", "this field cannot be set with a mask"},
    {2, 17, "OFPBAC_BAD_METER", "the meter does not exist"},
    {3, 0, "OFPBIC_UNKNOWN_INST", "instruction not supported"},
    {3, 1, "OFPBIC_UNSUP_INST", "the table does not support the instruction"},
    {3, 2, "OFPBIC_BAD_TABLE_ID", "goto_table must lead to a later table"},
    {3, 7, "OFPBIC_BAD_LEN", "wrong length of an instruction"},
    {3, 9, "OFPBIC_DUP_INST", "an instruction appears twice"},
    {4, 0, "OFPBMC_BAD_TYPE", "type of match not supported"},
    {4, 1, "OFPBMC_BAD_LEN", "wrong length of the match"},
    {4, 5, "OFPBMC_BAD_WILDCARDS", "the value has bits outside its mask"},
    {4, 6, "OFPBMC_BAD_FIELD", "a field is not supported"},
    {4, 7, "OFPBMC_BAD_VALUE", "a field's value is not supported"},
    {4, 8, "OFPBMC_BAD_MASK", "a field's mask is not supported"},
    {4, 9, "OFPBMC_BAD_PREREQ", "a field needs another one that is not matched"},
    {4, 10, "OFPBMC_DUP_FIELD", "a field appears twice"},
    {5, 0, "OFPFMFC_UNKNOWN", "for an unknown reason"},
    {5, 1, "OFPFMFC_TABLE_FULL", "the table is full"},
    {5, 2, "OFPFMFC_BAD_TABLE_ID", "no such table"},
    {5, 4, "OFPFMFC_EPERM", "not permitted"},
    {5, 5, "OFPFMFC_BAD_TIMEOUT", "timeout not supported"},
    {5, 6, "OFPFMFC_BAD_COMMAND", "command not supported"},
    {5, 7, "OFPFMFC_BAD_FLAGS", "flags not supported"},
    {6, 0, "OFPGMFC_GROUP_EXISTS", "the group exists already"},
    {6, 1, "OFPGMFC_INVALID_GROUP", "the group is malformed"},
    {6, 3, "OFPGMFC_OUT_OF_GROUPS", "too many groups"},
    {6, 4, "OFPGMFC_OUT_OF_BUCKETS", "too many buckets"},
    {6, 5, "OFPGMFC_CHAINING_UNSUPPORTED", "a group cannot lead to another one"},
    {6, 6, "OFPGMFC_WATCH_UNSUPPORTED", "what the group watches is not supported"},
    {6, 7, "OFPGMFC_LOOP", "the group leads to itself"},
    {6, 8, "OFPGMFC_UNKNOWN_GROUP", "the group does not exist"},
    {6, 10, "OFPGMFC_BAD_TYPE", "group type not supported"},
    {6, 11, "OFPGMFC_BAD_COMMAND", "group command not supported"},
    {6, 12, "OFPGMFC_BAD_BUCKET", "a bucket is malformed, or has no id of its own"},
    {6, 13, "OFPGMFC_BAD_WATCH", "what a bucket watches does not exist"},
    {6, 15, "OFPGMFC_UNKNOWN_BUCKET", "the bucket does not exist"},
    {6, 16, "OFPGMFC_BUCKET_EXISTS", "a bucket of this id exists already"},
    {10, 0, "OFPSCFC_BAD_FLAGS", "configuration flags not supported"},
    {12, 0, "OFPMMFC_UNKNOWN", "for an unknown reason"},
    {12, 1, "OFPMMFC_METER_EXISTS", "the meter exists already"},
    {12, 2, "OFPMMFC_INVALID_METER", "the meter's id cannot be used"},
    {12, 3, "OFPMMFC_UNKNOWN_METER", "the meter does not exist"},
    {12, 4, "OFPMMFC_BAD_COMMAND", "meter command not supported"},
    {12, 5, "OFPMMFC_BAD_FLAGS", "meter flags not supported"},
    {12, 6, "OFPMMFC_BAD_RATE", "the meter's rate is not supported"},
    {12, 7, "OFPMMFC_BAD_BURST", "the meter's burst is not supported"},
    {12, 8, "OFPMMFC_BAD_BAND", "the meter's band is not supported"},
    {12, 9, "OFPMMFC_BAD_BAND_VALUE", "a value of the meter's band is not supported"},
    {12, 10, "OFPMMFC_OUT_OF_METERS", "too many meters"},
    {12, 11, "OFPMMFC_OUT_OF_BANDS", "too many bands"},
    {14, 0, "OFPBPC_BAD_TYPE", "property not supported"},
    {14, 1, "OFPBPC_BAD_LEN", "wrong length of a property"},
    {14, 2, "OFPBPC_BAD_VALUE", "a property's value is not supported"},
    {14, 4, "OFPBPC_DUP_TYPE", "a property appears twice"},
    {14, 5, "OFPBPC_BAD_EXPERIMENTER", "experimenter of a property not supported"},
    {14, 6, "OFPBPC_BAD_EXP_TYPE", "experimenter's property not supported"},
    {16, 1, "OFPMOFC_MONITOR_EXISTS", "the flow monitor exists already"},
    {16, 5, "OFPMOFC_BAD_FLAGS", "flags of the flow monitor not supported"},
    {16, 6, "OFPMOFC_BAD_TABLE_ID", "no such table"},
    {17, 0, "OFPBFC_UNKNOWN", "for an unknown reason"},
    {17, 1, "OFPBFC_EPERM", "not permitted"},
    {17, 2, "OFPBFC_BAD_ID", "the bundle does not exist: it may have been idle for too long"},
    {17, 3, "OFPBFC_BUNDLE_EXIST", "the bundle exists already"},
    {17, 4, "OFPBFC_BUNDLE_CLOSED", "the bundle is closed"},
    {17, 5, "OFPBFC_OUT_OF_BUNDLES", "too many bundles"},
    {17, 6, "OFPBFC_BAD_TYPE", "bundle command not supported"},
    {17, 7, "OFPBFC_BAD_FLAGS", "bundle flags not supported"},
    {17, 8, "OFPBFC_MSG_BAD_LEN", "wrong length of a message in the bundle"},
    {17, 9, "OFPBFC_MSG_BAD_XID", "xid of a message in the bundle"},
    {17, 10, "OFPBFC_MSG_UNSUP", "this message cannot be in a bundle"},
    {17, 12, "OFPBFC_MSG_TOO_MANY", "too many messages in the bundle"},
    {17, 13, "OFPBFC_MSG_FAILED", "a message of the bundle failed"},
    {17, 14, "OFPBFC_TIMEOUT", "the bundle took too long"},
    {17, 15, "OFPBFC_BUNDLE_IN_PROGRESS", "another bundle is in progress"},
    {0xffff, 2, "NXBRC_NXM_INVALID", "the match is malformed"},
    {0xffff, 3, "NXBRC_NXM_BAD_TYPE", "a field of the match is not supported"},
    {0xffff, 4, "NXBRC_MUST_BE_ZERO", "a reserved field is not zero"},
    {0xffff, 11, "NXBAC_MUST_BE_ZERO", "a reserved field of an action is not zero"},
    {0xffff, 12, "NXFMFC_HARDWARE", "the hardware failed"},
    {0xffff, 13, "NXFMFC_BAD_TABLE_ID", "no such table"},
    {0xffff, 15, "NXBAC_BAD_CONJUNCTION",
     "conjunction must stand alone, with clauses 1/2 to 64/64"},
    {0xffff, 22, "OFPBFC_BAD_VERSION", "version of a message in the bundle"},
    {0xffff, 34, "NXR_NOT_SUPPORTED", "the datapath cannot resume packets"},
    {0xffff, 35, "NXR_STALE", "the packet is from before a restart of the switch"},
    {0xffff, 37, "NXFMFC_INVALID_TLV_FIELD", "a tunnel option is not mapped"},
    {0xffff, 42, "NXBAC_CT_DATAPATH_SUPPORT",
     "the datapath cannot track connections like this; the kernel may be too old"},
    {0xffff, 43, "NXBMC_CT_DATAPATH_SUPPORT",
     "the datapath cannot match connections like this; the kernel may be too old"},
};

}  // namespace

std::string SwitchError::ToString() const {
  if (type != kExperimenterError || experimenter == kNicira) {
    for (const Known& known : kKnown) {
      if (known.type == type && known.code == code)
        return fmt::format("{} ({})", known.name, known.meaning);
    }
  }
  return fmt::format("error {}/{}", type, code);
}

SwitchError ReadError(Reader in) {
  SwitchError error;
  error.type = in.U16();
  error.code = in.U16();
  if (error.type == kExperimenterError) error.experimenter = in.U32();
  return error;
}

}  // namespace kvs::openflow
