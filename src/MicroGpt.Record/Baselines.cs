namespace MicroGpt.Record;

/// <summary>
/// The losses, in nats per letter, of predicting documents without a model, by counting the letters of those very
/// documents. The end of a document counts as a letter.
/// </summary>
public sealed class Baselines
{
    internal Baselines(IEnumerable<string> documents, Tokenizer tokenizer, int blockSize)
    {
        var n = tokenizer.VocabSize;
        var (letters, pairs, lasts) = (new int[n], new int[n * n], new int[n]); // the ends count as the letter BOS
        foreach (var document in documents)
        {
            var tokens = tokenizer.Encode(document);
            for (var i = 1; i < Math.Min(tokens.Length, blockSize + 1); i++)
            {
                letters[tokens[i]]++;
                pairs[tokens[i - 1] * n + tokens[i]]++;
                lasts[tokens[i - 1]]++;
            }
        }
        double total = letters.Sum();
        BlindGuess = Libm.Log(n);
        LetterCounts = -letters.Where(count => count > 0).Sum(count => count * Libm.Log(count / total)) / total;
        LetterPairs = -pairs.Index().Where(pair => pair.Item > 0)
            .Sum(pair => pair.Item * Libm.Log((double)pair.Item / lasts[pair.Index / n])) / total;
    }

    /// <summary>All letters are equally likely: log(vocabSize).</summary>
    public double BlindGuess { get; }

    /// <summary>Each letter is as likely as it is frequent: -Σ p · log p.</summary>
    public double LetterCounts { get; }

    /// <summary>Each letter is as likely as it is frequent after the letter before: -Σ p(a, b) · log p(b | a).</summary>
    public double LetterPairs { get; }
}
