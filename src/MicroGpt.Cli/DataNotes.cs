namespace MicroGpt.Cli;

/// <summary>What a person would want to know about the data before the training.</summary>
static class DataNotes
{
    const int LongestToSuggest = 1024; // the time of a step grows with the square of the block

    public static IEnumerable<string> Of(Corpus corpus, Tokenizer tokenizer, int blockSize, string source)
    {
        if (InputFile.Oddity(corpus, source) is string oddity)
        {
            yield return oddity;
        }
        if (corpus.BlankLines > 0)
        {
            yield return $"{Say.Count(corpus.BlankLines, "empty line")} skipped";
        }
        var (longer, longest, counts) = (0, 0, new int[0x110000]); // for each code point there is
        foreach (var document in corpus)
        {
            var length = 0;
            foreach (var character in document.EnumerateRunes())
            {
                counts[character.Value]++;
                length++;
            }
            longer += length > blockSize ? 1 : 0;
            longest = Math.Max(longest, length);
        }
        if (longer > 0)
        {
            yield return $"{Say.Count(longer, "document")} longer than the block, {blockSize} characters: "
                + "the rest is cut off; " + (longest < LongestToSuggest
                    ? $"--block-size {longest + 1} would fit all" // the end of the document takes a place as well
                    : $"the longest has {longest:N0} characters, so break it into lines, or learn it as running text: "
                        + "--documents chunks");
        }
        var rare = new List<string>();
        foreach (var character in tokenizer.Characters.EnumerateRunes())
        {
            if (counts[character.Value] < 3)
            {
                rare.Add(Say.Visible(character));
            }
        }
        if (rare.Count > 0)
        {
            yield return $"{Say.Count(rare.Count, "character")} too rare to learn, once or twice in all: "
                + string.Join(' ', rare.Take(12)) + (rare.Count > 12 ? " ..." : "");
        }
    }
}
