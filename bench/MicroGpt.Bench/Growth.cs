namespace MicroGpt.Bench;

/// <summary>Models grown from the default in one dimension, on documents that fill the context.</summary>
static class Growth
{
    public static (string Name, (double Factor, Workload Workload)[] Works)[] Series { get; } =
    [
        ("nEmbd", [.. new[] { 16, 32, 64, 128, 256 }.Select(n => (n / 16.0, Of(27, new() { NEmbd = n })))]),
        ("nLayer", [.. new[] { 1, 2, 3, 4 }.Select(n => ((double)n, Of(27, new() { NLayer = n })))]),
        ("blockSize", [.. new[] { 8, 16, 32, 64, 128, 256 }.Select(n => (n / 16.0, Of(27, new() { BlockSize = n })))]),
        ("vocabulary", [.. new[] { 27, 64, 256, 1024 }.Select(n => (n / 27.0, Of(n, new())))]),
    ];

    static Workload Of(int vocabSize, TrainingOptions options) =>
        new("growth", "", Workload.Full(vocabSize, options.BlockSize), options with { LearningRate = 0.001 });
}
