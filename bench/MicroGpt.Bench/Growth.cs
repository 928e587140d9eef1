namespace MicroGpt.Bench;

/// <summary>Models that grow from the default one in one direction.</summary>
static class Growth
{
    public static (string Name, (double Factor, GptConfig Config)[] Models)[] Series { get; } =
    [
        ("nEmbd", [.. new[] { 16, 32, 64, 128, 256 }.Select(n => (n / 16.0, new GptConfig(27, NEmbd: n)))]),
        ("nLayer", [.. new[] { 1, 2, 3, 4 }.Select(n => ((double)n, new GptConfig(27, NLayer: n)))]),
        ("blockSize", [.. new[] { 8, 16, 32, 64, 128, 256 }.Select(n => (n / 16.0, new GptConfig(27, BlockSize: n)))]),
        ("vocabulary", [.. new[] { 27, 64, 256, 1024 }.Select(n => (n / 27.0, new GptConfig(n)))]),
    ];

    /// <summary>Random documents that fill the context.</summary>
    public static int[][] Documents(GptConfig config)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, 50).Select(_ =>
            Enumerable.Range(0, config.BlockSize + 1).Select(_ => random.Next(config.VocabSize)).ToArray())];
    }
}
