namespace MicroGpt.Tests;

public class ProbeTests
{
    static readonly string[] texts = ["abacab", "", "c", "cccccccccccccccccccccccc", "bca"];

    public static TheoryData<string> Vectors => Engines.Vectors;

    [Theory, MemberData(nameof(Vectors))]
    public void Loss_gradient_and_trace_have_the_bits_of_the_graph(string vector)
    {
        var gpt = Trained();
        var probe = new Probe(gpt, VectorWidths.Named(vector));
        foreach (var text in texts)
        {
            var (loss, expected) = Graph.Backward(gpt.Parameters, gpt.Tokenizer.Encode(text)
                .AsSpan(0, Math.Min(text.Length + 2, gpt.Config.BlockSize + 1)));
            var gradient = new double[gpt.Config.ParameterCount];
            Bits.Equal(loss, probe.Loss(text), $"the loss of '{text}'");
            Bits.Equal(loss, probe.Backward(text, gradient), $"the loss of '{text}'");
            Bits.Equal(gpt.Parameters, expected, gradient, $"the gradient of '{text}'");
            var trace = probe.Trace(text);
            Bits.Equal(loss, trace.Loss, $"the loss of '{text}'");
            Bits.Equal(gpt.Parameters, expected, trace.Gradient, $"the gradient of '{text}'");
        }
    }

    [Theory, MemberData(nameof(Vectors))]
    public void Every_activation_is_the_same_on_every_vector_width(string vector)
    {
        var gpt = Trained();
        AttentionCut[][] all = [[], [new(Head: 1)], [new(Layer: 1, Query: 4, Key: 2), new(0, 0)]];
        foreach (var cuts in all)
        {
            foreach (var text in texts)
            {
                var expected = new Probe(gpt, VectorWidth.Scalar) { Cuts = cuts }.Trace(text);
                var actual = new Probe(gpt, VectorWidths.Named(vector)) { Cuts = cuts }.Trace(text);
                foreach (var (what, layer, p) in All(gpt, expected))
                {
                    AssertSame(expected.Values(what, layer, p), actual.Values(what, layer, p), $"{what} {layer} at {p}");
                    AssertSame(
                        expected.Gradients(what, layer, p), actual.Gradients(what, layer, p), $"d{what} {layer} at {p}");
                }
            }
        }
    }

    [Theory, MemberData(nameof(Vectors))]
    public void A_cut_weight_is_zero_and_its_gradient_does_not_reach_the_score(string vector)
    {
        var gpt = Trained();
        var probe = new Probe(gpt, VectorWidths.Named(vector));
        var whole = probe.Trace("abacab");
        probe.Cuts = [new(Layer: 1, Head: 1, Query: 5, Key: 3)];
        var cut = probe.Trace("abacab");
        AssertSame(whole.Values(Activation.Score, 1, 5), cut.Values(Activation.Score, 1, 5), "scores");
        for (var i = 0; i < 12; i++)
        {
            var expected = i == 6 + 3 ? 0 : whole.Values(Activation.Weight, 1, 5)[i];
            Assert.Equal(expected, cut.Values(Activation.Weight, 1, 5)[i]);
        }
        Assert.NotEqual(whole.Loss, cut.Loss);
        probe.Cuts = [new()];
        var none = probe.Trace("abacab");
        foreach (var what in new[] { Activation.Heads, Activation.AttentionOutput })
        {
            Assert.Equal(-1, none.Values(what, 0, 3).IndexOfAnyExcept(0));
        }
        foreach (var what in new[] { Activation.Query, Activation.Key, Activation.Value, Activation.Score })
        {
            Assert.Equal(-1, none.Gradients(what, 1, 3).IndexOfAnyExcept(0));
        }
        probe.Cuts = [];
        Bits.Equal(whole.Loss, probe.Loss("abacab"), "the loss without a cut again");
    }

    [Fact]
    public void A_probe_reads_parameters_as_they_are_now()
    {
        var gpt = Trained();
        var probe = new Probe(gpt);
        var before = probe.Loss("abc");
        gpt.Parameters["lm_head"][3] += 0.5;
        Assert.NotEqual(before, probe.Loss("abc"));
        Assert.Equal(gpt.Score("abc").Loss, probe.Loss("abc"));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var probe = new Probe(Trained());
        Assert.Throws<UnknownCharacterException>(() => probe.Trace("abx"));
        Assert.Throws<ArgumentException>(() => probe.Backward("ab", new double[3]));
        var trace = probe.Trace("ab");
        Assert.Throws<ArgumentOutOfRangeException>(() => trace.Values(Activation.Logit, 2, 0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => trace.Values(Activation.Logit, 0, 3).Length);
    }

    [Fact]
    public void The_trainer_gives_the_gradient_of_its_last_step()
    {
        Corpus corpus = new(["abacab", "cab", "bb"]);
        foreach (var precision in new[] { Precision.Float64, Precision.Float32 })
        {
            var trainer = new Trainer(corpus, new() { Steps = 5, Precision = precision });
            Assert.Throws<InvalidOperationException>(trainer.Gradient);
            foreach (var before in trainer.Run().Take(3).Select(_ => trainer.Snapshot()))
            {
                if (trainer.Steps < 3)
                {
                    continue;
                }
                var gradient = new double[trainer.Config.ParameterCount];
                var step = trainer.Run().First();
                new Probe(before).Backward(step.Document, gradient);
                Assert.Equal(gradient, trainer.Gradient(), (a, b) => precision == Precision.Float64
                    ? Bits.Same(a, b) : Math.Abs(a - b) < 1e-5);
            }
        }
    }

    static Gpt Trained() => Gpt.Train(new(["abacab", "cab", "bb", "cccccccccccccc"]),
        new() { Steps = 20, NLayer = 2, NEmbd = 6, NHead = 2, BlockSize = 11 });

    static IEnumerable<(Activation, int, int)> All(Gpt gpt, Trace trace) =>
        from what in Enum.GetValues<Activation>()
        let layers = what is Activation.Embedding or Activation.Logit or Activation.Probability ? 1 : gpt.Config.NLayer
        from layer in Enumerable.Range(0, layers)
        from position in Enumerable.Range(0, trace.Positions)
        select (what, layer, position);

    static void AssertSame(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(expected[i] == actual[i], $"{what} [{i}]: {Bits.Hex(expected[i])}, not {Bits.Hex(actual[i])}");
        }
    }
}
