namespace MicroGpt.Cli;

/// <summary>
/// What predicting without a model can do: the losses, in nats, over the same characters that a model is asked for. The
/// counts are those of the text itself, so no other counts could do better on it.
/// </summary>
sealed class Baselines
{
    public Baselines(IEnumerable<string> documents, Gpt gpt)
    {
        var (vocabSize, block) = (gpt.Config.VocabSize, gpt.Config.BlockSize);
        var letters = new long[vocabSize];
        var pairs = new Dictionary<(int Last, int Next), long>();
        var lasts = new long[vocabSize];
        long total = 0;
        foreach (var document in documents)
        {
            var tokens = gpt.Tokenizer.Encode(document);
            for (var i = 0; i < Math.Min(block, tokens.Length - 1); i++)
            {
                var pair = (tokens[i], tokens[i + 1]);
                pairs[pair] = pairs.GetValueOrDefault(pair) + 1;
                lasts[tokens[i]]++;
                letters[tokens[i + 1]]++;
                total++;
            }
        }
        Uniform = Math.Log(vocabSize);
        Unigram = -letters.Where(n => n > 0).Sum(n => n * Math.Log((double)n / total)) / total;
        Bigram = -pairs.Sum(pair => pair.Value * Math.Log((double)pair.Value / lasts[pair.Key.Last])) / total;
    }

    /// <summary>Every token is as likely as any other: log(vocabSize).</summary>
    public double Uniform { get; }

    /// <summary>Each token as likely as it is frequent.</summary>
    public double Unigram { get; }

    /// <summary>Each token as likely as it is frequent after the token before.</summary>
    public double Bigram { get; }
}
