using System.Diagnostics;

namespace MicroGpt.Bench;

/// <summary>A training run, timed as an application runs it: by <see cref="Trainer.Run"/>.</summary>
sealed class Workload(string name, string about, Corpus corpus, TrainingOptions options)
{
    readonly Tokenizer tokenizer = new(corpus);

    public string Name { get; } = name;

    public string About { get; } = about;

    public Corpus Corpus { get; } = corpus;

    public TrainingOptions Options { get; } = options;

    public GptConfig Config { get; } = options.ConfigFor(new(corpus));

    /// <summary>Mean predictions per document.</summary>
    public double PositionsPerDocument { get; } =
        corpus.Average(document => (double)Math.Min(options.BlockSize, document.EnumerateRunes().Count() + 1));

    /// <summary>
    /// Fifty random documents that fill the context, and more until every character of the vocabulary occurs.
    /// </summary>
    public static Corpus Full(int vocabSize, int blockSize)
    {
        const int first = '\u4e00'; // the start of a large range of characters
        // With other seeds a ReLU input may be so close to 0 that float32 decides differently, and the check fails.
        var random = new Random(2);
        IEnumerable<int> characters =
        [
            .. Enumerable.Range(0, 50 * blockSize).Select(_ => random.Next(vocabSize - 1)),
            .. Enumerable.Range(0, (vocabSize - 2) / blockSize * blockSize + blockSize).Select(i => i % (vocabSize - 1)),
        ];
        return new([.. characters.Select(i => (char)(first + i)).Chunk(blockSize).Select(text => new string(text))]);
    }

    /// <summary>Microseconds per document of a warm loop, restarted from the beginning of the run.</summary>
    public Spread Measure(int threads, int repeats, Ranks? ranks = null)
    {
        Repeat(3, threads, ranks);
        var steps = Options is { Precision: Precision.Float64, NEmbd: 16, BlockSize: 16 } ? Options.Steps
            : ranks != null ? 10 // the same on all
            : (int)Math.Clamp(0.15e6 / Repeat(3, threads), 2, 5000); // about 0.15 s per repeat
        Repeat(steps, threads, ranks);
        var times = new double[repeats];
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            times[repeat] = Repeat(steps, threads, ranks) / Options.BatchSize;
        }
        return Spread.Of(times);
    }

    /// <summary>The first documents, batched as by the trainer.</summary>
    public TokenBatch Batch(int documents)
    {
        var batch = new TokenBatch(Config, documents);
        foreach (var document in Corpus.Take(documents))
        {
            batch.Add(document, tokenizer);
        }
        return batch;
    }

    // Microseconds per step.
    double Repeat(int steps, int threads, Ranks? ranks = null)
    {
        var trainer = new Trainer(Corpus, Options with { Steps = steps }, tokenizer, threads, ranks);
        var watch = Stopwatch.StartNew();
        foreach (var _ in trainer.Run())
        {
        }
        return watch.Elapsed.TotalMicroseconds / steps;
    }
}
