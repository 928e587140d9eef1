using System.CommandLine;
using System.CommandLine.Parsing;

namespace MicroGpt.Cli;

/// <summary>Sentences for stderr, each in a line of its own.</summary>
static class Complaint
{
    public static void Write(string sentence) => Console.Error.WriteLine($"microgpt: {Legible.Line(sentence)}");

    /// <summary>Something that a person should know, though nothing is wrong.</summary>
    public static void Note(string sentence) => Console.Error.WriteLine($"note: {Legible.Line(sentence)}");

    /// <summary>What is wrong with the command line: of several things, one.</summary>
    public static string Of(ParseResult parsed)
    {
        // A value that breaks a rule says more than an unexpected argument, to which it may have led.
        var error = parsed.Errors.OrderBy(error => error.SymbolResult is CommandResult).First();
        return error.SymbolResult switch
        {
            OptionResult { Tokens.Count: 0, Option: Flag flag } => $"{flag.Name}: takes no value",
            OptionResult { Tokens.Count: 0, Option: var option } => $"{option.Name}: needs a value",
            OptionResult { Tokens.Count: > 1, Option: var option } => $"{option.Name}: is given more than once",
            CommandResult { Command: var verb } when parsed.UnmatchedTokens is [var word, ..] =>
                Unexpected(word, verb, parsed),
            _ => error.Message, // of a rule of ours
        };
    }

    static string Unexpected(string word, Command command, ParseResult parsed) => (word, command) switch
    {
        (_, not Verb) => $"{(word.Length == 0 ? "''" : word)}: unknown command; see microgpt --help",
        (['-', _, ..], _) => $"{word}: unknown option; see microgpt {command.Name} --help",
        (_, { Arguments: [Argument<string?> { Name: "FILE" } file] }) when word.Length > 0 =>
            $"{word}: unexpected argument; to train on several files: cat "
            + CommandLine.Quoted([parsed.GetValue(file)!, word]) + (parsed.UnmatchedTokens.Count > 1 ? " ..." : "")
            + $" | microgpt {command.Name} -",
        _ => $"{(word.Length == 0 ? "''" : word)}: unexpected argument; see microgpt {command.Name} --help",
    };
}
