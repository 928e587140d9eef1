using System.CommandLine;
using System.CommandLine.Parsing;

namespace MicroGpt.Cli;

/// <summary>What goes to stderr: one line for each thing that is wrong.</summary>
static class Complaint
{
    public static void Write(string sentence)
    {
        var line = sentence.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '\ufffd' : c); // it may quote a file
        Console.Error.WriteLine($"microgpt: {string.Concat(line)}");
    }

    /// <summary>What is wrong with the command line: of several things, one.</summary>
    public static string Of(ParseResult parsed)
    {
        // A value that breaks a rule says more than a word too many, which it may have led to.
        var error = parsed.Errors.OrderBy(error => error.SymbolResult is CommandResult).First();
        return error.SymbolResult switch
        {
            OptionResult { Tokens.Count: 0, Option: Flag flag } => $"{flag.Name}: takes no value",
            OptionResult { Tokens.Count: 0, Option: var option } => $"{option.Name}: needs a value",
            OptionResult { Tokens.Count: > 1, Option: var option } => $"{option.Name}: is given more than once",
            CommandResult { Command: var verb } when parsed.UnmatchedTokens is [var word, ..] => TooMany(word, verb),
            _ => error.Message, // of a rule of ours
        };
    }

    static string TooMany(string word, Command command) => (word, command) switch
    {
        (_, not Verb) => $"{word}: no verb of microgpt; see microgpt --help",
        (['-', _, ..], _) => $"{word}: no option of microgpt {command.Name}; see microgpt {command.Name} --help",
        _ => $"{(word.Length == 0 ? "''" : word)}: is a word too many; see microgpt {command.Name} --help",
    };
}
