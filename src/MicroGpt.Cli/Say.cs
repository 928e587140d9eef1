using System.Globalization;
using System.Text;

namespace MicroGpt.Cli;

/// <summary>Numbers and characters as a person reads them.</summary>
static class Say
{
    /// <summary>1 line, 2,000 lines.</summary>
    public static string Count(int n, string thing) => $"{n:N0} {thing}{(n == 1 ? "" : "s")}";

    /// <summary>A character such that it can be seen: a space as ␣, what has no look of its own by its number.</summary>
    public static string Visible(Rune character) => character.Value == ' ' ? "␣"
        : Rune.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        ? $"U+{character.Value:X4}"
        : character.ToString();
}
