using System.Globalization;
using System.Text;

namespace MicroGpt.Cli;

/// <summary>Invisible or unintended characters of a text, each with its count and its first position.</summary>
sealed class OddCharacters
{
    const int MostToName = 5;

    static readonly Dictionary<int, string> names = new()
    {
        [0x7F] = "delete",
        [0xA0] = "no-break space",
        [0xAD] = "soft hyphen",
        [0x200B] = "zero-width space",
        [0x200C] = "zero-width non-joiner",
        [0x200D] = "zero-width joiner",
        [0x200E] = "left-to-right mark",
        [0x200F] = "right-to-left mark",
        [0x202F] = "narrow no-break space",
        [0x2028] = "line separator",
        [0x2029] = "paragraph separator",
        [0x2060] = "word joiner",
        [0xFEFF] = "byte order mark",
        [0xFFFD] = "replacement for a lost character",
    };

    readonly Dictionary<Rune, (int Count, int Document, int Character)> found = [];

    /// <summary>Counts a character of a document if it is odd.</summary>
    /// <param name="character">The character.</param>
    /// <param name="before">The previous character of the document, if there is one.</param>
    /// <param name="document">The document's index.</param>
    /// <param name="position">The character's index in the document.</param>
    public void Look(Rune character, Rune? before, int document, int position)
    {
        if (character.Value is >= ' ' and <= '~' || !IsOdd(character, before)
            || (character.Value, document, position) is (0xFEFF, 0, 0)) // InputFile.ByteOrderMark reports that one
        {
            return;
        }
        var (count, first, at) = found.GetValueOrDefault(character, (0, document, position));
        found[character] = (count + 1, first, at);
    }

    /// <summary>A note about them, if there are any.</summary>
    public string? Sentence(Corpus corpus)
    {
        var named = found.OrderBy(pair => (pair.Value.Document, pair.Value.Character)).Take(MostToName).Select(pair =>
        {
            var (count, document, position) = pair.Value;
            var name = NameOf(pair.Key) is { Length: > 0 } known ? $" ({known})" : "";
            var often = count == 1 ? "at" : $"{count:N0} times, first at";
            return $"U+{pair.Key.Value:X4}{name} {often} {corpus.PlaceOf(document, position)}";
        });
        return found.Count == 0 ? null : "characters that are rarely intended, but are learned like any other: "
            + string.Join("; ", named) + (found.Count > MostToName ? $"; and {found.Count - MostToName:N0} more" : "");
    }

    static string NameOf(Rune character) => names.TryGetValue(character.Value, out var name) ? name
        : Rune.GetUnicodeCategory(character) switch
        {
            UnicodeCategory.Control => "control character",
            UnicodeCategory.PrivateUse => "private use",
            UnicodeCategory.SpaceSeparator => "space",
            UnicodeCategory.OtherNotAssigned => "unassigned",
            _ => "invisible",
        };

    static bool IsOdd(Rune character, Rune? before) => Rune.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.Control => character.Value is not ('\n' or '\t'),
        UnicodeCategory.Format => !IsVisibleOrJoins(character.Value, before),
        UnicodeCategory.SpaceSeparator => character.Value is not (' ' or 0x3000), // 0x3000: the space between ideographs
        UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse => true,
        UnicodeCategory.OtherNotAssigned =>
            (character.Value & 0xFFFE) == 0xFFFE || character.Value is >= 0xFDD0 and <= 0xFDEF,
        _ => character.Value is 0xFFFD or 0x034F or 0x115F or 0x1160 or 0x2800 or 0x3164 or 0xFFA0
            || (IsSelector(character.Value)
                && before is not { Value: >= 0x2000 or '#' or '*' or (>= '0' and <= '9') or 0xA9 or 0xAE }),
    };

    // Arabic and Syriac signs that enclose numbers are visible; emoji and many scripts use joiners and tags.
    static bool IsVisibleOrJoins(int format, Rune? before) =>
        format is (>= 0x600 and <= 0x605) or 0x6DD or 0x70F or 0x890 or 0x891 or 0x8E2 or 0x110BD or 0x110CD
        || (format is 0x200C or 0x200D or (>= 0xE0020 and <= 0xE007F)
            && before is { Value: >= 0x600 and not 0x200C and not 0x200D });

    static bool IsSelector(int character) => character is (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF);
}
