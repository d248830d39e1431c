#include <algorithm>

#include "flow/flow.h"
#include "flow/text.h"

// The line of a group, as `ovs-ofctl add-group` takes it and `ovs-ofctl dump-groups` prints it.
namespace kvs::flow {
namespace {

constexpr std::string_view kTypes[] = {"all", "select", "indirect", "ff"};  // by Group::Type
constexpr std::string_view kSelections[] = {"", "hash", "dp_hash"};         // by Group::Selection
constexpr std::string_view kBucket = "bucket=", kBucketActions = "actions=";
constexpr uint16_t kDefaultWeight = 1;  // ovs-ofctl's, in a select group

std::string BucketText(const Bucket& bucket, Group::Type type) {
  std::string out = fmt::format("bucket=bucket_id:{}", bucket.id);
  if (type == Group::Type::kSelect && bucket.weight != kDefaultWeight) {
    out += fmt::format(",weight:{}", bucket.weight);
  }
  return out + ",actions=" + ToString(bucket.actions);
}

std::string HashFieldsText(const std::vector<Field>& fields) {
  if (fields.empty()) return "";
  std::string out;
  for (const Field field : fields) {
    if (!out.empty()) out += ',';
    out += InfoOf(field).set_name;
  }
  return fields.size() == 1 ? ",fields=" + out : fmt::format(",fields({})", out);
}

Result<Bucket> ParseBucket(std::string_view text, Group::Type type) {
  Bucket bucket;
  if (type == Group::Type::kSelect) bucket.weight = kDefaultWeight;
  const size_t split = text.find(kBucketActions);
  if (split == std::string_view::npos) {
    return Fail("bucket \"{}\": \"actions=\" is missing", text);
  }
  const auto tokens = Tokens(text.substr(0, split));
  if (!tokens) return tl::unexpected(tokens.error());
  for (const Token& token : *tokens) {
    if (token.key == "bucket_id") {
      const auto id = ParseNumber<uint32_t>(token.key, token.value);
      if (!id) return tl::unexpected(id.error());
      bucket.id = *id;
    } else if (token.key == "weight" && type == Group::Type::kSelect) {
      const auto weight = ParseNumber<uint16_t>(token.key, token.value);
      if (!weight) return tl::unexpected(weight.error());
      bucket.weight = *weight;
    } else {
      return Fail("bucket: \"{}\" is not supported in this type of group", token.text);
    }
  }
  auto actions = ParseActions(text.substr(split + kBucketActions.size()));
  if (!actions) return Wrap("bucket", actions.error());
  bucket.actions = *std::move(actions);
  return bucket;
}

Result<void> ParseHashFields(std::string_view text, Group& group) {
  const auto tokens = Tokens(text);
  if (!tokens) return tl::unexpected(tokens.error());
  for (const Token& token : *tokens) {
    const auto field = FieldByName(token.text);
    if (!field) return Fail("fields: \"{}\" is not a field", token.text);
    group.hash_fields.push_back(*field);
  }
  auto& fields = group.hash_fields;
  std::ranges::sort(fields);
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  return {};
}

// The place of the name in `names`.
template <class Enum, size_t kSize>
Result<Enum> ParseEnum(const Token& token, const std::string_view (&names)[kSize]) {
  const auto* found = std::ranges::find(names, token.value);
  if (found != std::end(names)) return static_cast<Enum>(found - names);
  return Fail("{}: \"{}\" is not one of {}", token.key, token.value, fmt::join(names, ", "));
}

Result<void> ParseAttribute(const Token& token, Group& group) {
  if (token.key == "group_id") {
    const auto id = ParseNumber<uint32_t>(token.key, token.value);
    if (!id) return tl::unexpected(id.error());
    group.group_id = *id;
  } else if (token.key == "type") {
    const auto type = token.value == "fast_failover"
                          ? Result<Group::Type>(Group::Type::kFastFailover)
                          : ParseEnum<Group::Type>(token, kTypes);
    if (!type) return tl::unexpected(type.error());
    group.type = *type;
  } else if (token.key == "selection_method") {
    const auto selection = ParseEnum<Group::Selection>(token, kSelections);
    if (!selection) return tl::unexpected(selection.error());
    group.selection = *selection;
  } else if (token.key == "fields") {
    return ParseHashFields(token.value, group);
  } else {
    return Fail("{}: no such attribute of a group", token.key);
  }
  return {};
}

}  // namespace

std::string Group::ToString() const {
  std::string out = fmt::format("group_id={},type={}", group_id, kTypes[static_cast<size_t>(type)]);
  if (selection != Selection::kDefault) {
    out += fmt::format(",selection_method={}", kSelections[static_cast<size_t>(selection)]);
  }
  out += HashFieldsText(hash_fields);
  for (const Bucket& bucket : buckets) out += "," + BucketText(bucket, type);
  return out;
}

Result<Group> Group::Parse(std::string_view text) {
  const size_t end = std::min(text.find(kBucket), text.size());
  const auto tokens = Tokens(text.substr(0, end));
  if (!tokens) return Wrap("group", tokens.error());
  Group group;
  for (const Token& token : *tokens) {
    auto set = ParseAttribute(token, group);
    if (!set) return Wrap("group", set.error());
  }
  const auto has = [&](std::string_view key) {
    return std::ranges::count(*tokens, key, &Token::key);
  };
  if (!has("group_id")) return Fail("group \"{}\": group_id is missing", text);
  if (!has("type")) return Fail("group {}: type is missing", group.group_id);

  for (text.remove_prefix(end); !text.empty();) {
    text.remove_prefix(kBucket.size());
    const size_t next = std::min(text.find(kBucket), text.size());
    auto bucket = ParseBucket(text.substr(0, next), group.type);
    if (!bucket) return Wrap(fmt::format("group {}", group.group_id), bucket.error());
    group.buckets.push_back(*std::move(bucket));
    text.remove_prefix(next);
  }
  std::ranges::stable_sort(group.buckets, {}, &Bucket::id);
  return group;
}

}  // namespace kvs::flow
