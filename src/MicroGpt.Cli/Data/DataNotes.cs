using System.Globalization;
using System.Text;

namespace MicroGpt.Cli;

/// <summary>Notes on a text: what to know before training on it.</summary>
static class DataNotes
{
    const int LongestToSuggest = 1024; // the time of a step grows with the square of the block

    /// <summary>The notes, one sentence each.</summary>
    /// <param name="corpus">All documents.</param>
    /// <param name="tokenizer">Their characters.</param>
    /// <param name="blockSize">The model's context.</param>
    /// <param name="source">The name of the text.</param>
    /// <param name="validates">Whether documents are held out.</param>
    public static IEnumerable<string> Of(
        Corpus corpus, Tokenizer tokenizer, int blockSize, string source, bool validates = false)
    {
        var odd = new OddCharacters();
        var (longer, longest, counts) = (0, 0, new int[0x110000]); // by code point
        foreach (var (i, document) in corpus.Index())
        {
            var length = 0;
            Rune? before = null;
            foreach (var character in document.EnumerateRunes())
            {
                counts[character.Value]++;
                odd.Look(character, before, i, length);
                before = character;
                length++;
            }
            longer += length > blockSize ? 1 : 0;
            longest = Math.Max(longest, length);
        }
        return new[]
        {
            InputFile.ByteOrderMark(corpus, source),
            odd.Sentence(corpus),
            TwoForms(corpus, tokenizer),
            TextKind.Note(corpus, source),
            corpus.BlankLines > 0 ? $"{Wording.Count(corpus.BlankLines, "empty line")} skipped" : null,
            longer == 0 ? null : Longer(longer, longest, blockSize),
            validates ? Repeated(corpus) : null,
            Rare(tokenizer, counts),
        }.OfType<string>();
    }

    static string Longer(int count, int longest, int blockSize) =>
        $"{Wording.Count(count, "document")} longer than the block, {blockSize} characters: "
            + "the rest is cut off; " + (longest < LongestToSuggest
                ? $"--block-size {longest + 1} would fit all" // the end of the document takes a position too
                : $"the longest has {longest:N0} characters, so break it into lines, or train on it as running text: "
                    + "--documents chunks");

    static string? Rare(Tokenizer tokenizer, int[] counts)
    {
        var rare = tokenizer.Characters.EnumerateRunes().Where(character => counts[character.Value] < 3)
            .Select(Wording.Visible).ToArray();
        return rare.Length == 0 ? null
            : $"{Wording.Count(rare.Length, "character")} too rare to learn, with one or two occurrences: "
            + string.Join(' ', rare.Take(12)) + (rare.Length > 12 ? " ..." : "");
    }

    static string? Repeated(Corpus corpus)
    {
        var copies = corpus.CountBy(document => document).Select(pair => pair.Value).Where(count => count > 1).ToArray();
        return copies.Length == 0 ? null
            : $"{Wording.Count(copies.Length, "document")} {(copies.Length == 1 ? "occurs" : "occur")} more than once, "
            + $"{copies.Sum():N0} of {corpus.Count:N0} in all: where copies are both trained on and held out, "
            + "the validation loss is too low";
    }

    // Letters that occur both composed and decomposed, which look alike.
    static string? TwoForms(Corpus corpus, Tokenizer tokenizer)
    {
        if (!tokenizer.Characters.EnumerateRunes().Any(NormalForm.IsPart))
        {
            return null;
        }
        var composed = new Dictionary<string, string>(); // of each letter that was found
        var forms = new Dictionary<string, List<(string Letter, TextPlace Place)>>(); // of each composed letter
        foreach (var (i, document) in corpus.Index())
        {
            var letters = StringInfo.GetTextElementEnumerator(document);
            while (letters.MoveNext())
            {
                var letter = letters.GetTextElement();
                if ((letter.Length == 1 && letter[0] < 0x80) || composed.ContainsKey(letter))
                {
                    continue;
                }
                composed[letter] = NormalForm.Composed(letter);
                forms.TryAdd(composed[letter], []);
                forms[composed[letter]].Add((letter, PlaceOf(corpus, i, letters.ElementIndex)));
            }
        }
        var twice = forms.Values.Where(same => same.Count > 1).ToArray();
        return twice.Length == 0 ? null : string.Concat(Wording.Count(twice.Length, "letter"),
            " written in more than one way, composed and decomposed, which look alike but are learned apart, such as ",
            string.Join(" and ", twice[0].Select(form => $"{NormalForm.Numbers(form.Letter)} at {form.Place}")),
            "; normalize the text, for example to NFC");
    }

    static TextPlace PlaceOf(Corpus corpus, int document, int unit) =>
        corpus.PlaceOf(document, corpus[document][..unit].EnumerateRunes().Count());
}
