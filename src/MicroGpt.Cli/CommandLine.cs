namespace MicroGpt.Cli;

/// <summary>The command line as it was typed.</summary>
static class CommandLine
{
    static string[] words = [];

    public static void Is(string[] args) => words = args;

    /// <summary>Whether the word stands behind <c>--</c>, where nothing is an option.</summary>
    public static bool AfterDoubleDash(string word) =>
        Array.IndexOf(words, "--") is >= 0 and var at && Array.IndexOf(words, word) > at;

    /// <summary>The same command with an option more, as a shell reads it.</summary>
    public static string With(string option)
    {
        var end = Array.IndexOf(words, "--") is >= 0 and var at ? at : words.Length;
        var all = words.Contains(option) ? words : [.. words[..end], option, .. words[end..]];
        return Of(all);
    }

    /// <summary>A command of these words, as a shell reads it.</summary>
    public static string Of(params string[] words) => "microgpt " + string.Join(' ', words.Select(Quote));

    static string Quote(string word)
    {
        var plain = word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=,:+".Contains(c));
        return plain ? word : '\'' + word.Replace("'", "'\\''", StringComparison.Ordinal) + '\'';
    }
}
