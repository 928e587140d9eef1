using System.Runtime.InteropServices;

namespace MicroGpt;

/// <summary>
/// The n-grams of one length, sorted by their last token, then by the one before it, and so on: those with the same last
/// n - 1 tokens, their tail, stand together. The place of an n-gram in this order is its id.
/// </summary>
sealed class NGramTable
{
    // How often an n-gram occurs, how many different tokens precede it, and the id of its context, the (n - 1)-gram that
    // ends one token earlier.
    record struct NGram(int Count, int Preceding, int Context);

    // The n-grams with one context: how many they are, and the sums of their numbers.
    record struct Totals(int Followers, int Count, int Preceding);

    readonly int n;
    readonly List<int> firstTokens = [];
    readonly List<NGram> grams = [];
    readonly int[] starts; // [tails + 1]: the n-grams with tail t begin at starts[t] and end before starts[t + 1]
    readonly Totals[] totals; // [contexts]

    /// <summary>Counts a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tailPlaces">Where the (n - 1)-grams end.</param>
    /// <param name="places">Receives where the n-grams end.</param>
    /// <param name="shorter">The (n - 1)-grams, of which it is now known what precedes them; null for n = 1.</param>
    public NGramTable(TokenText text, NGramPlaces tailPlaces, NGramTable? shorter, out NGramPlaces places)
    {
        n = 1 + (shorter?.n ?? 0);
        var (tails, from) = (shorter?.Size ?? 1, 0);
        places = new(text);
        (starts, totals) = (new int[tails + 1], new Totals[tails]);
        for (var tail = 0; tail < tails; tail++)
        {
            var ends = tailPlaces.SortByFirst(from, tail, n, out var firsts);
            from += ends.Length;
            var beginnings = 0; // where nothing precedes the tail: each counts like another token
            for (var i = 0; i < ends.Length; i++)
            {
                if (firsts[i] == TokenText.Boundary)
                {
                    beginnings += text.IsPredicted(ends[i]) ? 1 : 0;
                    continue;
                }
                if (i == 0 || firsts[i] != firsts[i - 1])
                {
                    firstTokens.Add(firsts[i]);
                    grams.Add(new(0, 0, n == 1 ? 0 : tailPlaces.Ids[ends[i] - 1]));
                }
                places.Add(ends[i], grams.Count - 1);
                if (n > 1 || text.IsPredicted(ends[i]))
                {
                    Occurs(grams.Count - 1);
                }
            }
            starts[tail + 1] = grams.Count;
            shorter?.ArePreceded(tail, grams.Count - starts[tail] + beginnings);
        }
    }

    /// <summary>The number of n-grams.</summary>
    public int Size => grams.Count;

    /// <summary>The id of the n-gram that ends at each position of a text; -1 if there is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tails">[length]: the same for the (n - 1)-grams.</param>
    public int[] Find(TokenText text, int[] tails)
    {
        var ids = new int[tails.Length];
        var tokens = CollectionsMarshal.AsSpan(firstTokens);
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = -1;
            if (tails[i] >= 0 && text.Tokens[i - n + 1] is not TokenText.Boundary and var first)
            {
                var (start, end) = (starts[tails[i]], starts[tails[i] + 1]);
                var at = tokens[start..end].BinarySearch(first);
                ids[i] = at < 0 ? -1 : start + at;
            }
        }
        return ids;
    }

    /// <summary>Refines the probability of each token, from what its last n - 2 tokens say to what n - 1 say.</summary>
    /// <param name="p">[length, discounts]: the probabilities.</param>
    /// <param name="text">The text.</param>
    /// <param name="tails">As for <see cref="Find"/>.</param>
    /// <param name="ids">The result of <see cref="Find"/>.</param>
    /// <param name="discounts">What to take from each count.</param>
    /// <param name="isLongest">Whether there are no longer n-grams.</param>
    public void Interpolate(
        Span<double> p, TokenText text, int[] tails, int[] ids, ReadOnlySpan<double> discounts, bool isLongest)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            if (!text.IsPredicted(i) || (n == 1 ? 0 : tails[i - 1]) is not (>= 0 and var context)
                || totals[context] is not { Followers: > 0 } total)
            {
                continue; // nothing ever followed this context
            }
            var gram = ids[i] < 0 ? default : grams[ids[i]];
            var (count, all) = isLongest ? (gram.Count, total.Count) : (gram.Preceding, total.Preceding);
            for (var d = 0; d < discounts.Length; d++)
            {
                ref var shorter = ref p[i * discounts.Length + d];
                shorter = (Math.Max(count - discounts[d], 0) + discounts[d] * total.Followers * shorter) / all;
            }
        }
    }

    void Occurs(int id)
    {
        ref var gram = ref CollectionsMarshal.AsSpan(grams)[id];
        ref var total = ref totals[gram.Context];
        total.Followers += gram.Count == 0 ? 1 : 0;
        total.Count++;
        gram.Count++;
    }

    void ArePreceded(int id, int times)
    {
        ref var gram = ref CollectionsMarshal.AsSpan(grams)[id];
        gram.Preceding = times;
        totals[gram.Context].Preceding += times;
    }
}
