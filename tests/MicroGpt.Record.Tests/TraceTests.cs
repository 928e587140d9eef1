namespace MicroGpt.Record.Tests;

public class TraceTests
{
    static readonly string[] texts = ["forrest", "a", "", "zzzzzzzzzzzzzzzzzzzzzz", "marianne"];

    [Fact]
    public void The_trace_of_a_step_has_its_loss_and_its_gradient()
    {
        var random = new Random(3);
        foreach (var run in new[] { Runs.Standard, Runs.Small })
        {
            for (var i = 0; i < 20; i++)
            {
                var step = random.Next(1, run.Steps + 1);
                var trace = run.Trace(step - 1, run.Document(step));
                Bits.Equal(run.Loss(step), trace.Loss, $"the loss of step {step}");
                Bits.Equal(run.Model(0).Parameters, run.State(step, Channel.Gradient), trace.Gradient, $"step {step}");
                Assert.Equal(run.Tokens(step), trace.Tokens);
            }
        }
    }

    [Fact]
    public void Attention_adds_up_to_one_and_surprises_to_the_loss()
    {
        foreach (var (run, text) in new[] { (Runs.Standard, "forrest"), (Runs.Small, "abcabcabc"), (Runs.Small, "") })
        {
            var trace = run.Trace(run.Steps, text);
            double sum = 0;
            for (var p = 0; p < trace.Positions; p++)
            {
                sum += trace.Surprise(p);
                for (var layer = 0; layer < run.Config.NLayer; layer++)
                {
                    var weights = trace.Values(Activation.Weight, layer, p);
                    Assert.Equal(run.Config.NHead * (p + 1), weights.Length);
                    for (var h = 0; h < run.Config.NHead; h++)
                    {
                        double total = 0;
                        foreach (var weight in weights.Slice(h * (p + 1), p + 1))
                        {
                            Assert.InRange(weight, 0, 1);
                            total += weight;
                        }
                        Assert.Equal(1, total, 1e-14);
                    }
                }
            }
            Bits.Equal(trace.Loss, 1.0 / trace.Positions * sum, "the mean of the surprises");
        }
    }

    [Fact]
    public void The_last_readout_is_the_prediction()
    {
        foreach (var run in new[] { Runs.Standard, Runs.Small })
        {
            var model = run.Model(run.Steps);
            var trace = run.Trace(run.Steps, "abba");
            for (var p = 0; p < trace.Positions; p++)
            {
                var readouts = Readout.Of(model, trace, p);
                Assert.Equal(1 + 2 * run.Config.NLayer, readouts.Count);
                Assert.All(readouts, readout => Assert.Equal(1, readout.Probabilities.Sum(), 1e-14));
                for (var i = 0; i < run.Config.VocabSize; i++)
                {
                    var expected = trace.Values(Activation.Probability, 0, p)[i];
                    Bits.Equal(expected, readouts[^1].Probabilities[i], $"token {i}");
                }
            }
        }
    }

    [Fact]
    public void Cutting_nothing_changes_nothing_and_cutting_a_head_equals_clearing_its_columns()
    {
        var run = Runs.Standard;
        foreach (var text in texts)
        {
            var nothing = run.Cut(1000, text);
            Assert.Equal(nothing.Before, nothing.After);
            Assert.Equal(0, nothing.Cost);
            var trace = run.Trace(1000, text);
            Assert.Equal(Enumerable.Range(0, trace.Positions).Select(trace.Surprise), nothing.Before);

            var without = run.Model(1000);
            for (var row = 0; row < 16; row++)
            {
                without.Parameters["layer0.attn_wo"].Slice(row * 16 + 8, 4).Clear();
            }
            var cut = run.Cut(1000, text, new AttentionCut(Head: 2));
            var score = without.Score(text);
            Assert.Equal(score.Predictions.Select(letter => -Libm.Log(letter.Probability)), cut.After, (a, b) =>
                Math.Abs(a - b) < 1e-12);
        }
    }

    [Fact]
    public void A_single_cut_touches_only_later_letters()
    {
        var run = Runs.Standard;
        var cut = run.Cut(1000, "marianne", new AttentionCut(Layer: 0, Head: 1, Query: 4, Key: 2));
        Assert.Equal(cut.Before.Take(4), cut.After.Take(4));
        Assert.NotEqual(cut.Before[4], cut.After[4]);
        Assert.Equal(cut.Before.Skip(5), cut.After.Skip(5)); // one layer: nobody reads what position 4 became
    }

    [Fact]
    public void Numeric_gradients_agree_with_the_chain_rule()
    {
        foreach (var (run, step, text) in new[]
            { (Runs.Standard, 0, "forrest"), (Runs.Standard, 1000, "marianne"), (Runs.Small, 30, "abcab") })
        {
            var check = run.Check(step, text);
            check.Finish();
            Assert.Equal(run.Config.ParameterCount, check.Measured);
            Bits.Equal(run.Trace(step, text).Loss, check.Loss, "the loss");
            var kinks = Enumerable.Range(0, check.Measured).Count(check.IsAtKink);
            Assert.InRange(kinks, 0, check.Measured / 50);
            for (var i = 0; i < check.Measured; i++)
            {
                Assert.True(check.IsAtKink(i) || check.RelativeError(i) < 1e-5,
                    $"{run.AddressOf(i)} at step {step}: {check.Numeric[i]} measured, not {check.Analytic[i]}");
            }
        }
    }

    [Fact]
    public void A_check_of_a_cut_run_agrees_too()
    {
        var run = Runs.Small.WhatIf(new Edit.WithoutHead(1, 2));
        run.Finish();
        var check = run.Check(40, "abcab");
        check.Finish();
        for (var i = 0; i < check.Measured; i++)
        {
            Assert.True(check.IsAtKink(i) || check.RelativeError(i) < 1e-5, $"{run.AddressOf(i)}");
        }
    }
}
