using System.CommandLine;
using System.CommandLine.Parsing;

namespace MicroGpt.Cli;

/// <summary>Sentences for stderr, one per line.</summary>
static class Complaint
{
    public static void Write(string sentence) => Console.Error.WriteLine($"microgpt: {Legible.Line(sentence)}");

    /// <summary>Writes a note: something worth knowing that is not an error.</summary>
    public static void Note(string sentence) => Console.Error.WriteLine($"note: {Legible.Line(sentence)}");

    /// <summary>The first thing that is wrong with the command line.</summary>
    public static string Of(ParseResult parsed)
    {
        // An invalid value is reported before an unexpected argument, which it may have caused.
        var error = parsed.Errors.OrderBy(error => error.SymbolResult is CommandResult).First();
        return error.SymbolResult switch
        {
            OptionResult { Tokens.Count: 0, Option: Flag flag } => $"{flag.Name}: takes no value",
            OptionResult { Tokens.Count: 0, Option: var option } => $"{option.Name}: needs a value",
            OptionResult { Tokens.Count: > 1, Option: var option } => $"{option.Name}: is given more than once",
            CommandResult { Command: var verb } when parsed.UnmatchedTokens is [var word, ..] =>
                Unexpected(word, verb, parsed),
            _ => error.Message, // from one of our rules
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
