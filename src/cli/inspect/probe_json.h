#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "probe/probe.h"

// The JSON between `kvs test` and the hidden `kvs probe` in a pod, request and answer:
//   {"timeoutMs": 3000, "cells": [{"protocol": "TCP", "address": "10.244.1.3", "port": 8080, ...}]}
//   {"outcomes": [{"reached": true, "us": 412, "attempts": 1, "reason": ""}]}
namespace kvs::cli {

struct Question {
  std::chrono::milliseconds timeout{0};
  std::vector<probe::Cell> cells;
};

std::string ToJson(const Question& question);
Result<Question> ParseQuestion(std::string_view text);

std::string ToJson(const std::vector<probe::Outcome>& outcomes);
// An Error unless there are `count` outcomes.
Result<std::vector<probe::Outcome>> ParseOutcomes(std::string_view text, size_t count);

}  // namespace kvs::cli
