namespace MicroGpt;

/// <summary>
/// The chunks of a running text, which begin elsewhere in each epoch. A model then meets each character in many places of
/// its context, with more or less of the text before it, and takes longer to learn the text by heart.
/// </summary>
/// <remarks>
/// All chunks of an epoch begin the same number of characters later than in the first. A chunk for which the text ends
/// too soon, or continues with text that was held out, stays.
/// </remarks>
sealed class MovingChunks
{
    const double GoldenRatio = 0.6180339887498949; // the fractions of its multiples are spread evenly from 0 to 1

    readonly int[] text; // see TokenText
    readonly (int Start, int Length)[] chunks; // in training order, as in the first epoch
    readonly int[] window;

    /// <param name="corpus">Chunks.</param>
    /// <param name="order">Their indices in training order.</param>
    /// <param name="tokenizer">Knows their characters.</param>
    /// <exception cref="ArgumentException">The corpus is not one of chunks.</exception>
    public MovingChunks(Corpus corpus, int[] order, Tokenizer tokenizer)
    {
        if (corpus.Reading.Unit != DocumentUnit.Chunk)
        {
            throw new ArgumentException("ChunkStarts moving needs a corpus of chunks", nameof(corpus));
        }
        text = new TokenText(corpus, tokenizer).Tokens;
        var inTextOrder = new (int Start, int Length)[corpus.Count];
        var at = 0;
        for (var i = 0; i < corpus.Count; i++)
        {
            at += text[at] == TokenText.Boundary ? 1 : 0;
            inTextOrder[i] = (at, corpus[i].EnumerateRunes().Count());
            at += inTextOrder[i].Length;
        }
        chunks = Array.ConvertAll(order, i => inTextOrder[i]);
        window = new int[corpus.Reading.ChunkLength + 2];
        window[0] = tokenizer.Bos;
    }

    /// <summary>A chunk as it is in an epoch: BOS, its characters, BOS. Valid until the next call.</summary>
    /// <param name="place">In training order.</param>
    /// <param name="epoch">Counted from 0, where all chunks are those of the corpus.</param>
    public ReadOnlySpan<int> this[int place, long epoch]
    {
        get
        {
            var (start, length) = chunks[place];
            var later = (int)(epoch * GoldenRatio % 1 * (window.Length - 2));
            if (start + length + later <= text.Length && !text.AsSpan(start + length, later).Contains(TokenText.Boundary))
            {
                start += later;
            }
            text.AsSpan(start, length).CopyTo(window.AsSpan(1));
            window[length + 1] = window[0];
            return window.AsSpan(0, length + 2);
        }
    }
}
