#include "cli/declared/man_page.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/version.h"
#include "cli/declared/declared.h"

namespace kvs::cli {
namespace {

// groff_char(7): escapes what would be read as a request, an escape or a hyphen.
std::string Escaped(std::string_view text) {
  std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char c : text)
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\n')
      out += ' ';
    else
      out += c;
  return out;
}

// As an argument of a macro.
std::string InQuotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : Escaped(text)) out += c == '"' ? std::string("\\(dq") : std::string(1, c);
  return out + "\"";
}

std::string WithHyphens(std::string name) {
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string Upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  return text;
}

// What stands behind a flag: "table|wide|json", "TEXT", or nothing.
std::string ArgumentOf(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  const auto values = ValuesOf(option);
  if (!values.empty()) return fmt::format("{}", fmt::join(values, "|"));
  const std::string type = option.get_type_name();
  return type.substr(0, type.find_first_of(" :"));
}

std::string NamesWithArgument(const CLI::Option& option) {
  const std::string argument = ArgumentOf(option);
  const std::string names = fmt::format("{}", fmt::join(NamesOf(option), ", "));
  return argument.empty() ? names : names + " " + argument;
}

std::string Described(const CLI::Option& option) {
  std::string text = option.get_description();
  if (!option.get_default_str().empty())
    text += fmt::format("{}default: {}", text.empty() ? "" : "; ", option.get_default_str());
  if (!option.get_envname().empty())
    text += fmt::format("{}environment: {}", text.empty() ? "" : "; ", option.get_envname());
  return text;
}

std::string Entry(const std::string& what, const std::string& description) {
  return fmt::format(".TP\n.B {}\n{}\n", InQuotes(what), Escaped(description));
}

std::string Section(const char* title, const std::string& body) {
  return body.empty() ? "" : fmt::format(".SH {}\n{}", title, body);
}

std::string Synopsis(const CLI::App& command) {
  std::string line = fmt::format(".B {}\n", InQuotes(FullNameOf(command)));
  if (!CommandsOf(command).empty()) return line + "COMMAND\n";
  if (!FlagsOf(command).empty()) line += "[FLAGS]\n";
  for (const CLI::Option* option : PositionalsOf(command)) {
    const std::string name = option->get_name(true);
    line += Escaped(option->get_required() ? name : "[" + name + "]") + "\n";
  }
  return line;
}

void AddCommands(const CLI::App& app, std::string& to) {
  for (const CLI::App* command : CommandsOf(app)) {
    if (CommandsOf(*command).empty()) to += Entry(FullNameOf(*command), command->get_description());
    AddCommands(*command, to);
  }
}

std::string Arguments(const CLI::App& command) {
  std::string entries;
  for (const CLI::Option* option : PositionalsOf(command))
    entries += Entry(option->get_name(true), Described(*option));
  return entries;
}

std::string Options(const CLI::App& command) {
  std::string entries;
  for (const CLI::Option* option : FlagsOf(command))
    entries += Entry(NamesWithArgument(*option), Described(*option));
  return entries;
}

std::string SeeAlso(const CLI::App& command) {
  std::string pages;
  const auto add = [&](const CLI::App& app) {
    pages += fmt::format("{}.BR {} (1)", pages.empty() ? "" : " ,\n",
                         Escaped(WithHyphens(FullNameOf(app))));
  };
  if (command.get_parent() != nullptr) add(*command.get_parent());
  for (const CLI::App* below : CommandsOf(command)) add(*below);
  return pages.empty() ? "" : pages + "\n";
}

constexpr char kExitStatus[] =
    ".TP\n0\nall is well\n"
    ".TP\n1\nsomething is wrong, or a node did not answer\n"
    ".TP\n2\nthe command line is wrong\n"
    ".TP\n3\nthe cluster, or the one agent that is asked, does not answer\n";

Result<> WriteBelow(const CLI::App& app, const std::string& folder) {
  if (auto done = WriteFile(folder + "/" + ManPageName(app), ManPage(app)); !done) return done;
  for (const CLI::App* command : CommandsOf(app))
    if (auto done = WriteBelow(*command, folder); !done) return done;
  return {};
}

}  // namespace

std::string ManPage(const CLI::App& command) {
  const std::string name = WithHyphens(FullNameOf(command));
  std::string commands;
  AddCommands(command, commands);
  return fmt::format(".TH {} 1 \"\" {} {}\n", InQuotes(Upper(name)),
                     InQuotes(std::string("k-vswitch ") + kVersion), InQuotes("k-vswitch")) +
         Section("NAME",
                 fmt::format("{} \\- {}\n", Escaped(name), Escaped(command.get_description()))) +
         Section("SYNOPSIS", Synopsis(command)) + Section("COMMANDS", commands) +
         Section("ARGUMENTS", Arguments(command)) + Section("OPTIONS", Options(command)) +
         Section("EXIT STATUS", kExitStatus) + Section("SEE ALSO", SeeAlso(command));
}

std::string ManPageName(const CLI::App& command) { return WithHyphens(FullNameOf(command)) + ".1"; }

Result<> WriteManPages(const CLI::App& app, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Fail("{}: {}", folder, error.message());
  return WriteBelow(app, folder);
}

}  // namespace kvs::cli
