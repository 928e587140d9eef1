namespace MicroGpt;

/// <summary>Where the n-grams of a text end: while counting, the way from one length to the next.</summary>
sealed class NGramPlaces
{
    readonly TokenText text;
    readonly List<int> sizes = [];
    readonly int[] sorted; // the positions where an n-gram ends, in order of the n-grams
    readonly int[] keys;
    readonly int[] counts; // [vocabSize + 1]
    int count;

    /// <summary>There are none yet.</summary>
    public NGramPlaces(TokenText text)
    {
        (this.text, Ids, sorted, keys) = (text, new int[text.Length], new int[text.Length], new int[text.Length]);
        counts = new int[text.VocabSize + 1];
        Array.Fill(Ids, -1);
    }

    /// <summary>[length]: the id of the n-gram that ends at a position; -1 if there is none.</summary>
    public int[] Ids { get; }

    /// <summary>Of the only 0-gram, which ends everywhere.</summary>
    public static NGramPlaces Everywhere(TokenText text)
    {
        var places = new NGramPlaces(text);
        for (var i = 0; i < text.Length; i++)
        {
            places.Add(i, 0);
        }
        return places;
    }

    /// <summary>Adds the next position; ids do not fall.</summary>
    public void Add(int position, int id)
    {
        if (id == sizes.Count)
        {
            sizes.Add(0);
        }
        sizes[id]++;
        Ids[position] = id;
        sorted[count++] = position;
    }

    /// <summary>Sorts the places of one n-gram by the token before it.</summary>
    /// <param name="start">The number of places of all n-grams before this one.</param>
    /// <param name="id">The n-gram.</param>
    /// <param name="n">That token's distance from the place, plus 1.</param>
    /// <param name="firsts">The tokens, in order.</param>
    /// <returns>The places, in that order.</returns>
    public ReadOnlySpan<int> SortByFirst(int start, int id, int n, out ReadOnlySpan<int> firsts)
    {
        var ends = sorted.AsSpan(start, sizes[id]);
        var tokens = keys.AsSpan(start, sizes[id]);
        for (var i = 0; i < ends.Length; i++)
        {
            tokens[i] = text.Tokens[ends[i] - n + 1];
        }
        if (ends.Length > counts.Length)
        {
            CountingSort(tokens, ends);
        }
        else
        {
            tokens.Sort(ends);
        }
        firsts = tokens;
        return ends;
    }

    // Faster than comparing if there are many.
    void CountingSort(Span<int> tokens, Span<int> ends)
    {
        Array.Clear(counts);
        foreach (var token in tokens)
        {
            counts[token + 1]++; // the boundary comes first
        }
        var all = 0;
        foreach (ref var before in counts.AsSpan())
        {
            (before, all) = (all, all + before);
        }
        var unsorted = ends.ToArray();
        for (var i = 0; i < unsorted.Length; i++)
        {
            ends[counts[tokens[i] + 1]++] = unsorted[i];
        }
        for (var (i, token) = (0, 0); i < tokens.Length; i++)
        {
            while (i == counts[token])
            {
                token++;
            }
            tokens[i] = token - 1;
        }
    }
}
