#include "apply/targets/nft.h"

namespace kvs::apply {

std::unique_ptr<io::Process> RunNft(io::Loop& loop, std::string commands,
                                    std::function<void(const std::string& problem)> done) {
  return io::Process::Run(loop, {"nft", "-f", "-"}, std::move(commands),
                          [done = std::move(done)](const Result<io::Process::Outcome>& outcome) {
                            done(!outcome                  ? outcome.error().message
                                 : outcome->exit_code != 0 ? "nft: " + outcome->output
                                                           : "");
                          });
}

}  // namespace kvs::apply
