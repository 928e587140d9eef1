namespace MicroGpt.Record;

/// <summary>
/// The losses, in nats per letter, of predicting documents without a model, by counting the letters of those very
/// documents. The end of a document counts as a letter.
/// </summary>
public sealed class Baselines
{
    const int Boundary = -1; // both ends of each document

    internal Baselines(IEnumerable<string> documents, GptConfig config)
    {
        var (letters, pairs, lasts) = (new Dictionary<int, int>(), new Dictionary<(int, int Next), int>(),
            new Dictionary<int, int>());
        foreach (var document in documents)
        {
            var last = Boundary;
            foreach (var next in document.EnumerateRunes().Select(letter => letter.Value).Append(Boundary)
                .Take(config.BlockSize))
            {
                letters[next] = letters.GetValueOrDefault(next) + 1;
                pairs[(last, next)] = pairs.GetValueOrDefault((last, next)) + 1;
                lasts[last] = lasts.GetValueOrDefault(last) + 1;
                last = next;
            }
        }
        double total = letters.Values.Sum();
        BlindGuess = Math.Log(config.VocabSize);
        LetterCounts = -letters.Values.Sum(n => n * Math.Log(n / total)) / total;
        LetterPairs = -pairs.Sum(pair => pair.Value * Math.Log((double)pair.Value / lasts[pair.Key.Item1])) / total;
    }

    /// <summary>All letters are equally likely: log(vocabSize).</summary>
    public double BlindGuess { get; }

    /// <summary>Each letter is as likely as it is frequent: -Σ p · log p.</summary>
    public double LetterCounts { get; }

    /// <summary>Each letter is as likely as it is frequent after the letter before: -Σ p(a, b) · log p(b | a).</summary>
    public double LetterPairs { get; }
}
