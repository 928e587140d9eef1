using System.Text;
using Wcwidth;

namespace MicroGpt.Cli;

/// <summary>The columns that text takes on a terminal.</summary>
static class Columns
{
    public static int Of(Rune character) => Math.Max(0, UnicodeCalculator.GetWidth(character)); // -1: a control code

    public static int Of(string text) => text.EnumerateRunes().Sum(Of);

    /// <summary>The lines that text takes; a wide character that does not fit wraps to the next line.</summary>
    public static int Lines(string text, int columns)
    {
        var (lines, column) = (1, 0);
        foreach (var character in text.EnumerateRunes())
        {
            var width = Of(character);
            if (column > 0 && column + width > columns)
            {
                (lines, column) = (lines + 1, 0);
            }
            column += width;
        }
        return lines;
    }

    /// <summary>Cuts text to a number of columns; text that is cut ends in an ellipsis.</summary>
    /// <remarks>
    /// Joiners and variation selectors are left out: terminals disagree about the width of joined emoji, which some draw
    /// as one and some as several.
    /// </remarks>
    public static string Fit(string text, int columns)
    {
        var fitting = new StringBuilder();
        var (taken, kept) = (0, 0); // kept: the length that leaves room for the ellipsis
        foreach (var character in text.EnumerateRunes().Where(character => !Joins(character)))
        {
            taken += Of(character);
            if (taken > columns)
            {
                return columns < 1 ? "" : fitting.ToString(0, kept) + "…";
            }
            fitting.Append(character.ToString());
            kept = taken < columns ? fitting.Length : kept;
        }
        return fitting.ToString();
    }

    static bool Joins(Rune character) => character.Value is >= 0xFE00 and <= 0xFE0F or >= 0xE0100 and <= 0xE01EF
        || Rune.GetUnicodeCategory(character) == System.Globalization.UnicodeCategory.Format;
}
