namespace MicroGpt;

/// <summary>Tries n-grams of growing length on a held-out part of a text, with several discounts at once.</summary>
sealed class NGramTrial
{
    const int Characters = 50_000; // as many as are enough to try on, if the text has them

    static readonly double[] discounts = [0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

    readonly TokenText train, heldOut;
    NGramPlaces places;
    readonly double[] p; // [length, discounts]: what all tables but the last say of the held-out text
    NGramTable? table;
    int[] ids, tails = [];

    NGramTrial(TokenText train, TokenText heldOut, int vocabSize)
    {
        (this.train, this.heldOut) = (train, heldOut);
        (places, ids) = (NGramPlaces.Everywhere(train), new int[heldOut.Length]);
        p = new double[heldOut.Length * discounts.Length];
        Array.Fill(p, 1.0 / vocabSize);
    }

    /// <summary>The discounts to try.</summary>
    public static ReadOnlySpan<double> Discounts => discounts;

    /// <summary>The number of n-grams counted so far.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// The trials for a text: each tenth is held out in turn if the text is short, and less than a tenth of a long one.
    /// None if it is a single document.
    /// </summary>
    public static List<NGramTrial> Of(Corpus corpus, Tokenizer tokenizer)
    {
        var characters = corpus.Sum(document => (long)document.Length);
        var parts = (int)Math.Min(corpus.Count, Math.Max(10, characters / Characters));
        var trials = (int)Math.Clamp(Characters / characters, 1, parts);
        return parts < 2 ? [] : [.. corpus.HoldOutInTurn(parts, trials, seed: 42).Select(part =>
            new NGramTrial(new(part.Train, tokenizer), new(part.HeldOut, tokenizer), tokenizer.VocabSize))];
    }

    /// <summary>Counts n-grams one token longer than before, and adds the losses on the held-out text.</summary>
    /// <param name="losses">[discounts].</param>
    public void Lengthen(Span<double> losses)
    {
        var longer = new NGramTable(train, places, table, out places);
        table?.Interpolate(p, heldOut, tails, ids, discounts, isLongest: false);
        (table, tails, ids) = (longer, ids, longer.Find(heldOut, ids));
        var longest = (double[])p.Clone();
        table.Interpolate(longest, heldOut, tails, ids, discounts, isLongest: true);
        for (var i = 0; i < longest.Length; i++)
        {
            losses[i % discounts.Length] -= heldOut.IsPredicted(i / discounts.Length) ? Libm.Log(longest[i]) : 0;
        }
        Count += longer.Size;
    }
}
