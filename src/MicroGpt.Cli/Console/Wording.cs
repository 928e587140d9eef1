using System.Globalization;
using System.Text;

namespace MicroGpt.Cli;

/// <summary>Formats numbers and characters for people.</summary>
static class Wording
{
    /// <summary>
    /// A number in a table, with as many of its decimals as fit in the column: 5.37, 112917583, 1.8E+321. A number that
    /// rounds to 0 has no sign.
    /// </summary>
    public static string Number(double value, int decimals, int columns)
    {
        for (; decimals >= 0; decimals--)
        {
            var text = (Math.Round(value, decimals) + 0.0).ToString($"F{decimals}", CultureInfo.InvariantCulture);
            if (text.Length <= columns)
            {
                return text.PadLeft(columns);
            }
        }
        return value.ToString("0.0E+0", CultureInfo.InvariantCulture).PadLeft(columns);
    }

    /// <summary>1 line, 2,000 lines.</summary>
    public static string Count(int n, string thing) => $"{n:N0} {thing}{(n == 1 ? "" : "s")}";

    /// <summary>What counts of that length are called.</summary>
    public static string NGrams(int order) => order switch { 1 => "letters", 2 => "bigrams", _ => $"{order}-grams" };

    /// <summary>A visible form of a character: a space as ␣, other invisible characters as their code points.</summary>
    public static string Visible(Rune character) => character.Value == ' ' ? "␣"
        : Rune.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        ? $"U+{character.Value:X4}"
        : character.ToString();

    /// <summary>A model's characters; those shown as code points are set off by spaces.</summary>
    public static string Characters(Tokenizer tokenizer)
    {
        var shown = tokenizer.Characters.EnumerateRunes().Select(Visible)
            .Select(character => character.StartsWith("U+", StringComparison.Ordinal) ? $" {character} " : character);
        return string.Concat(shown).Replace("  ", " ", StringComparison.Ordinal).Trim();
    }

    /// <summary>Names the character of a text that a model does not know.</summary>
    public static string Unknown(Gpt gpt, UnknownCharacterException e)
    {
        var known = NormalForm.Hint(gpt.Tokenizer, e.Text, e.Position)
            ?? (gpt.Tokenizer.VocabSize <= 100 ? $"it knows {Characters(gpt.Tokenizer)}" : null);
        return $"the model does not know the character '{Visible(e.Character)}' (U+{e.Character.Value:X4}) "
            + $"in \"{Quoted(e.Text)}\"" + (known == null ? "" : $"; {known}");
    }

    // Text on one line; long text is cut.
    static string Quoted(string text)
    {
        const int most = 60;
        var line = StandardOutput.OneLine(text);
        return line.Length <= most ? line : string.Concat(line.EnumerateRunes().Take(most)) + "...";
    }
}
