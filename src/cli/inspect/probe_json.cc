#include "cli/inspect/probe_json.h"

#include <algorithm>
#include <boost/json.hpp>

#include "cli/terminal/json_at.h"
#include "probe/matrix.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;
using probe::Protocol;

json::object CellJson(const probe::Cell& cell) {
  return {{"protocol", probe::NameOf(cell.protocol)},
          {"address", cell.address.ToString()},
          {"port", cell.port},
          {"identity", cell.identity},
          {"seenAs", cell.seen_as ? cell.seen_as->ToString() : ""},
          {"greets", cell.greets},
          {"full", cell.full}};
}

Result<probe::Cell> ParseCell(const json::value& value) {
  constexpr Protocol kAll[] = {Protocol::kTcp, Protocol::kUdp, Protocol::kIcmp, Protocol::kDns};
  const std::string name = TextAt(value, "/protocol"), seen = TextAt(value, "/seenAs");
  const auto* protocol = std::ranges::find(kAll, name, probe::NameOf);
  if (protocol == std::end(kAll)) return Fail("cell: protocol {}: not known", name);
  const auto address = Ip::Parse(TextAt(value, "/address"));
  if (!address) return Wrap("cell: address", address.error());
  probe::Cell cell{.protocol = *protocol,
                   .address = *address,
                   .port = static_cast<uint16_t>(NumberAt(value, "/port")),
                   .identity = TextAt(value, "/identity"),
                   .greets = TextAt(value, "/greets") == "true",
                   .full = TextAt(value, "/full") == "true"};
  if (seen.empty()) return cell;
  const auto seen_as = Ip::Parse(seen);
  if (!seen_as) return Wrap("cell: seenAs", seen_as.error());
  cell.seen_as = *seen_as;
  return cell;
}

}  // namespace

std::string ToJson(const Question& question) {
  json::array cells;
  for (const probe::Cell& cell : question.cells) cells.push_back(CellJson(cell));
  return json::serialize(
      json::object{{"timeoutMs", question.timeout.count()}, {"cells", std::move(cells)}});
}

Result<Question> ParseQuestion(std::string_view text) {
  const auto value = ParseObject(text, "kvs test");
  if (!value) return tl::unexpected<Error>(value.error());
  Question question{.timeout = std::chrono::milliseconds(NumberAt(*value, "/timeoutMs"))};
  for (const json::value& one : ListAt(*value, "/cells")) {
    const auto cell = ParseCell(one);
    if (!cell) return tl::unexpected<Error>(cell.error());
    question.cells.push_back(*cell);
  }
  return question;
}

std::string ToJson(const std::vector<probe::Outcome>& outcomes) {
  json::array list;
  for (const probe::Outcome& outcome : outcomes)
    list.push_back({{"reached", outcome.reached},
                    {"us", outcome.time.count()},
                    {"attempts", outcome.attempts},
                    {"reason", outcome.reason}});
  return json::serialize(json::object{{"outcomes", std::move(list)}});
}

Result<std::vector<probe::Outcome>> ParseOutcomes(std::string_view text, size_t count) {
  const auto value = ParseObject(text, "kvs probe");
  if (!value) return tl::unexpected<Error>(value.error());
  std::vector<probe::Outcome> outcomes;
  for (const json::value& one : ListAt(*value, "/outcomes"))
    outcomes.push_back({.reached = TextAt(one, "/reached") == "true",
                        .time = std::chrono::microseconds(NumberAt(one, "/us")),
                        .attempts = static_cast<int>(NumberAt(one, "/attempts")),
                        .reason = TextAt(one, "/reason")});
  if (outcomes.size() != count)
    return Fail("kvs probe answers {} of {} cells; use the kvs of the agents' version",
                outcomes.size(), count);
  return outcomes;
}

}  // namespace kvs::cli
