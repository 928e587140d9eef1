namespace MicroGpt.Cli;

/// <summary>
/// The losses, in nats, of predicting the same characters by counting, without a model. The counts are those of the text
/// itself, so no other counts could do better on it.
/// </summary>
sealed class Baselines
{
    const int Boundary = -1; // marks both ends of each document

    public Baselines(IEnumerable<string> documents, GptConfig config)
    {
        var characters = new Dictionary<int, long>();
        var pairs = new Dictionary<(int Last, int Next), long>();
        var lasts = new Dictionary<int, long>();
        long total = 0;
        foreach (var document in documents)
        {
            var last = Boundary;
            foreach (var next in document.EnumerateRunes().Select(character => character.Value).Append(Boundary)
                .Take(config.BlockSize))
            {
                Count(characters, next);
                Count(pairs, (last, next));
                Count(lasts, last);
                last = next;
                total++;
            }
        }
        Uniform = Math.Log(config.VocabSize);
        Unigram = -characters.Values.Sum(n => n * Math.Log((double)n / total)) / total;
        Bigram = -pairs.Sum(pair => pair.Value * Math.Log((double)pair.Value / lasts[pair.Key.Last])) / total;

        static void Count<T>(Dictionary<T, long> counts, T what) where T : notnull =>
            counts[what] = counts.GetValueOrDefault(what) + 1;
    }

    /// <summary>All tokens are equally likely: log(vocabSize).</summary>
    public double Uniform { get; }

    /// <summary>Each token is as likely as it is frequent.</summary>
    public double Unigram { get; }

    /// <summary>Each token is as likely as it is frequent after the previous token.</summary>
    public double Bigram { get; }
}
