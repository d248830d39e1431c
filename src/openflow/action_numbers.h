#pragma once

#include <cstdint>

// Numbers of actions that the encoder and the decoder share.
namespace kvs::openflow {

enum class ActionType : uint16_t {
  kOutput = 0,
  kGroup = 22,
  kDecTtl = 24,
  kSetField = 25,
  kCopyField = 28,
  kMeter = 29,
  kExperimenter = 0xffff,
};

enum class NiciraAction : uint16_t {
  kResubmit = 1,
  kResubmitTable = 14,
  kOutputReg = 15,
  kLearn = 16,
  kController = 20,
  kConjunction = 34,
  kCt = 35,
  kNat = 36,
  kController2 = 37,
  kCtClear = 43,
  kResubmitTableCt = 44,
};

enum class InstructionType : uint16_t { kGotoTable = 1, kApplyActions = 4 };

enum class ControllerProperty : uint16_t {
  kMaxLength = 0,
  kControllerId = 1,
  kReason = 2,
  kUserdata = 3,
  kPause = 4,
  kMeter = 5,
};

inline constexpr uint8_t kNoTable = 0xff;
inline constexpr uint8_t kReasonAction = 1;  // OFPR_ACTION
inline constexpr uint16_t kWholePacket = 0xffff;

inline constexpr uint16_t kCtCommit = 1, kCtForce = 2;

inline constexpr uint16_t kNatSource = 1, kNatDestination = 2, kNatPersistent = 4, kNatHash = 8,
                          kNatRandom = 16;
inline constexpr uint16_t kNatFirst4 = 1, kNatLast4 = 2, kNatFirst6 = 4, kNatLast6 = 8,
                          kNatFirstPort = 16, kNatLastPort = 32;

inline constexpr uint16_t kLearnDelete = 2;
inline constexpr uint16_t kLearnBits = 0x3ff;
inline constexpr uint16_t kLearnImmediate = 1 << 13;
inline constexpr uint16_t kLearnTarget = 3 << 11;
inline constexpr uint16_t kLearnMatch = 0 << 11, kLearnLoad = 1 << 11, kLearnOutput = 2 << 11;

}  // namespace kvs::openflow
