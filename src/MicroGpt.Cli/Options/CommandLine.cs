using System.CommandLine;

namespace MicroGpt.Cli;

/// <summary>The command line as it was typed.</summary>
static class CommandLine
{
    static string[] words = [];

    public static void Remember(string[] args) => words = args;

    /// <summary>The words for the parser, which would take the next word for the value of <c>--option=</c>.</summary>
    /// <returns>The words, each <c>--option=</c> as two: the option and its empty value.</returns>
    public static string[] WithEmptyValues(RootCommand root)
    {
        var verb = root.Subcommands.FirstOrDefault(verb => verb.Name == words.FirstOrDefault());
        var end = Array.IndexOf(words, "--") is >= 0 and var at ? at : words.Length;
        return [.. words.SelectMany((word, i) => i < end && IsEmptyOption(word) ? [word[..^1], ""] : (string[])[word])];

        bool IsEmptyOption(string word) => word is ['-', .., '=' or ':'] && verb?.Options.FirstOrDefault(
            option => option.Name == word[..^1] || option.Aliases.Contains(word[..^1])) switch
        {
            null => false,
            { Arity.MaximumNumberOfValues: 0 } => throw new UsageException($"{word[..^1]}: takes no value"),
            _ => true,
        };
    }

    /// <summary>Whether the word stands behind <c>--</c>, where nothing is an option.</summary>
    public static bool AfterDoubleDash(string word) =>
        Array.IndexOf(words, "--") is >= 0 and var at && Array.IndexOf(words, word) > at;

    /// <summary>The same command with one more option, as a shell reads it.</summary>
    public static string With(string option)
    {
        var end = Array.IndexOf(words, "--") is >= 0 and var at ? at : words.Length;
        var all = words.Contains(option) ? words : [.. words[..end], option, .. words[end..]];
        return Of(all);
    }

    /// <summary>A command of these words, as a shell reads it.</summary>
    public static string Of(params string[] words) => "microgpt " + Quoted(words);

    /// <summary>Words as a shell reads them.</summary>
    public static string Quoted(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    static string Quote(string word)
    {
        var plain = word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=,:+".Contains(c));
        return plain ? word : '\'' + word.Replace("'", "'\\''", StringComparison.Ordinal) + '\'';
    }
}
