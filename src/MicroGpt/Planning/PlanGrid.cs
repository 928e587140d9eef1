using System.Globalization;

namespace MicroGpt;

/// <summary>The plans that a search may try for a corpus: sizes by epochs by weight decay.</summary>
/// <remarks>
/// Weight decay keeps a model from learning a short list by heart. A parameter forgets its past within 1 / (learning rate
/// · weight decay) steps; a plan's memory is that time in epochs, so it means the same for every size and list.
/// docs/models.md has the measurements.
/// </remarks>
sealed class PlanGrid
{
    const int LongestBlock = 256; // attention to more characters would take most of the time

    // Predictions: in a step. Epochs, Memory: in the middle of the grid.
    readonly record struct Size(int NLayer, int NEmbd, Optimizer Optimizer, double LearningRate, int Predictions,
        double Epochs, double Memory);

    // Doublings of the epochs and of the memory in the middle.
    readonly record struct Point(int Size, int Epochs, int Memory);

    static readonly Size[] sizes =
    [
        new(1, 16, Optimizer.Adam, 0.01, 30, 20, 1.5),
        new(1, 32, Optimizer.Adam, 0.01, 60, 20, 1.5),
        new(2, 48, Optimizer.Muon, 0.008, 100, 10, 2),
        new(2, 64, Optimizer.Muon, 0.008, 200, 6, 2.7),
        new(4, 64, Optimizer.Muon, 0.008, 1000, 6, 2.7),
        new(4, 96, Optimizer.Muon, 0.008, 1500, 6, 2.7),
        new(4, 128, Optimizer.Muon, 0.008, 2000, 8, 2.7),
        new(6, 160, Optimizer.Muon, 0.006, 3000, 8, 2.7),
        new(6, 192, Optimizer.Muon, 0.006, 4000, 8, 2.7),
    ];

    readonly int documents, blockSize;
    readonly bool isChunks;
    readonly long seed;

    public PlanGrid(Corpus corpus, long seed)
    {
        (documents, this.seed) = (corpus.Count, seed);
        isChunks = corpus.Reading.Unit == DocumentUnit.Chunk;
        var end = isChunks ? 0 : 1; // predicted too, unless the text goes on
        var lengths = corpus.Select(document => document.EnumerateRunes().Count() + end).ToArray();
        blockSize = Math.Min(lengths.Max(), LongestBlock);
        Predictions = lengths.Sum(length => (long)Math.Min(length, blockSize));
    }

    /// <summary>How many characters there are to predict, with the ends of documents.</summary>
    public long Predictions { get; }

    /// <summary>The plan that suits the length of the text, if there is time enough.</summary>
    public TrainingOptions Whole() => Whole(Predictions switch
    {
        < 1_000 => 0,
        < 2_000 => 1,
        < 6_000 => 2,
        < 25_000 => 3,
        < 60_000 => 4,
        < 150_000 => 5,
        < 500_000 => 6,
        _ => 8,
    });

    /// <summary>The same for a model of this size.</summary>
    public TrainingOptions Whole(TrainingOptions options) => Whole(Of(options).Size);

    /// <summary>The same for the next smaller size; null if there is none.</summary>
    public TrainingOptions? Smaller(TrainingOptions options) => Of(options).Size is > 0 and var i ? Whole(i - 1) : null;

    /// <summary>Plans that differ from this one in one respect.</summary>
    public IEnumerable<TrainingOptions> Neighbours(TrainingOptions options)
    {
        var (size, epochs, memory) = Of(options);
        Point[] points =
        [
            new(size, epochs, memory - 1), new(size, epochs, memory + 1), new(size + 1, epochs, memory),
            new(size, epochs + 1, memory), new(size - 1, epochs, memory), new(size, epochs - 1, memory),
        ];
        return points.Where(point => point.Size >= 0 && point.Size < sizes.Length).Select(At);
    }

    /// <summary>The epochs of a plan.</summary>
    public double EpochsOf(TrainingOptions options) => (double)options.Steps * options.BatchSize / documents;

    /// <summary>How often a run sees each document, or has a prediction for each of its parameters: the larger.</summary>
    public double Passes(TrainingOptions options) => EpochsOf(options)
        * Math.Max(1, Predictions / (12.0 * options.NLayer * options.NEmbd * options.NEmbd));

    /// <summary>How long a step takes compared with others, about.</summary>
    public double Work(TrainingOptions options)
    {
        var rows = (double)Predictions / documents * options.BatchSize;
        return options.NLayer * options.NEmbd * (options.NEmbd + 32.0) * (rows + 4);
    }

    TrainingOptions Whole(int size) => At(new(size, 0, 0));

    TrainingOptions At(Point point)
    {
        var size = sizes[point.Size];
        var batch = (int)Math.Clamp(Math.Round(size.Predictions * (double)documents / Predictions), 1, documents);
        var stepsPerEpoch = (double)documents / batch;
        var epochs = size.Epochs * Math.Pow(2, point.Epochs);
        var decay = 1 / (size.LearningRate * size.Memory * Math.Pow(2, point.Memory) * stepsPerEpoch);
        return new()
        {
            Steps = (int)Math.Clamp(Math.Round(epochs * stepsPerEpoch), 1, int.MaxValue),
            NLayer = size.NLayer,
            NEmbd = size.NEmbd,
            BlockSize = blockSize,
            LearningRate = size.LearningRate,
            BatchSize = batch,
            Seed = seed,
            Precision = Precision.Float32,
            Optimizer = size.Optimizer,
            LossAverage = LossAverage.Tokens,
            ChunkStarts = isChunks ? ChunkStarts.Moving : ChunkStarts.Fixed,
            WeightDecay = Math.Min(TwoDigits(decay), 0.5 / size.LearningRate),
        };
    }

    Point Of(TrainingOptions options)
    {
        var index = Array.FindIndex(sizes, size => (size.NLayer, size.NEmbd) == (options.NLayer, options.NEmbd));
        var size = sizes[index];
        var memory = options.BatchSize / (options.LearningRate * options.WeightDecay * documents);
        return new(index, Doublings(EpochsOf(options) / size.Epochs), Doublings(memory / size.Memory));

        static int Doublings(double ratio) => (int)Math.Round(Math.Log2(ratio));
    }

    static double TwoDigits(double value) => double.Parse(
        value.ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
