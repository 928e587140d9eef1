namespace MicroGpt.Tests;

/// <summary>Interpolated Kneser-Ney smoothing as its definition reads: every count is a search.</summary>
sealed class PlainKneserNey
{
    readonly bool isRunning;
    readonly Tokenizer tokenizer;
    readonly int order;
    readonly double discount;
    readonly List<int[]> texts;

    public PlainKneserNey(Corpus corpus, Tokenizer tokenizer, int order, double discount)
    {
        (this.tokenizer, this.order, this.discount) = (tokenizer, order, discount);
        isRunning = corpus.Reading.Unit == DocumentUnit.Chunk;
        texts = isRunning ? [Tokens(string.Concat(corpus))] : [.. corpus.Select(Tokens)];
    }

    public double NegativeLogLikelihood(IEnumerable<string> documents) =>
        documents.Select(Tokens).Sum(tokens => Enumerable.Range(isRunning ? 0 : 1, tokens.Length - (isRunning ? 0 : 1))
            .Sum(i => -Math.Log(Probability(tokens[Math.Max(0, i - order + 1)..i], tokens[i]))));

    /// <summary>p(next | context), from the longest context that was seen down to none.</summary>
    public double Probability(int[] context, int next)
    {
        var shorter = context.Length == 0 ? 1.0 / tokenizer.VocabSize : Probability(context[1..], next);
        var followers = Numbers(context);
        var total = followers.Sum();
        return total == 0 ? shorter
            : (Math.Max(followers[next] - discount, 0) + discount * followers.Count(n => n > 0) * shorter) / total;
    }

    // For each token, how often it follows the context; or, if longer contexts are asked first, after how many different
    // tokens it does, where the beginnings of texts are all different.
    double[] Numbers(int[] context)
    {
        var numbers = new double[tokenizer.VocabSize];
        var seen = new HashSet<(int, int)>();
        foreach (var tokens in texts)
        {
            for (var i = isRunning ? 0 : 1; i < tokens.Length; i++)
            {
                var start = i - context.Length;
                if (start >= 0 && tokens.AsSpan(start..i).SequenceEqual(context)
                    && (context.Length == order - 1 || start == 0 || seen.Add((tokens[start - 1], tokens[i]))))
                {
                    numbers[tokens[i]]++;
                }
            }
        }
        return numbers;
    }

    int[] Tokens(string text) => isRunning ? tokenizer.Encode(text)[1..^1] : tokenizer.Encode(text);
}
