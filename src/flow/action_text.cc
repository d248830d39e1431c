#include "flow/action_text.h"

#include <algorithm>

// Actions in ovs-ofctl's syntax (ovs-actions(7)): the simple ones, and which function reads which.
namespace kvs::flow {
namespace {

std::string Print(const Output& output) {
  if (output.port == kPortController) return "CONTROLLER:65535";
  std::string port = PortText(output.port);
  return PortByName(port) ? port : "output:" + port;
}

std::string Print(const OutputReg& output) {
  return fmt::format("output:{}", ToString(output.source));
}

std::string Print(const SetField& set) {
  return fmt::format("set_field:{}->{}", ValueText(set.field, set.value, set.mask),
                     InfoOf(set.field).set_name);
}

std::string Print(const Move& move) {
  return fmt::format("move:{}->{}", ToString(move.source), ToString(move.target));
}

std::string Print(const Resubmit& resubmit) {
  const std::string port = resubmit.in_port ? PortText(*resubmit.in_port) : "";
  const std::string_view ct = resubmit.with_ct_tuple ? ",ct" : "";
  if (resubmit.table) return fmt::format("resubmit({},{}{})", port, *resubmit.table, ct);
  if (resubmit.with_ct_tuple) return fmt::format("resubmit({},{})", port, ct);
  return fmt::format("resubmit:{}", port.empty() ? "IN_PORT" : port);
}

std::string Print(const GotoTable& go) { return fmt::format("goto_table:{}", go.table); }
std::string Print(const ToGroup& group) { return fmt::format("group:{}", group.group); }
std::string Print(const ThroughMeter& through) { return fmt::format("meter:{}", through.meter); }
std::string Print(const DecTtl&) { return "dec_ttl"; }
std::string Print(const CtClear&) { return "ct_clear"; }

std::string Print(const Conjunction& conjunction) {
  return fmt::format("conjunction({},{}/{})", conjunction.id, conjunction.clause, conjunction.of);
}

std::string Print(const Controller& controller) {
  if (controller.userdata.empty() && !controller.pause && !controller.meter) {
    return fmt::format("CONTROLLER:{}", controller.max_len);
  }
  std::vector<std::string> parts;
  if (controller.max_len != 0xffff) parts.push_back(fmt::format("max_len={}", controller.max_len));
  if (!controller.userdata.empty()) {
    std::string hex;
    for (const char byte : controller.userdata) {
      hex += fmt::format("{}{:02x}", hex.empty() ? "" : ".", static_cast<uint8_t>(byte));
    }
    parts.push_back("userdata=" + hex);
  }
  if (controller.pause) parts.emplace_back("pause");
  if (controller.meter) parts.push_back(fmt::format("meter_id={}", *controller.meter));
  return fmt::format("controller({})", fmt::join(parts, ","));
}

std::string Print(const Ct& ct) { return ToString(ct); }
std::string Print(const Learn& learn) { return ToString(learn); }

Result<Action> ToPort(OfPort port) {
  if (port == kPortController) return Controller{};
  return Output{port};
}

Result<Action> ParseOutput(const Token& token) {
  const auto field = FieldByName(token.value.substr(0, token.value.find('[')));
  if (field && !PortByName(token.value)) {
    return ParseSubfield("output", token.value).map([](const Subfield& source) {
      return Action(OutputReg{source});
    });
  }
  return ParsePort("output", token.value).and_then(ToPort);
}

Result<Action> ParseResubmit(const Token& token) {
  Resubmit resubmit;
  std::string_view port = token.value, table, ct;
  if (token.separator == '(') {
    const size_t first = std::min(port.find(','), port.size());
    table = port.substr(std::min(first + 1, port.size()));
    port = port.substr(0, first);
    const size_t second = std::min(table.find(','), table.size());
    ct = table.substr(std::min(second + 1, table.size()));
    table = table.substr(0, second);
  }
  if (!port.empty()) {
    const auto number = ParsePort("resubmit", port);
    if (!number) return tl::unexpected(number.error());
    if (*number > 0xffff && *number < kPortInPort) return Fail("resubmit: no port {}", *number);
    const OfPort in_port = FromShortPort(ShortPort(*number));  // 16 bits may be given, too
    if (in_port != kPortInPort) resubmit.in_port = in_port;    // IN_PORT: as if none were given
  }
  if (!table.empty() && table != "255") {  // 255: the table that the packet is in
    const auto number = ParseNumber<uint8_t>("resubmit", table);
    if (!number) return tl::unexpected(number.error());
    resubmit.table = *number;
  }
  if (!resubmit.in_port && !resubmit.table) return Fail("resubmit: name a port or a table");
  if (!ct.empty() && ct != "ct") return Fail("resubmit: \"{}\" is not \"ct\"", ct);
  resubmit.with_ct_tuple = !ct.empty();
  return resubmit;
}

Result<Action> ParseGoto(const Token& token) {
  return ParseNumber<uint8_t>(token.key, token.value).map([](uint8_t table) {
    return Action(GotoTable{table});
  });
}

Result<Action> ParseGroup(const Token& token) {
  return ParseNumber<uint32_t>(token.key, token.value).map([](uint32_t group) {
    return Action(ToGroup{group});
  });
}

Result<Action> ParseMeter(const Token& token) {
  return ParseNumber<uint32_t>(token.key, token.value).map([](uint32_t meter) {
    return Action(ThroughMeter{meter});
  });
}

template <class T>
Result<Action> ParsePlain(const Token& token) {
  if (token.separator != 0) return Fail("{}: takes no argument", token.key);
  return T{};
}

Result<Action> ParseConjunction(const Token& token) {
  const size_t comma = token.value.find(','), slash = token.value.find('/');
  if (token.separator != '(' || comma > slash || slash == std::string_view::npos) {
    return Fail("conjunction: \"{}\" is not of the form (id,clause/of)", token.value);
  }
  const auto id = ParseNumber<uint32_t>(token.key, token.value.substr(0, comma));
  const auto clause =
      ParseNumber<uint8_t>(token.key, token.value.substr(comma + 1, slash - comma - 1));
  const auto of = ParseNumber<uint8_t>(token.key, token.value.substr(slash + 1));
  if (!id) return tl::unexpected(id.error());
  if (!clause) return tl::unexpected(clause.error());
  if (!of) return tl::unexpected(of.error());
  if (*of < 2 || *of > 64) return Fail("conjunction: {} clauses, 2 to 64 are possible", *of);
  if (*clause < 1 || *clause > *of) return Fail("conjunction: no clause {} of {}", *clause, *of);
  return Conjunction{*id, *clause, *of};
}

Result<std::string> ParseUserdata(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const size_t end = std::min(text.find('.'), text.size());
    const auto byte = ParseNumber("userdata", fmt::format("0x{}", text.substr(0, end)), 0xff);
    if (!byte) return Fail("controller: userdata: \"{}\" is not a byte", text.substr(0, end));
    bytes.push_back(static_cast<char>(*byte));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return bytes;
}

Result<void> ParseControllerOption(const Token& option, Controller& controller) {
  if (option.key == "pause") {
    controller.pause = true;
  } else if (option.key == "max_len") {
    const auto length = ParseNumber<uint16_t>("controller: max_len", option.value);
    if (!length) return tl::unexpected(length.error());
    controller.max_len = *length;
  } else if (option.key == "meter_id") {
    const auto meter = ParseNumber<uint32_t>("controller: meter_id", option.value);
    if (!meter) return tl::unexpected(meter.error());
    controller.meter = *meter;
  } else if (option.key == "userdata") {
    auto userdata = ParseUserdata(option.value);
    if (!userdata) return tl::unexpected(userdata.error());
    controller.userdata = *std::move(userdata);
  } else if (option.text != "reason=action" && option.text != "id=0") {
    return Fail("controller: \"{}\" is not supported", option.text);
  }
  return {};
}

Result<Action> ParseController(const Token& token) {
  Controller controller;
  if (token.separator == ':') {
    return ParseNumber<uint16_t>(token.key, token.value).map([](uint16_t length) {
      return Action(Controller{.max_len = length});
    });
  }
  const auto options = Tokens(token.value);
  if (!options) return tl::unexpected(options.error());
  for (const Token& option : *options) {
    auto set = ParseControllerOption(option, controller);
    if (!set) return tl::unexpected(set.error());
  }
  return controller;
}

constexpr struct {
  std::string_view keyword;
  Result<Action> (*parse)(const Token&);
} kActions[] = {
    {"output", ParseOutput},
    {"set_field", ParseSetField},
    {"load", ParseLoad},
    {"move", ParseMove},
    {"resubmit", ParseResubmit},
    {"goto_table", ParseGoto},
    {"group", ParseGroup},
    {"meter", ParseMeter},
    {"dec_ttl", ParsePlain<DecTtl>},
    {"ct_clear", ParsePlain<CtClear>},
    {"conjunction", ParseConjunction},
    {"controller", ParseController},
    {"CONTROLLER", ParseController},
    {"ct", ParseCt},
    {"learn", ParseLearn},
};

Result<Action> ParseAction(const Token& token) {
  for (const auto& action : kActions) {
    if (token.key == action.keyword) return action.parse(token);
  }
  if (token.separator == 0) {
    if (const auto port = PortByName(token.text)) return ToPort(*port);
    if (const auto port = ParseNumber<uint32_t>("output", token.text)) return ToPort(*port);
  }
  return Fail("{}: no such action", token.key);
}

}  // namespace

std::string ToString(const Action& action) {
  return std::visit([](const auto& kind) { return Print(kind); }, action.variant());
}

std::string ToString(const Actions& actions) {
  if (actions.empty()) return "drop";
  std::string out;
  for (const Action& action : actions) {
    if (!out.empty()) out += ',';
    out += ToString(action);
  }
  return out;
}

Result<Actions> ParseActions(std::string_view text) {
  const auto tokens = Tokens(text);
  if (!tokens) return tl::unexpected(tokens.error());
  if (tokens->size() == 1 && tokens->front().text == "drop") return Actions{};
  Actions actions;
  for (const Token& token : *tokens) {
    auto action = ParseAction(token);
    if (!action) return tl::unexpected(action.error());
    if (!actions.empty() && std::holds_alternative<GotoTable>(actions.back().variant())) {
      return Fail("goto_table: {} stands after it, it must be the last", token.key);
    }
    if (!actions.empty() && std::holds_alternative<ThroughMeter>(action->variant())) {
      return Fail("meter: must be the first action");
    }
    actions.push_back(*std::move(action));
  }
  return actions;
}

}  // namespace kvs::flow
