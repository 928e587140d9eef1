namespace MicroGpt.Record.Tests;

public class LongRunTests
{
    static readonly string file = Path.Join(Repository.Root, "data", "long-run.bin");

    [Fact]
    public void The_file_is_what_its_command_makes()
    {
        using var made = new MemoryStream();
        LongRun.Write(made, Runs.Names);
        var (committed, again) = (Read(), LongRun.Read(made.ToArray(), Runs.Names));
        // Other platforms' exp and pow may differ in their last bits, which float32 hides except where it rounds.
        Assert.Equal(committed.MeanLosses, again.MeanLosses, (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(committed.Moments.Select(moment => moment.Step), again.Moments.Select(moment => moment.Step));
        for (var i = 0; i < committed.Moments.Count; i++)
        {
            Assert.Equal(committed.Moments[i].Loss, again.Moments[i].Loss, 1e-9);
            Assert.Equal(committed.Moments[i].LossWithoutAttention, again.Moments[i].LossWithoutAttention, 1e-9);
            Assert.Equal(committed.Model(i).Parameters.Values, again.Model(i).Parameters.Values,
                (a, b) => Math.Abs(a - b) < 1e-6);
        }
    }

    [Fact]
    public void Attention_matters_after_20_000_steps_and_hardly_after_1_000()
    {
        var last = Read().Moments[^1];
        Assert.Equal(20_000, last.Step);
        Assert.Equal(0.177, last.LossWithoutAttention - last.Loss, 1e-3);
        var cost = new CutCost(Runs.Standard.Model(1000), Runs.Names, new AttentionCut());
        cost.Finish();
        Assert.Equal(0.011, cost.LossWithout - cost.Loss, 1e-3);
        Assert.Equal(Runs.Standard.Model(1000).Evaluate(Runs.Names).Loss, cost.Loss, 1e-12);
    }

    [Fact]
    public void Its_models_can_be_probed()
    {
        var run = Read();
        var model = run.Model(run.Moments.Count - 1);
        Assert.True(CutEffect.Of(model, "marianne", new AttentionCut()).Cost > 0.05);
        Assert.NotEmpty(new Dream(model, dice: 7).Text);
        Assert.Equal(model.Score("zoe").Loss, new Probe(model).Trace("zoe").Loss);
    }

    [Fact]
    public void A_damaged_file_is_refused()
    {
        var bytes = File.ReadAllBytes(file);
        foreach (var bad in new[] { [], bytes[..^1], [.. bytes, 0], [.. "lung"u8, .. bytes[4..]], bytes[..19],
            [.. bytes[..12], 0, 0, 0, 0, .. bytes[16..]], [.. bytes[..4], 0xff, 0xff, 0xff, 0xff, .. bytes[8..]] })
        {
            Assert.Throws<InvalidDataException>(() => LongRun.Read(bad, Runs.Names));
        }
        Assert.Throws<InvalidDataException>(() => LongRun.Read(bytes, new(["ab"])));
    }

    static LongRun Read() => LongRun.Read(File.ReadAllBytes(file), Runs.Names);
}
