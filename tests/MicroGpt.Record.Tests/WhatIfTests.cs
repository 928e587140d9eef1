using System.Text;

namespace MicroGpt.Record.Tests;

public class WhatIfTests
{
    [Fact]
    public void Without_an_edit_every_bit_is_the_same()
    {
        foreach (var run in new[] { Runs.Standard, Runs.Small })
        {
            var again = Finished(run);
            Assert.Null(run.FirstDifference(again));
            // These change nothing either, but are computed anew from the first step.
            Edit[] idle = [new Edit.Teach(1, run.Document(1)), new Edit.LearningRate(run.Options.LearningRate),
                new Edit.Weight(0, 5, run.State(0, Channel.Value)[5])];
            again = Finished(run, idle);
            Assert.Equal(run.Steps, again.Steps);
            Assert.Null(run.FirstDifference(again));
            for (var step = 1; step <= run.Steps; step++)
            {
                Bits.Equal(run.Loss(step), again.Loss(step), $"the loss of step {step}");
                Assert.Equal(run.LearningRate(step), again.LearningRate(step));
                Assert.Equal(run.State(step, Channel.Gradient), again.State(step, Channel.Gradient));
            }
        }
    }

    [Fact]
    public void Other_options_are_what_the_trainer_makes_of_them()
    {
        var run = Runs.Small;
        Edit[] edits = [new Edit.Seed(-9), new Edit.LearningRate(0.03), new Edit.Steps(47)];
        var changed = Finished(run, edits);
        var plain = Runs.Finished(run.Corpus, run.Options with { Seed = -9, LearningRate = 0.03, Steps = 47 });
        Assert.Equal(47, changed.Steps);
        Assert.Null(changed.FirstDifference(plain));
        Assert.Equal(plain.Losses, changed.Losses);
        Assert.Equal(plain.Model(47).Generate().Take(5), changed.Model(47).Generate().Take(5));
        Assert.Equal(0, run.FirstDifference(changed));
    }

    [Fact]
    public void A_weight_set_by_hand_differs_from_that_step_on()
    {
        var run = Runs.Standard;
        var random = new Random(4);
        for (var i = 0; i < 3; i++)
        {
            var (step, parameter) = (random.Next(700, 990), random.Next(run.Config.ParameterCount));
            var changed = Finished(run, new Edit.Weight(step, parameter, 0.5));
            Assert.Equal(step, run.FirstDifference(changed));
            Assert.Equal(0.5, changed.State(step, Channel.Value)[parameter]);
            Assert.Equal(run.Losses.Take(step), changed.Losses.Take(step));
            Assert.Equal(run.Steps, changed.Steps);
            AssertAddsUp(changed, parameter);
        }
    }

    [Fact]
    public void A_document_or_letter_left_out_teaches_nothing()
    {
        var run = Runs.Standard;
        foreach (var edit in new Edit[] { new Edit.WithoutDocument(run.Document(800)), new Edit.WithoutLetter(new('q')) })
        {
            var changed = Finished(run, edit);
            for (var step = 1; step <= 1000; step++)
            {
                var isOut = edit is Edit.WithoutLetter
                    ? run.Document(step).Contains('q') : run.Document(step) == run.Document(800);
                Assert.Equal(run.Document(step), changed.Document(step));
                Assert.Equal(isOut, changed.State(step, Channel.Gradient).IndexOfAnyExcept(0) < 0);
            }
            var first = Enumerable.Range(1, 1000).First(step => run.FirstDifference(changed) == step);
            Assert.Equal(changed.State(first, Channel.Gradient).ToArray(), new double[run.Config.ParameterCount]);
        }
    }

    [Fact]
    public void A_step_can_learn_another_name()
    {
        var changed = Finished(Runs.Small, new Edit.Teach(31, "ccc"));
        Assert.Equal("ccc", changed.Document(31));
        Assert.Equal(31, Runs.Small.FirstDifference(changed));
        Bits.Equal(Runs.Small.Trace(30, "ccc").Loss, changed.Loss(31), "the loss of ccc");
    }

    [Fact]
    public void A_run_without_a_head_never_moves_what_only_the_head_uses()
    {
        var changed = Finished(Runs.Small, new Edit.WithoutHead(0, 1));
        var tensor = changed.Tensors.Single(tensor => tensor.Name == "layer0.attn_wq");
        var range = tensor.Offset + 2 * 6; // rows 2 and 3 are head 1's
        Assert.Equal(changed.State(0, Channel.Value).Slice(range, 12), changed.State(60, Channel.Value).Slice(range, 12));
        Assert.NotEqual(changed.State(0, Channel.Value)[tensor.Offset], changed.State(60, Channel.Value)[tensor.Offset]);
        var trace = changed.Trace(60, "abba");
        Assert.Equal(trace.Loss, changed.Model(60).Score("abba").Loss, 1e-14);
    }

    [Fact]
    public void Changes_of_changes_add_up()
    {
        var once = Finished(Runs.Small, new Edit.Teach(20, "ccc"));
        var twice = Finished(once, new Edit.Weight(40, 3, 0.25));
        Assert.Equal(2, twice.Edits.Count);
        Assert.Same(once, twice.Origin);
        Assert.Equal(20, Runs.Small.FirstDifference(twice));
        Assert.Equal(40, once.FirstDifference(twice));
    }

    [Fact]
    public void Every_ledger_adds_up()
    {
        var random = new Random(5);
        foreach (var run in new[] { Runs.Standard, Runs.Small })
        {
            for (var i = 0; i < 20; i++)
            {
                AssertAddsUp(run, random.Next(run.Config.ParameterCount));
            }
        }
        var lmHead = Runs.Standard.Tensors.Single(tensor => tensor.Name == "lm_head");
        var ledger = Runs.Standard.Ledger(lmHead.Offset + 5 * 16 + 9);
        Assert.Equal(-0.1589, ledger.Moved, 1e-4);
        string[] first = ["rufus", "jeffrey", "jeff", "forrest", "effie"];
        Assert.Equal(first, ledger.Entries.Take(5).Select(entry => entry.Document));
    }

    [Fact]
    public void A_run_that_diverges_ends_with_a_sentence_and_its_last_good_step()
    {
        var options = new TrainingOptions { Steps = 60, LearningRate = 1e200, Seed = 7 };
        Corpus corpus = new(["ab", "abba", "ba"]);
        var plain = Runs.Finished(corpus, options);
        var trainer = new Trainer(corpus, options);
        var error = Assert.Throws<TrainingDivergedException>(() => trainer.Run().Count());
        Assert.Equal(error.Message, plain.Failure);
        Assert.Equal(trainer.Steps, plain.Steps);
        Assert.True(plain.IsDone);
        Assert.All(plain.State(plain.Steps, Channel.Value).ToArray(), value => Assert.True(double.IsFinite(value)));

        var changed = Finished(Runs.Finished(corpus, options with { LearningRate = 0.01 }), new Edit.LearningRate(1e200));
        Assert.Equal(plain.Failure, changed.Failure);
        Assert.Equal(plain.Steps, changed.Steps);
        Assert.Null(plain.FirstDifference(changed));
    }

    [Fact]
    public void Impossible_changes_are_refused()
    {
        var run = Runs.Small;
        foreach (var edit in new Edit[]
        {
            new Edit.Weight(61, 0, 1), new Edit.Weight(-1, 0, 1), new Edit.Weight(1, run.Config.ParameterCount, 1),
            new Edit.Weight(1, 1, double.NaN), new Edit.Teach(0, "a"), new Edit.Teach(1, "x"), new Edit.WithoutHead(0, 3),
            new Edit.WithoutHead(2, 0), new Edit.LearningRate(0), new Edit.Steps(0), new Edit.Steps(int.MaxValue),
        })
        {
            Assert.ThrowsAny<ArgumentException>(() => run.WhatIf(edit));
        }
    }

    static Run Finished(Run run, params Edit[] edits)
    {
        var changed = run.WhatIf(edits);
        changed.Finish();
        return changed;
    }

    static void AssertAddsUp(Run run, int parameter)
    {
        var ledger = run.Ledger(parameter);
        var moved = run.State(run.Steps, Channel.Value)[parameter] - run.State(0, Channel.Value)[parameter];
        Assert.Equal(moved, ledger.Moved);
        Assert.Equal(moved, ledger.Entries.Sum(entry => entry.Share) + ledger.SetByHand, 1e-12);
    }
}
