namespace MicroGpt.Tests;

/// <summary>
/// The engine, the decoder and Adam against the graph, to the last bit, on every path this machine can run.
/// </summary>
public class ExactEngineTests
{
    // (vocab, layers, width, block, heads, document lengths): widths that no vector divides, one head and many, deep
    // models, documents longer than the context, documents without a character.
    static readonly (GptConfig Config, int[] Lengths)[] chosen =
    [
        (new(27), [2, 3, 8, 9, 10, 17, 18, 40]),
        (new(27, NLayer: 2, NEmbd: 24, BlockSize: 8, NHead: 3), [2, 9, 12]),
        (new(5, NLayer: 3, NEmbd: 7, BlockSize: 5, NHead: 7), [2, 4, 9]),
        (new(2, NEmbd: 1, BlockSize: 4, NHead: 1), [2, 5, 6]),
        (new(1, NEmbd: 3, BlockSize: 3, NHead: 1), [2, 4]),
        (new(40, NLayer: 2, NEmbd: 9, BlockSize: 20, NHead: 3), [2, 19, 21, 30]),
        (new(13, NEmbd: 32, BlockSize: 33, NHead: 32), [33, 34, 35]),
        (new(13, NEmbd: 20, BlockSize: 1, NHead: 1), [2, 3]),
        (new(1500, NEmbd: 6, BlockSize: 9, NHead: 2), [4, 11]),
        (new(8, NEmbd: 64, BlockSize: 12, NHead: 4), [9, 13]),
    ];

    public static TheoryData<string> Paths => Engines.Vectors;

    [Theory]
    [MemberData(nameof(Paths))]
    public void Chosen_shapes(string vector)
    {
        foreach (var (config, lengths) in chosen)
        {
            Check(config, lengths, VectorWidths.Named(vector), seed: 1);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Random_shapes(string vector)
    {
        var random = new Random(2026);
        for (var i = 0; i < 60; i++)
        {
            var (heads, headDim) = (random.Next(1, 6), random.Next(1, 7));
            var config = new GptConfig(random.Next(2, 60), random.Next(1, 4), heads * headDim, random.Next(1, 20), heads);
            int[] lengths = [random.Next(2, 24), random.Next(2, 24), random.Next(2, 24)];
            Check(config, lengths, VectorWidths.Named(vector), seed: i);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_vocabulary_of_64k(string vector) =>
        Check(new(65536, NEmbd: 2, BlockSize: 2, NHead: 1), [3], VectorWidths.Named(vector), seed: 64);

    // Trains on a few documents, every number compared after every step.
    static void Check(GptConfig config, int[] lengths, VectorWidth width, int seed)
    {
        var parameters = Parameters.Random(config, new(seed));
        var twin = new Parameters(config);
        parameters.Values.CopyTo(twin.Values, 0);
        var random = new Random(seed);
        var (engine, moments) = (new ExactEngine(parameters, new(), width: width), Moments.Zero(twin.Values.Length));
        var (adam, decoder) = (new ExactAdam(moments, width), new Decoder(parameters, width));
        var gradient = new double[twin.Values.Length];
        var (m, v) = (new double[twin.Values.Length], new double[twin.Values.Length]);
        for (var step = 0; step < lengths.Length; step++)
        {
            var tokens = Enumerable.Range(0, lengths[step]).Select(_ => random.Next(config.VocabSize)).ToArray();
            var where = $"{config}, {width}, step {step}, {tokens.Length} tokens";
            var (loss, expected) = Graph.Backward(twin, tokens);
            gradient.AsSpan().Fill(double.NaN);
            Bits.Equal(loss, engine.Loss(tokens), $"{where}: loss");
            Bits.Equal(loss, engine.Backward(tokens, gradient), $"{where}: loss");
            Bits.Equal(twin, expected, gradient, $"{where}: gradient of");

            decoder.Reset();
            var read = tokens[..Math.Min(config.BlockSize, tokens.Length)];
            var logits = Graph.Logits(twin, read);
            for (var i = 0; i < read.Length; i++)
            {
                var found = decoder.Next(read[i]);
                for (var token = 0; token < config.VocabSize; token++)
                {
                    Bits.Equal(logits[i][token], found[token], $"{where}: logit {token} at position {i}");
                }
            }

            adam.Update(parameters.Values, gradient, step, 0.05);
            for (var i = 0; i < m.Length; i++)
            {
                m[i] = 0.85 * m[i] + (1 - 0.85) * expected[i];
                v[i] = 0.99 * v[i] + (1 - 0.99) * Libm.Pow(expected[i], 2);
                var mean = m[i] / (1 - Libm.Pow(0.85, step + 1));
                var square = v[i] / (1 - Libm.Pow(0.99, step + 1));
                twin.Values[i] -= 0.05 * mean / (Libm.Pow(square, 0.5) + 1e-8);
            }
            Bits.Equal(twin, m, moments.M, $"{where}: m of");
            Bits.Equal(twin, v, moments.V, $"{where}: v of");
            Bits.Equal(twin, twin.Values, parameters.Values, $"{where}: parameter");
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_step_allocates_nothing(string vector)
    {
        var parameters = Parameters.Random(new(27), new(42));
        var engine = new ExactEngine(parameters, new(), width: VectorWidths.Named(vector));
        var decoder = new Decoder(parameters, VectorWidths.Named(vector));
        var batch = Engines.Batch(parameters.Config, [26, 4, 12, 12, 0, 26]);
        for (var step = 0; step < 4; step++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            engine.Backward(batch);
            engine.Update(step, 0.01);
            decoder.Reset();
            decoder.Next(26);
            if (step > 0)
            {
                Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            }
        }
    }

    [Fact]
    public void A_path_is_chosen_by_name_and_the_widest_without_one()
    {
        Assert.Equal(VectorWidths.Supported[0], VectorWidths.Named(null));
        Assert.Equal(VectorWidths.Supported.Max(), VectorWidths.Named(""));
        Assert.Equal(VectorWidth.Scalar, VectorWidths.Named("scalar"));
        var error = Assert.Throws<PlatformNotSupportedException>(() => VectorWidths.Named("1024"));
        Assert.Contains("scalar", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_no_model_can_read_is_refused()
    {
        var parameters = Parameters.Random(new(27, BlockSize: 2), new(42));
        var engine = new ExactEngine(parameters, new());
        Refused("at least two tokens", () => engine.Loss([26]));
        Refused("token 27", () => engine.Loss([26, 27]));
        Refused("token -1", () => engine.Loss([-1, 26]));
        Refused("0 documents", () => engine.Backward(new TokenBatch(parameters.Config, 1)));
        Refused("BlockSize = 3", () => engine.Backward(Engines.Batch(new(27, BlockSize: 3), [26, 26])));
        Refused("7 gradients", () =>
            new ExactAdam(Moments.Zero(8), VectorWidth.Scalar).Update(new double[8], new double[7], 0, 1));
        var decoder = new Decoder(parameters);
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Next(27));
        decoder.Next(26);
        decoder.Next(26);
        Assert.Throws<InvalidOperationException>(() => decoder.Next(26));
        Assert.Throws<ArgumentException>(() => new GptConfig(27, NEmbd: 15));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GptConfig(0));
        Assert.Throws<ArgumentException>(() => new GptConfig(int.MaxValue, NEmbd: int.MaxValue, NHead: 1));

        static void Refused(string why, Action action) => Assert.Contains(why,
            Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_layout_is_that_of_the_reference()
    {
        var parameters = new Parameters(new(5, NLayer: 2, NEmbd: 4, BlockSize: 3, NHead: 2));
        Assert.Equal(
        [
            "wte 5 4", "wpe 3 4", "lm_head 5 4",
            "layer0.attn_wq 4 4", "layer0.attn_wk 4 4", "layer0.attn_wv 4 4", "layer0.attn_wo 4 4",
            "layer0.mlp_fc1 16 4", "layer0.mlp_fc2 4 16",
            "layer1.attn_wq 4 4", "layer1.attn_wk 4 4", "layer1.attn_wv 4 4", "layer1.attn_wo 4 4",
            "layer1.mlp_fc1 16 4", "layer1.mlp_fc2 4 16",
        ], parameters.Tensors.Select(tensor => $"{tensor.Name} {tensor.Rows} {tensor.Columns}"));
        Assert.Equal(parameters.Config.ParameterCount, parameters.Layout.Length);
        foreach (var (i, tensor) in parameters.Tensors.Index())
        {
            tensor.Values.Fill(i);
            parameters[tensor.Name][0] = 100 + i;
            Assert.Equal([100 + i, i, i, i], tensor[0][..4].ToArray());
        }
        Assert.Equal(parameters.Tensors.SelectMany((tensor, i) =>
            Enumerable.Repeat((double)i, tensor.Length).Select((x, j) => j == 0 ? 100 + x : x)), parameters.Values);
        Assert.Equal(13 * 4 + 4 * 16, parameters.Layout.Layers[0].MlpFc1);
    }
}
