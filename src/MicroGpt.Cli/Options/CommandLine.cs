using System.CommandLine;

namespace MicroGpt.Cli;

/// <summary>The command line as it was typed.</summary>
static class CommandLine
{
    static string[] words = [];

    public static void Remember(string[] args) => words = args;

    /// <summary>
    /// The words for the parser, which would take the next word as the value of <c>--option=</c>, and the value of
    /// <c>--flag=value</c> as the next word.
    /// </summary>
    /// <returns>The words, each <c>--option=</c> as two: the option and its empty value.</returns>
    /// <exception cref="UsageException">A flag is given a value.</exception>
    public static string[] WithEmptyValues(RootCommand root)
    {
        var verb = root.Subcommands.FirstOrDefault(verb => verb.Name == words.FirstOrDefault());
        var end = Array.IndexOf(words, "--") is >= 0 and var at ? at : words.Length;
        return [.. words.SelectMany((word, i) => i < end && IsEmptyOption(word) ? [word[..^1], ""] : (string[])[word])];

        bool IsEmptyOption(string word)
        {
            if (word is not ['-', ..] || word.AsSpan().IndexOfAny('=', ':') is not (> 0 and var at))
            {
                return false;
            }
            var name = word[..at];
            var option = verb?.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));
            return option is Flag ? throw new UsageException($"{name}: takes no value")
                : option != null && at == word.Length - 1;
        }
    }

    /// <summary>Whether the word comes after <c>--</c>, where nothing is an option.</summary>
    public static bool AfterDoubleDash(string word) =>
        Array.IndexOf(words, "--") is >= 0 and var at && Array.IndexOf(words, word) > at;

    /// <summary>The same command with one more option, quoted for a shell.</summary>
    public static string With(string option)
    {
        var end = Array.IndexOf(words, "--") is >= 0 and var at ? at : words.Length;
        var all = words.Contains(option) ? words : [.. words[..end], option, .. words[end..]];
        return Of(all);
    }

    /// <summary>A command of these words, quoted for a shell.</summary>
    public static string Of(params string[] words) => "microgpt " + Quoted(words);

    /// <summary>Words quoted for a shell.</summary>
    public static string Quoted(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    static string Quote(string word)
    {
        var plain = word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=,:+".Contains(c));
        return plain ? word : '\'' + word.Replace("'", "'\\''", StringComparison.Ordinal) + '\'';
    }
}
