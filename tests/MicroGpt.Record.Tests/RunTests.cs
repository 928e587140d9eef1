namespace MicroGpt.Record.Tests;

public class RunTests
{
    [Fact]
    public void Losses_and_states_have_the_bits_of_the_trainer()
    {
        var run = Runs.Standard;
        var trainer = new Trainer(Runs.Names, new());
        foreach (var step in trainer.Run())
        {
            Bits.Equal(step.Loss, run.Loss(step.Step), $"the loss of step {step.Step}");
            Assert.Equal(step.Document, run.Document(step.Step));
            if (step.Step % 7 == 0 || step.Step == 1)
            {
                var model = trainer.Snapshot();
                Bits.Equal(model.Parameters, model.Parameters.Values, run.State(step.Step, Channel.Value), "value");
                Bits.Equal(model.Parameters, trainer.Gradient(), run.State(step.Step, Channel.Gradient), "gradient");
            }
        }
        Assert.Equal(1000, run.Steps);
        Assert.Null(run.Failure);
        Assert.True(run.IsDone);
        Assert.Equal(trainer.Snapshot().Generate().Take(20), run.Model(1000).Generate().Take(20));
    }

    [Fact]
    public void Losses_are_those_that_Python_printed()
    {
        var golden = Golden.Load("shipped-names-default");
        var losses = golden.Losses;
        for (var step = 1; step <= losses.Length; step++)
        {
            Assert.Equal(losses[step - 1], Runs.Standard.Loss(step), 1e-12);
        }
        Assert.Equal(golden.Samples, Runs.Standard.Model(1000).Generate().Take(20));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Every_state_follows_from_the_one_before_by_Adams_line(bool small)
    {
        var run = small ? Runs.Small : Runs.Standard;
        var random = new Random(1);
        for (var i = 0; i < 300; i++)
        {
            var (step, parameter) = (random.Next(1, run.Steps + 1), random.Next(run.Config.ParameterCount));
            var line = run.Adam(parameter, step);
            var what = $"{run.AddressOf(parameter)} at step {step}";
            Bits.Equal(run.State(step - 1, Channel.Value)[parameter], line.Before, what);
            Bits.Equal(line.Before - line.Term, line.After, what);
            Bits.Equal(run.State(step, Channel.Value)[parameter], line.After, what);
            Bits.Equal(run.State(step, Channel.M)[parameter], line.M, what);
            Bits.Equal(run.State(step, Channel.V)[parameter], line.V, what);
            Bits.Equal(line.After - line.Before, run.State(step, Channel.Movement)[parameter], what);
        }
    }

    [Fact]
    public void History_ends_with_the_state()
    {
        var random = new Random(2);
        foreach (var run in new[] { Runs.Standard, Runs.Small })
        {
            for (var i = 0; i < 50; i++)
            {
                var parameter = random.Next(run.Config.ParameterCount);
                var history = run.History(parameter);
                foreach (var step in new[] { run.Steps, random.Next(1, run.Steps) })
                {
                    var what = $"{run.AddressOf(parameter)} at step {step}";
                    Bits.Equal(run.State(step, Channel.Value)[parameter], history.Values[step], what);
                    Bits.Equal(run.State(step, Channel.Gradient)[parameter], history.Gradients[step], what);
                    Bits.Equal(run.State(step, Channel.M)[parameter], history.M[step], what);
                    Bits.Equal(run.State(step, Channel.V)[parameter], history.V[step], what);
                    Assert.True(history.IsUsed[step] || history.Gradients[step] == 0, what);
                }
            }
        }
    }

    [Fact]
    public void A_dream_is_what_the_command_samples_with_that_seed()
    {
        var run = Runs.Standard;
        foreach (var (step, text) in new[] { (0, "kepcokcnbmcakuag"), (10, "icrco"), (50, "hanas"), (1000, "elia") })
        {
            Assert.Equal(text, run.Dream(step, dice: 7).Text);
        }
        Assert.Equal(run.Corpus.Contains("elia"), run.Dream(1000, dice: 7).IsInData);
    }

    [Fact]
    public void The_dice_of_a_dream_draw_its_letters()
    {
        foreach (var run in new[] { Runs.Standard, Runs.Small })
        {
            for (var dice = 0; dice < 30; dice++)
            {
                var dream = run.Dream(dice, dice, 0.3 + 0.1 * dice);
                var letters = dream.Letters;
                Assert.Equal(dream.Text, string.Concat(letters.Select(letter => letter.Letter?.ToString())));
                Assert.True(letters[^1].Letter == null || letters.Count == run.Config.BlockSize);
                Assert.All(letters, letter => Assert.Equal(1, letter.Probabilities.Sum(), 1e-14));
            }
        }
    }

    [Fact]
    public void What_a_step_did_adds_up()
    {
        var first = Runs.Standard.Step(1);
        Assert.Equal(("forrest", 1), (first.Document, first.Step));
        Assert.Equal([3.4045, -0.4390, -0.4279],
            new[] { first.Loss, first.Promised, first.LossAfter - first.Loss }.Select(x => Math.Round(x, 4)));
        foreach (var step in new[] { 1, 17, 500, 1000 })
        {
            var did = Runs.Standard.Step(step);
            var gradient = Runs.Standard.State(step, Channel.Gradient).ToArray();
            var movement = Runs.Standard.State(step, Channel.Movement).ToArray();
            Assert.Equal(gradient.Zip(movement, (g, d) => g * d).Sum(), did.Promised);
            Assert.Equal(gradient.Count(g => g == 0), did.ZeroGradients);
            Assert.Equal(gradient.Zip(movement).Count(pair => pair is (0, not 0)), did.MovedWithoutGradient);
            var squares = did.Tensors.Sum(tensor => tensor.GradientNorm * tensor.GradientNorm);
            Assert.Equal(gradient.Sum(g => g * g), squares, 1e-12);
            Bits.Equal(Runs.Standard.Trace(step, did.Document).Loss, did.LossAfter, "the loss after");
        }
    }

    [Fact]
    public void The_baselines_are_those_of_counting()
    {
        var baselines = Runs.Standard.Baselines;
        double[] losses = [baselines.BlindGuess, baselines.LetterCounts, baselines.LetterPairs];
        Assert.Equal([3.2958, 2.8395, 2.4060], losses.Select(loss => Math.Round(loss, 4)));
    }
}
