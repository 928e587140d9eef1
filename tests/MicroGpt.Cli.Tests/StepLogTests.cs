namespace MicroGpt.Cli.Tests;

/// <summary>A log that a resumed run finds, as it was left or as others changed it.</summary>
public sealed class StepLogTests : IDisposable
{
    static readonly string[] train =
        ["train", "names.txt", "--steps", "40", "--out", "a.safetensors", "--log", "a.jsonl", "--samples", "0"];

    readonly Command microgpt = new();
    readonly string whole; // the log of a run that never stopped

    public StepLogTests()
    {
        microgpt.Write("names.txt", "anna\nhanna\nnana\nanan\nhannah\nahna\n");
        microgpt.Run(train).Good();
        whole = File.ReadAllText(microgpt.At("a.jsonl"));
        var trainer = new Trainer(Corpus.Load(microgpt.At("names.txt")), new TrainingOptions { Steps = 40 });
        Assert.Equal(17, trainer.Run().Take(17).Count());
        trainer.Save(microgpt.At("stopped.safetensors"));
        Stop();
    }

    public void Dispose() => microgpt.Dispose();

    // Brings back the run as it was after step 17.
    void Stop() => File.Copy(microgpt.At("stopped.safetensors"), microgpt.At("a.safetensors"), overwrite: true);

    string Lines(int first, int last, string text) =>
        string.Concat(whole.Split('\n')[(first - 1)..last].Select(line => line + '\n')) + text;

    string Resumed(string log)
    {
        Stop();
        microgpt.Write("a.jsonl", log);
        microgpt.Run([.. train, "--resume"]).Good();
        return File.ReadAllText(microgpt.At("a.jsonl"));
    }

    [Fact]
    public void Line_ends_of_Windows_stay_and_no_line_is_lost()
    {
        var windows = whole.Replace("\n", "\r\n");
        Assert.Equal(windows, Resumed(windows));
        Assert.Equal(windows, Resumed(Lines(1, 17, "").Replace("\n", "\r\n")));
        Assert.Equal(windows, Resumed(Lines(1, 23, "{\"step\":24,\"lo").Replace("\n", "\r\n")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"step\":18,\"loss\":2.1")] // torn: killed in the middle of a line
    [InlineData("{\"st")]
    [InlineData("\0\0\0\0")] // a crash of the machine
    [InlineData("\n\n")] // an editor
    public void What_follows_the_last_whole_line_goes(string rest) => Assert.Equal(whole, Resumed(Lines(1, 17, rest)));

    [Fact]
    public void A_last_line_that_lost_its_end_is_a_line() => Assert.Equal(whole, Resumed(Lines(1, 17, "")[..^1]));

    [Theory]
    [InlineData(9, "garbage", "line 10 is not the next step of a run")]
    [InlineData(9, "\0\0\0{\"step\":10,\"loss\":1,\"lr\":1}", "line 10 is not the next step")]
    [InlineData(9, "{\"step\":3,\"loss\":1,\"lr\":1}", "line 10 is not the next step")]
    [InlineData(9, "{\"step\":10,\"loss\":1,", "line 10 is not the next step")]
    [InlineData(20, "notes of mine", "line 21 is not the next step")] // beyond the step that was saved
    [InlineData(0, "notes of mine", "exists, but is not a training log")]
    public void What_is_not_ours_is_never_cut_away(int before, string line, string sentence)
    {
        foreach (var end in new[] { "\n", "\r\n" })
        {
            var log = (Lines(1, before, line + "\n") + Lines(before + 1, 40, "")).Replace("\n", end);
            microgpt.Write("a.jsonl", log);
            microgpt.Run([.. train, "--resume"]).Fails(1, $"--log a.jsonl: {sentence}");
            Assert.Equal(log, File.ReadAllText(microgpt.At("a.jsonl")));
        }
    }

    [Fact]
    public void A_gap_gets_a_word()
    {
        microgpt.Write("a.jsonl", Lines(1, 12, ""));
        microgpt.Run([.. train, "--resume", "--quiet"]).Noted("a.jsonl lacks steps 13 to 17");
        Assert.Equal(Lines(1, 12, Lines(18, 40, "")), File.ReadAllText(microgpt.At("a.jsonl")));
    }

    [Fact]
    public void A_gap_in_the_middle_gets_a_word()
    {
        var log = Lines(1, 4, Lines(9, 11, Lines(14, 17, "")));
        microgpt.Write("a.jsonl", log);
        microgpt.Run([.. train, "--resume", "--quiet"]).Noted("a.jsonl lacks steps 5 to 8, which");
        Assert.Equal(log + Lines(18, 40, ""), File.ReadAllText(microgpt.At("a.jsonl")));
        Stop();
        microgpt.Write("a.jsonl", Lines(2, 17, ""));
        microgpt.Run([.. train, "--resume", "--quiet"]).Noted("a.jsonl lacks step 1, which");
    }

    [Fact]
    public void A_missing_log_gets_a_word()
    {
        File.Delete(microgpt.At("a.jsonl"));
        microgpt.Run([.. train, "--resume", "--quiet"]).Noted("a.jsonl lacks steps 1 to 17");
    }

    [Fact]
    public void A_finished_log_does_not_begin_anew_without_a_word()
    {
        File.Delete(microgpt.At("a.safetensors"));
        microgpt.Run([.. train, "--quiet"]).Noted("a.jsonl has the log of another run, 40 steps; this run replaces it");
        Assert.Equal(whole, File.ReadAllText(microgpt.At("a.jsonl")));
    }
}
