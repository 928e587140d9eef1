using Value = Program.Value;

namespace MicroGptFile.Tests;

public class ModelTests
{
    const int vocabSize = 27, nEmbd = 16, blockSize = 16; // of the file as it stands, with 26 letters

    [Fact]
    public void Linear_is_a_row_times_the_vector_for_each_output()
    {
        Value[][] w = [[1, 2, 3], [-1, 0, 0.5]];
        Assert.Equal([14, 0.5], Numbers(Program.Linear([1, 2, 3], w)));
    }

    [Fact]
    public void Linear_hands_the_rows_to_the_input_and_the_input_to_the_rows()
    {
        Value[] x = [1, 2];
        Value[][] w = [[3, 4], [5, 6]];
        var y = Program.Linear(x, w);
        (y[0] * 10 + y[1]).Backward();
        Assert.Equal([35, 46], x.Select(xi => xi.Grad));
        Assert.Equal([10, 20, 1, 2], w.SelectMany(row => row).Select(wi => wi.Grad));
    }

    [Fact]
    public void Softmax_adds_up_to_one_and_keeps_the_order()
    {
        var random = new PythonRandom(5);
        for (var round = 0; round < 100; round++)
        {
            Value[] logits = [.. Enumerable.Range(0, 30).Select(_ => (Value)random.Gauss(0, 10))];
            var probs = Numbers(Program.Softmax(logits));
            Assert.Equal(1, probs.Sum(), 1e-14);
            Assert.All(probs, p => Assert.InRange(p, 0, 1));
            Assert.Equal(
                Enumerable.Range(0, 30).OrderBy(i => logits[i].Data), Enumerable.Range(0, 30).OrderBy(i => probs[i]));
        }
    }

    [Fact]
    public void Softmax_of_equal_logits_is_uniform() =>
        Assert.Equal([0.25, 0.25, 0.25, 0.25], Numbers(Program.Softmax([7, 7, 7, 7])));

    [Fact]
    public void Softmax_survives_logits_that_exp_does_not()
    {
        var probs = Numbers(Program.Softmax([1000, 999, -1000]));
        Assert.Equal(1 / (1 + Math.Exp(-1)), probs[0], 1e-15);
        Assert.Equal(0, probs[2]);
    }

    [Fact]
    public void Rms_norm_divides_by_the_root_of_the_mean_square()
    {
        double[] x = [3, -4, 0, 12];
        var rms = Math.Sqrt((9 + 16 + 0 + 144) / 4.0 + 1e-5);
        var normed = Numbers(Program.RmsNorm([.. x.Select(xi => (Value)xi)]));
        for (var i = 0; i < x.Length; i++) Assert.Equal(x[i] / rms, normed[i], 1e-14);
    }

    [Fact]
    public void Rms_norm_of_zeros_is_zeros() => Assert.Equal([0, 0], Numbers(Program.RmsNorm([0, 0])));

    [Fact]
    public void Parameters_have_the_names_shapes_and_order_of_the_reference()
    {
        var golden = Golden.Load("shipped-names-default").Tensors;
        var stateDict = NewModel();
        Assert.Equal(golden, stateDict.Select(m => (m.Key, m.Value.Length, m.Value[0].Length)));
        Assert.All(stateDict.Values, matrix => Assert.All(matrix, row => Assert.Equal(matrix[0].Length, row.Length)));
    }

    [Fact]
    public void The_cache_grows_by_one_key_and_one_value_per_token_and_keeps_the_earlier_ones()
    {
        var stateDict = NewModel();
        var (keys, values) = (Program.Cache(), Program.Cache());
        Program.Gpt(stateDict, 3, 0, keys, values);
        var (firstKey, firstValue) = (keys[0][0], values[0][0]);
        Program.Gpt(stateDict, 7, 1, keys, values);
        Assert.Equal((2, 2), (keys[0].Count, values[0].Count));
        Assert.Same(firstKey, keys[0][0]);
        Assert.Same(firstValue, values[0][0]);
        Assert.Equal((nEmbd, nEmbd), (keys[0][1].Length, values[0][1].Length));
    }

    [Fact]
    public void A_token_sees_the_past_but_not_the_future()
    {
        var stateDict = NewModel();
        var first = Logits(stateDict, [26, 4, 12, 12, 0]);
        var otherEnd = Logits(stateDict, [26, 4, 12, 12, 9]);
        var otherStart = Logits(stateDict, [26, 5, 12, 12, 0]);
        for (var i = 0; i < 4; i++) Assert.Equal(first[i], otherEnd[i]);
        Assert.Equal(first[0], otherStart[0]);
        for (var i = 1; i < 5; i++) Assert.NotEqual(first[i], otherStart[i]);
    }

    [Fact]
    public void The_same_token_means_something_else_at_another_position()
    {
        var logits = Logits(NewModel(), [5, 5]);
        Assert.NotEqual(logits[0], logits[1]);
    }

    [Fact]
    public void At_the_temperature_of_a_hundredth_only_the_most_probable_token_is_drawn()
    {
        Value[] logits = [0.8, 1.0, 0.7, -3, 0.8];
        var random = new PythonRandom(1);
        var probs = Program.Softmax([.. logits.Select(logit => logit / 0.01)]);
        for (var draw = 0; draw < 10_000; draw++) Assert.Equal(1, random.Choice(Numbers(probs)));
    }

    [Fact]
    public void A_very_cold_model_always_samples_its_greedy_path()
    {
        const string greedy = """
                    var best = "";
                    var (pastKeys, pastValues, next) = (Cache(), Cache(), tokenizer.BOS);
                    for (var i = 0; i < blockSize; i++) {
                        var scores = Gpt(stateDict, next, i, pastKeys, pastValues);
                        next = Array.IndexOf(scores, scores.MaxBy(score => score.Data));
                        if (next == tokenizer.BOS) break;
                        best += tokenizer.Decode(next);
                    }
                    File.WriteAllText("best.txt", best);

            """;
        using var file = new TheFile().With(("numSteps", "300"), ("temperature", "0.0001"))
            .Before("// Inference:", greedy)
            .Input(File.ReadAllBytes(Repository.ShippedNames));
        var samples = file.Run().Text.Split('\n').Where(line => line.StartsWith("sample ", StringComparison.Ordinal));
        var best = File.ReadAllText(Path.Join(file.Folder, "best.txt"));
        Assert.NotEqual("", best);
        Assert.Equal(Enumerable.Repeat(best, 20), samples.Select(line => line.Split(": ")[1]));
    }

    /// <summary>
    /// Every gradient against the central difference (f(p + h) - f(p - h)) / 2h. What may lie between the two:
    ///   the difference's own error, h² / 6 · |f'''|. RMSNorm multiplies a change of an embedding by about
    ///   1 / (0.08 · √2) ≈ 9, so third derivatives are of the order 9³ · |f'| and stay below 1e4: at most 1.7e-9 for
    ///   h = 1e-6;
    ///   the rounding of f, over h. A loss is about 3.3 and comes out of a few hundred roundings in a row, each at most
    ///   2⁻⁵³ of a number of that size, and mostly they cancel: below 64 · 2⁻⁵³ · 3.3 ≈ 2.4e-14, over h 2.4e-8.
    /// Together less than 3e-8. Relative to gradients of 0.1 and more that is 3e-7; smaller ones are compared with 0.1.
    /// </summary>
    [Theory]
    [InlineData("ann", 4)]
    [InlineData("marie", 6)]
    public void Every_gradient_is_the_slope_of_the_loss(string name, int positions)
    {
        const double h = 1e-6, scale = 0.1, bound = 3e-8;
        var stateDict = NewModel();
        Value[] parameters = [.. stateDict.Values.SelectMany(matrix => matrix).SelectMany(row => row)];
        Assert.Equal(4192, parameters.Length);
        int[] tokens = [26, .. name.Select(letter => letter - 'a'), 26];
        Assert.Equal(positions, tokens.Length - 1);

        Loss(stateDict, tokens).Backward();
        var worst = 0.0;
        Parallel.ForEach(
            Enumerable.Range(0, Environment.ProcessorCount),
            worker =>
            {
                // A model of its own for each worker: while one parameter is moved, the others must stand still.
                var copy = NewModel();
                Value[] moved = [.. copy.Values.SelectMany(matrix => matrix).SelectMany(row => row)];
                for (var i = worker; i < moved.Length; i += Environment.ProcessorCount)
                {
                    var p = moved[i].Data;
                    moved[i].Data = p + h;
                    var above = Loss(copy, tokens).Data;
                    moved[i].Data = p - h;
                    var below = Loss(copy, tokens).Data;
                    moved[i].Data = p;
                    var (slope, gradient) = ((above - below) / (2 * h), parameters[i].Grad);
                    var error = Math.Abs(slope - gradient) / Math.Max(scale, Math.Abs(gradient));
                    Assert.True(error <= bound / scale, $"parameter {i}: gradient {gradient:R}, slope {slope:R}");
                    lock (parameters) worst = Math.Max(worst, error);
                }
            });
        Assert.True(worst > 0, "the two ways of computing a gradient should differ in their last digits");
        TestContext.Current.TestOutputHelper?.WriteLine($"largest relative error {worst}");
    }

    static System.Collections.Generic.OrderedDictionary<string, Value[][]> NewModel() =>
        Program.Initialize(vocabSize, new PythonRandom(42));

    static double[][] Logits(System.Collections.Generic.OrderedDictionary<string, Value[][]> stateDict, int[] tokens)
    {
        var (keys, values) = (Program.Cache(), Program.Cache());
        return [.. tokens.Select((token, i) => Numbers(Program.Gpt(stateDict, token, i, keys, values)))];
    }

    static Value Loss(System.Collections.Generic.OrderedDictionary<string, Value[][]> stateDict, int[] tokens)
    {
        var (n, keys, values) = (Math.Min(blockSize, tokens.Length - 1), Program.Cache(), Program.Cache());
        Value sum = 0;
        for (var i = 0; i < n; i++)
            sum += -Program.Softmax(Program.Gpt(stateDict, tokens[i], i, keys, values))[tokens[i + 1]].Log();
        return 1.0 / n * sum;
    }

    static double[] Numbers(Value[] values) => [.. values.Select(value => value.Data)];
}
