using System.Globalization;
using System.Text;
using ADRaffy.ENSNormalize;

namespace MicroGpt.Cli;

/// <summary>
/// Unicode's normal forms: é as one character (NFC), or as e and an accent (NFD). (<c>string.Normalize</c> needs ICU, and
/// without it returns every text as it is.)
/// </summary>
static class NormalForm
{
    /// <summary>
    /// Whether text with this character may have another form: it is a mark, part of a Korean syllable, or a character
    /// that is equivalent to another one. A text without such characters is composed.
    /// </summary>
    public static bool IsPart(Rune character) => character.Value is
        (>= 0x1160 and <= 0x11FF) or 0x2126 or 0x212A or 0x212B
            or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F)
        || Rune.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    public static string Composed(string text) => ENSNormalize.NF.NFC(text);

    public static string Decomposed(string text) => ENSNormalize.NF.NFD(text);

    /// <summary>
    /// If the tokenizer knows a letter of the text in the other normal form, the end of a sentence about it; else null.
    /// </summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="text">A text with an unknown character.</param>
    /// <param name="position">That character's index in the text, in code points.</param>
    public static string? Hint(Tokenizer tokenizer, string text, int position)
    {
        var letter = LetterAt(text, position);
        if (letter.EnumerateRunes().All(rune => rune.IsAscii))
        {
            return null;
        }
        foreach (var (form, other) in new[] { ("NFC", Composed(letter)), ("NFD", Decomposed(letter)) })
        {
            var runes = other.EnumerateRunes().ToArray();
            if (other != letter && runes.All(rune => Knows(tokenizer, rune)))
            {
                return $"it knows {other} as {(runes.Length == 1 ? "one character" : $"{runes.Length} characters")}, "
                    + $"{Numbers(other)}; normalize the text to {form}";
            }
        }
        return null;
    }

    /// <summary>U+0065 U+0301.</summary>
    public static string Numbers(string text) =>
        string.Join(' ', text.EnumerateRunes().Select(rune => $"U+{rune.Value:X4}"));

    static bool Knows(Tokenizer tokenizer, Rune character) =>
        tokenizer.Characters.Contains(character.ToString(), StringComparison.Ordinal);

    // What readers perceive as one character: a letter and its marks.
    static string LetterAt(string text, int position)
    {
        var unit = text.EnumerateRunes().Take(position).Sum(rune => rune.Utf16SequenceLength);
        foreach (var start in StringInfo.ParseCombiningCharacters(text).Reverse())
        {
            if (start <= unit)
            {
                return StringInfo.GetNextTextElement(text, start);
            }
        }
        return text;
    }
}
