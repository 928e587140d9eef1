namespace MicroGpt.Bench;

/// <summary>Models grown from the default in one dimension, on documents that fill the context.</summary>
static class Growth
{
    public static (string Name, (double Factor, Work Work)[] Works)[] Series { get; } =
    [
        ("nEmbd", [.. new[] { 16, 32, 64, 128, 256 }.Select(n => (n / 16.0, Work(27, new() { NEmbd = n })))]),
        ("nLayer", [.. new[] { 1, 2, 3, 4 }.Select(n => ((double)n, Work(27, new() { NLayer = n })))]),
        ("blockSize", [.. new[] { 8, 16, 32, 64, 128, 256 }.Select(n => (n / 16.0, Work(27, new() { BlockSize = n })))]),
        ("vocabulary", [.. new[] { 27, 64, 256, 1024 }.Select(n => (n / 27.0, Work(n, new())))]),
    ];

    static Work Work(int vocabSize, TrainingOptions options) =>
        new("growth", "", Bench.Work.Full(vocabSize, options.BlockSize), options with { LearningRate = 0.001 });
}
