namespace MicroGpt.Tests;

/// <summary>
/// The batch engine against the exact engine, within what float32 can cost, and against itself, to the last bit, for
/// every vector path and number of threads.
/// </summary>
public class FloatEngineTests
{
    // Widths, heads and vocabularies that no vector divides; documents of one position, and longer than the context.
    static readonly (GptConfig Config, int[] Lengths)[] chosen =
    [
        (new(27), [2]),
        (new(27), [2, 3, 8, 9, 10, 17, 18, 40]),
        (new(27), [.. Enumerable.Range(0, 33).Select(i => 2 + i % 17)]),
        (new(27, NLayer: 2, NEmbd: 24, BlockSize: 8, NHead: 3), [2, 9, 12]),
        (new(5, NLayer: 3, NEmbd: 7, BlockSize: 5, NHead: 7), [2, 4, 9]),
        (new(2, NEmbd: 1, BlockSize: 4, NHead: 1), [2, 5, 6]),
        (new(1, NEmbd: 3, BlockSize: 3, NHead: 1), [2, 4]),
        (new(13, NEmbd: 32, BlockSize: 33, NHead: 32), [33, 34, 35]),
        (new(13, NEmbd: 20, BlockSize: 1, NHead: 1), [2, 3, 2, 5]),
        (new(1500, NEmbd: 6, BlockSize: 9, NHead: 2), [4, 11]),
        (new(65, NLayer: 2, NEmbd: 64, BlockSize: 64, NHead: 4), [65, 65, 30, 66]),
    ];

    static readonly int[] threadCounts = [1, 2, 3];

    // The runner's own work may hold all threads that the pool begins with, and then no worker would come.
    static FloatEngineTests() => ThreadPool.SetMinThreads(16, 16);

    public static TheoryData<int> Paths => [.. VectorWidth.Supported];

    [Fact]
    public void Chosen_shapes()
    {
        foreach (var (config, lengths) in chosen)
        {
            Check(config, lengths, seed: 1);
        }
    }

    [Fact]
    public void Random_shapes()
    {
        var random = new Random(2026);
        for (var i = 0; i < 40; i++)
        {
            var (heads, headDim) = (random.Next(1, 5), random.Next(1, 9));
            var config = new GptConfig(random.Next(2, 40), random.Next(1, 4), heads * headDim, random.Next(1, 36), heads);
            Check(config, [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(2, 40))], seed: i);
        }
    }

    // Two batches, so that what the first leaves in memory would show in the second.
    static void Check(GptConfig config, int[] lengths, int seed)
    {
        var random = new Random(seed);
        var parameters = Parameters.Random(config, new(seed));
        var rounded = Array.ConvertAll(parameters.Values, value => (float)value);
        Array.ConvertAll(rounded, value => (double)value).CopyTo(parameters.Values, 0);
        var engines = (
            from width in VectorWidth.Supported
            from threads in threadCounts
            select (Name: $"{width} lanes, {threads} threads",
                Engine: new FloatEngine(config, lengths.Length, threads, width))).ToArray();
        foreach (var batch in new[] { lengths, lengths.Reverse().Take(1 + lengths.Length / 2).ToArray() })
        {
            var documents = batch
                .Select(length => Enumerable.Range(0, length).Select(_ => random.Next(config.VocabSize)).ToArray())
                .ToArray();
            var tokens = documents.SelectMany(document => document).ToArray();
            var first = new float[rounded.Length];
            var loss = engines[0].Engine.Backward(rounded, tokens, batch, first);
            Near(parameters, documents, engines[0].Engine.DocumentLosses, first);
            Assert.Equal(engines[0].Engine.DocumentLosses.ToArray().Average(), loss, 1e-12);
            foreach (var (name, engine) in engines)
            {
                var other = new float[rounded.Length];
                Array.Fill(other, float.NaN);
                Assert.Equal(loss, engine.Backward(rounded, tokens, batch, other));
                Assert.Equal(loss, engine.Loss(rounded, tokens, batch));
                Bits.Equal(parameters, Array.ConvertAll(first, g => (double)g), Array.ConvertAll(other, g => (double)g),
                    $"{config}, {name}: gradient of");
            }
        }
    }

    // The exact engine's losses and gradients, within the bounds that an analysis of each operation gives.
    static void Near(Parameters parameters, int[][] documents, ReadOnlySpan<double> foundLosses, float[] found)
    {
        var exact = new ExactEngine(parameters);
        var (gradient, one) = (new double[found.Length], new double[found.Length]);
        var (lossBounds, bounds) = NoisyModel.Backward(parameters, documents);
        foreach (var (document, tokens) in documents.Index())
        {
            var loss = exact.Backward(tokens, one);
            Assert.Equal(loss, lossBounds[document].Value, 1e-9);
            Assert.Equal(loss, foundLosses[document], lossBounds[document].Error + 1e-12);
            gradient = [.. gradient.Zip(one, (sum, g) => sum + g / documents.Length)];
        }
        foreach (var tensor in parameters.Tensors)
        {
            for (var i = tensor.Offset; i < tensor.Offset + tensor.Length; i++)
            {
                var (bound, error) = (bounds[i], Math.Abs(found[i] - gradient[i]));
                var isAboutTheSame = Math.Abs(gradient[i] - bound.Value) <= 1e-12 + 1e-9 * Math.Abs(gradient[i]);
                if (!(error <= bound.Error) || !isAboutTheSame)
                {
                    var (row, column) = Math.DivRem(i - tensor.Offset, tensor.Columns);
                    Assert.Fail($"{parameters.Config}, documents of {string.Join(' ', documents.Select(d => d.Length))}: "
                        + $"{tensor.Name} row {row}, column {column}: "
                        + $"expected {gradient[i]:R} to within {bound.Error:E2}, "
                        + $"was {found[i]:R} (the bound is one for {bound.Value:R})");
                }
            }
        }
    }

    // The loss of every step of the default run. How far the two drift apart is not bounded by theory: where a number
    // that a ReLU sees is nearly 0, they may part for good. On this run they do not.
    [Theory]
    [InlineData("shipped-names-default")]
    [InlineData("names-default")]
    public void A_thousand_steps_stay_with_the_exact_engine(string name)
    {
        var golden = Golden.Load(name);
        var corpus = Corpus.Load(golden.DataPath());
        var trainer = new Trainer(corpus, golden.Options() with { Precision = Precision.Float32 });
        foreach (var (step, expected) in trainer.Run().Zip(golden.Losses))
        {
            if (!(Math.Abs(step.Loss - expected) <= 1e-4))
            {
                Assert.Fail($"{name}, step {step.Step}: expected {expected:R}, was {step.Loss:R}");
            }
        }
        Assert.Equal(golden.Steps, trainer.Steps);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_step_allocates_nothing(int width)
    {
        var config = new GptConfig(27);
        var parameters = Array.ConvertAll(Parameters.Random(config, new(42)).Values, value => (float)value);
        var gradient = new float[parameters.Length];
        var engine = new FloatEngine(config, 2, 1, width);
        var adam = new FloatAdam(engine.Crew, parameters.Length, 0, width);
        int[] tokens = [26, 4, 12, 12, 0, 26, 26, 0, 26], lengths = [6, 3];
        for (var step = 0; step < 3; step++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            engine.Backward(parameters, tokens, lengths, gradient);
            adam.Update(parameters, gradient, step, 0.01);
            if (step > 0)
            {
                Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            }
        }
    }

    [Fact]
    public void What_no_engine_can_read_is_refused()
    {
        var config = new GptConfig(27, BlockSize: 2);
        var engine = new FloatEngine(config, 2, 1);
        var parameters = new float[config.ParameterCount];
        Refused("0 documents", [], []);
        Refused("at least two tokens", [26, 0], [1, 1]);
        Refused("token 27", [26, 27], [2]);
        Refused("token -1", [-1, 26], [2]);
        Refused("add up to 2", [26, 0, 26], [2]);
        Refused("add up to 2147483652", [26, 0, 26, 0], [int.MaxValue, 5]);
        Refused("3 documents", [26, 0, 26, 0, 26, 0], [2, 2, 2]);
        Assert.Throws<ArgumentException>(() => engine.Loss(new float[7], [26, 26], [2]));
        Assert.Throws<ArgumentException>(() => engine.Backward(parameters, [26, 26], [2], new float[7]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FloatEngine(config, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FloatEngine(config, 1, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FloatEngine(config, 2, 5_000_000));
        Assert.Throws<ArgumentException>(() => new FloatEngine(config, int.MaxValue, 2));
        Assert.Throws<ArgumentException>(() => new FloatEngine(new(27, BlockSize: 1 << 20), 1 << 30, 1));

        void Refused(string why, int[] tokens, int[] lengths) => Assert.Contains(why,
            Assert.Throws<ArgumentException>(() => engine.Loss(parameters, tokens, lengths)).Message);
    }
}
