using System.Globalization;
using System.Text;

namespace MicroGpt.Cli;

/// <summary>Text that others wrote, such as a file's name: a terminal shows it, and obeys nothing in it.</summary>
static class Legible
{
    const int NonJoiner = 0x200C, Joiner = 0x200D; // only shape the letters beside them

    /// <summary>
    /// Control codes and format characters, such as those that turn the direction of writing, become �; line ends stay.
    /// </summary>
    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }
        var shown = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            shown.Append(IsObeyed(rune) ? "\ufffd" : rune.ToString());
        }
        return shown.ToString();
    }

    /// <summary>The same in one line.</summary>
    public static string Line(string text) => Of(text.ReplaceLineEndings(" "));

    static bool IsObeyed(Rune rune) => rune.Value is not ('\n' or NonJoiner or Joiner)
        && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
