namespace MicroGpt.Tests;

/// <summary>
/// The float engine against the exact engine, within what float32 can cost, and against itself, to the last bit, for
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
        (new(9, NEmbd: 128), [.. Enumerable.Range(0, 50).Select(i => 2 + i % 17)]), // more than one round
    ];

    static readonly int[] threadCounts = [1, 2, 3, 64];

    // The runner's own work may hold all threads that the pool begins with, and then no worker would come.
    static FloatEngineTests() => ThreadPool.SetMinThreads(16, 16);

    public static TheoryData<string> Paths => Engines.Vectors;

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
            Check(config, [.. Enumerable.Range(0, random.Next(1, 10)).Select(_ => random.Next(2, 40))], seed: i);
        }
    }

    // Two batches, so that what the first leaves in memory would show in the second.
    static void Check(GptConfig config, int[] lengths, int seed)
    {
        var random = new Random(seed);
        var parameters = Parameters.Random(config, new(seed));
        var rounded = Array.ConvertAll(parameters.Values, value => (float)value);
        Array.ConvertAll(rounded, value => (double)value).CopyTo(parameters.Values, 0);
        var options = new TrainingOptions { Precision = Precision.Float32, BatchSize = lengths.Length };
        var engines = (
            from width in VectorWidths.Supported
            from threads in threadCounts
            select (Name: $"{width}, {threads} threads",
                Engine: new FloatEngine(parameters, options, threads: threads, width: width))).ToArray();
        foreach (var batch in new[] { lengths, lengths.Reverse().Take(1 + lengths.Length / 2).ToArray() })
        {
            var documents = batch
                .Select(length => Enumerable.Range(0, length).Select(_ => random.Next(config.VocabSize)).ToArray())
                .ToArray();
            var tokens = Engines.Batch(config, documents);
            var loss = engines[0].Engine.Backward(tokens);
            var first = engines[0].Engine.Gradient.ToArray();
            var sums = new double[documents.Length];
            engines[0].Engine.NegativeLogLikelihoods(tokens, sums);
            var losses = sums.Index().Select(sum => sum.Item / (tokens.Lengths[sum.Index] - 1)).ToArray();
            Near(parameters, documents, losses, first);
            Assert.Equal(losses.Average(), loss, 1e-12);
            foreach (var (name, engine) in engines)
            {
                Assert.Equal(loss, engine.Backward(tokens));
                var other = new double[sums.Length];
                engine.NegativeLogLikelihoods(tokens, other);
                Assert.Equal(sums, other);
                Bits.Equal(parameters, Array.ConvertAll(first, g => (double)g),
                    Array.ConvertAll(engine.Gradient.ToArray(), g => (double)g), $"{config}, {name}: gradient of");
            }
        }
    }

    // The exact engine's losses and gradients, within the bounds that an analysis of each operation gives.
    static void Near(Parameters parameters, int[][] documents, double[] foundLosses, float[] found)
    {
        var exact = new ExactEngine(parameters, new());
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

    [Fact]
    public void The_mean_over_tokens_gives_each_document_the_weight_of_its_tokens()
    {
        var parameters = Parameters.Random(new(27), new(42));
        int[][] documents = [[26, 4, 12, 12, 0, 26], [26, 0, 26], [26, 26], [26, 1, 2, 3, 4, 5, 6, 7, 8, 9, 26]];
        var total = documents.Sum(document => document.Length - 1);
        var options =
            new TrainingOptions { Precision = Precision.Float32, BatchSize = 4, LossAverage = LossAverage.Tokens };
        var engine = new FloatEngine(parameters, options, threads: 2);
        var loss = engine.Backward(Engines.Batch(parameters.Config, documents));
        var (expected, one) = (new double[parameters.Values.Length], new double[parameters.Values.Length]);
        var expectedLoss = 0.0;
        var exact = new ExactEngine(parameters, new());
        foreach (var document in documents)
        {
            var weight = (document.Length - 1.0) / total;
            expectedLoss += weight * exact.Backward(document, one);
            expected = [.. expected.Zip(one, (sum, g) => sum + weight * g)];
        }
        Assert.Equal(expectedLoss, loss, 1e-6);
        foreach (var (i, gradient) in engine.Gradient.ToArray().Index())
        {
            Assert.True(Math.Abs(expected[i] - gradient) <= 1e-6, $"{i}: expected {expected[i]}, was {gradient}");
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_step_allocates_nothing(string vector)
    {
        var parameters = Parameters.Random(new(27), new(42));
        var engine = new FloatEngine(parameters, new() { BatchSize = 2, Optimizer = Optimizer.Muon }, threads: 1,
            width: VectorWidths.Named(vector));
        var batch = Engines.Batch(parameters.Config, [26, 4, 12, 12, 0, 26], [26, 0, 26]);
        for (var step = 0; step < 4; step++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            engine.Backward(batch);
            engine.Update(step, 0.01);
            if (step > 0)
            {
                Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            }
        }
    }

    [Fact]
    public void What_no_engine_can_read_is_refused()
    {
        var parameters = new Parameters(new(27, BlockSize: 2));
        var engine = new FloatEngine(parameters, new() { BatchSize = 2 }, threads: 1);
        Refused("0 documents", new(parameters.Config, 1));
        Refused("3 documents", Engines.Batch(parameters.Config, [26, 0], [26, 0], [26, 0]));
        Refused("BlockSize = 3", Engines.Batch(new(27, BlockSize: 3), [26, 0, 0, 26]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FloatEngine(parameters, new(), threads: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FloatEngine(parameters, new(), threads: 5_000_000));
        Assert.Throws<ArgumentException>(() => new TokenBatch(parameters.Config, int.MaxValue));
        Assert.False(FloatEngine.Fits(new(27, BlockSize: 1 << 20), 1 << 30, 1));

        void Refused(string why, TokenBatch batch) => Assert.Contains(why,
            Assert.Throws<ArgumentException>(() => engine.Backward(batch)).Message, StringComparison.Ordinal);
    }
}
