using System.Globalization;
using System.Text;

namespace MicroGpt.Cli;

/// <summary>Makes untrusted text, such as a file name, safe for a terminal.</summary>
static class Legible
{
    const int NonJoiner = 0x200C, Joiner = 0x200D; // they only shape the letters beside them

    /// <summary>
    /// Replaces control and format characters, such as those that change the writing direction, by �; keeps line ends.
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
            shown.Append(IsControl(rune) ? "\ufffd" : rune.ToString());
        }
        return shown.ToString();
    }

    /// <summary>The same on one line.</summary>
    public static string Line(string text) => Of(text.ReplaceLineEndings(" "));

    static bool IsControl(Rune rune) => rune.Value is not ('\n' or NonJoiner or Joiner)
        && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
