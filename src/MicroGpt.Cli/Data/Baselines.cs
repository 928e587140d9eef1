namespace MicroGpt.Cli;

/// <summary>A loss, in nats, of predicting characters without a model.</summary>
/// <param name="Order">The length of the n-grams that were counted; 0 if every character is equally likely.</param>
/// <param name="Loss">Nats per character.</param>
sealed record Baseline(int Order, double Loss)
{
    /// <summary>What a table calls it.</summary>
    public string Name => Order switch
    {
        0 => "uniform",
        1 => "letter frequency",
        2 => "bigram counts",
        _ => $"{Order}-gram counts",
    };
}

/// <summary>What a model's loss is compared with: the losses of predicting the same characters by counting.</summary>
static class Baselines
{
    const int Boundary = -1; // marks both ends of each document

    /// <summary>Counts another text: the best n-grams, bigrams, letters, and none at all.</summary>
    /// <param name="counted">The text to count.</param>
    /// <param name="tokenizer">The model's characters.</param>
    /// <param name="documents">The text to predict.</param>
    /// <param name="longest">How many characters of each document are predicted.</param>
    /// <returns>From the longest n-grams down.</returns>
    public static IEnumerable<Baseline> CountedOn(
        Corpus counted, Tokenizer tokenizer, IEnumerable<string> documents, int longest)
    {
        var best = NGrams.Count(counted, tokenizer);
        if (best.Order > 2)
        {
            yield return new(best.Order, best.Evaluate(documents, longest).Loss);
        }
        yield return new(2, NGrams.Count(counted, tokenizer, 2).Evaluate(documents, longest).Loss);
        yield return new(1, NGrams.Count(counted, tokenizer, 1).Evaluate(documents, longest).Loss);
        yield return new(0, Math.Log(tokenizer.VocabSize));
    }

    /// <summary>
    /// Counts the text that is predicted: no other counts could do better on it. Longer n-grams would know it by heart.
    /// </summary>
    /// <param name="documents">The text.</param>
    /// <param name="tokenizer">The model's characters.</param>
    /// <param name="longest">How many characters of each document are predicted.</param>
    /// <param name="hasEnd">Whether the ends of documents are predicted too.</param>
    /// <returns>From bigrams down.</returns>
    public static IEnumerable<Baseline> CountedOnItself(
        IEnumerable<string> documents, Tokenizer tokenizer, int longest, bool hasEnd)
    {
        var characters = new Dictionary<int, long>();
        var pairs = new Dictionary<(int Last, int Next), long>();
        var lasts = new Dictionary<int, long>();
        long total = 0;
        foreach (var document in documents)
        {
            var last = Boundary;
            var all = document.EnumerateRunes().Select(character => character.Value);
            foreach (var next in (hasEnd ? all.Append(Boundary) : all).Take(longest))
            {
                Count(characters, next);
                Count(pairs, (last, next));
                Count(lasts, last);
                last = next;
                total++;
            }
        }
        yield return new(2,
            -pairs.Sum(pair => pair.Value * Math.Log((double)pair.Value / lasts[pair.Key.Last])) / total);
        yield return new(1,
            -characters.Values.Sum(n => n * Math.Log((double)n / total)) / total);
        yield return new(0, Math.Log(tokenizer.VocabSize));

        static void Count<T>(Dictionary<T, long> counts, T what) where T : notnull =>
            counts[what] = counts.GetValueOrDefault(what) + 1;
    }
}
