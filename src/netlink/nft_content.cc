#include "netlink/nft_content.h"

#include <algorithm>
#include <string>

#include "base/hash.h"
#include "netlink/nftables_message.h"

namespace kvs::netlink {
namespace {

// Adds attributes of a message, each with its number, so that a missing one counts too.
class Content {
 public:
  Content& Add(const Attributes& attributes, std::initializer_list<uint16_t> numbers) {
    for (const uint16_t number : numbers) {
      const auto value = attributes.Find(number);
      Add(fmt::format("{}:{}:", number, value ? static_cast<int>(value->size()) : -1));
      if (value) Add(std::string_view(reinterpret_cast<const char*>(value->data()), value->size()));
    }
    return *this;
  }
  Content& Add(std::string_view text) {
    hash_ = StableHash(text, hash_);
    return *this;
  }
  Content& Add(const std::vector<uint64_t>& hashes) {
    Add(fmt::format("/{}/", hashes.size()));
    for (const uint64_t hash : hashes) Add(fmt::format("{},", hash));
    return *this;
  }
  uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = StableHash("");
};

class Reader {
 public:
  Reader(Socket& socket, uint8_t family, std::string_view table)
      : socket_(socket), family_(family), table_(table) {}

  Result<std::optional<uint64_t>> Read() {
    const auto tables = Each(NFT_MSG_GETTABLE, NFTA_TABLE_NAME, {NFTA_TABLE_FLAGS});
    if (!tables) return tl::unexpected<Error>(tables.error());
    if (tables->empty()) return std::nullopt;
    const auto chains =
        Each(NFT_MSG_GETCHAIN, NFTA_CHAIN_TABLE,
             {NFTA_CHAIN_NAME, NFTA_CHAIN_HOOK, NFTA_CHAIN_POLICY, NFTA_CHAIN_TYPE});
    if (!chains) return tl::unexpected<Error>(chains.error());
    const auto rules = Each(NFT_MSG_GETRULE, NFTA_RULE_TABLE,
                            {NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS, NFTA_RULE_USERDATA});
    if (!rules) return tl::unexpected<Error>(rules.error());
    const auto sets = ReadSets();
    if (!sets) return tl::unexpected<Error>(sets.error());
    Content all;
    for (const auto* part : {&*tables, &*chains, &*rules}) all.Add(*part);
    for (const Set& set : *sets) {
      auto elements = Elements(set.name);
      if (!elements) return tl::unexpected<Error>(elements.error());
      std::ranges::sort(*elements);  // a set has no order
      all.Add(std::vector{set.content}).Add(*elements);
    }
    return all.hash();
  }

 private:
  Request Ask(uint16_t type, uint16_t table_attribute) const {
    // The table is filtered by the kernel or below, because kernels differ in their filters.
    Message message = NftablesMessage(type, NLM_F_DUMP, family_);
    if (type != NFT_MSG_GETTABLE) message.PutText(table_attribute, table_);
    return message.Asking("read nftables");
  }

  // A hash of these attributes for each message of our table.
  Result<std::vector<uint64_t>> Each(uint16_t type, uint16_t table_attribute,
                                     std::initializer_list<uint16_t> attributes) {
    auto read =
        socket_.Read(Ask(type, table_attribute), [&](Bytes body) -> std::optional<uint64_t> {
          if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
          const Attributes message(body);
          if (message.Text(table_attribute) != table_) return std::nullopt;
          return Content().Add(message, attributes).hash();
        });
    if (!read && read.error().code == ENOENT) return std::vector<uint64_t>();
    return read;
  }

  struct Set {
    std::string name;
    uint64_t content;  // but for its elements
  };
  Result<std::vector<Set>> ReadSets() {
    auto sets =
        socket_.Read(Ask(NFT_MSG_GETSET, NFTA_SET_TABLE), [&](Bytes body) -> std::optional<Set> {
          if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
          const Attributes message(body);
          if (message.Text(NFTA_SET_TABLE) != table_) return std::nullopt;
          return Set{message.Text(NFTA_SET_NAME),
                     Content()
                         .Add(message,
                              {NFTA_SET_NAME, NFTA_SET_FLAGS, NFTA_SET_KEY_TYPE, NFTA_SET_KEY_LEN})
                         .hash()};
        });
    if (!sets && sets.error().code == ENOENT) return std::vector<Set>();
    return sets;
  }

  // Independent of how they are distributed over messages.
  Result<std::vector<uint64_t>> Elements(const std::string& set) {
    std::vector<uint64_t> hashes;
    Message message = NftablesMessage(NFT_MSG_GETSETELEM, NLM_F_DUMP, family_);
    message.PutText(NFTA_SET_ELEM_LIST_TABLE, table_).PutText(NFTA_SET_ELEM_LIST_SET, set);
    const auto read = socket_.Read(
        message.Asking("read the elements of an nftables set"),
        [&](Bytes body) -> std::optional<std::vector<uint64_t>> {
          if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
          std::vector<uint64_t> some;
          const Attributes list = Attributes(body).Nested(NFTA_SET_ELEM_LIST_ELEMENTS);
          for (const Bytes& element : list.All(NFTA_LIST_ELEM))
            some.push_back(Content()
                               .Add(Attributes(element), {NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_KEY_END,
                                                          NFTA_SET_ELEM_DATA, NFTA_SET_ELEM_FLAGS})
                               .hash());
          return some;
        });
    if (!read && read.error().code == ENOENT) return hashes;
    if (!read) return tl::unexpected<Error>(read.error());
    for (const auto& some : *read) hashes.insert(hashes.end(), some.begin(), some.end());
    return hashes;
  }

  Socket& socket_;
  const uint8_t family_;
  const std::string table_;
};

}  // namespace

Result<std::optional<uint64_t>> ReadTableContent(Socket& socket, uint8_t family,
                                                 std::string_view table) {
  return Reader(socket, family, table).Read();
}

}  // namespace kvs::netlink
