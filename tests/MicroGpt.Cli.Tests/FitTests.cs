namespace MicroGpt.Cli.Tests;

/// <summary>train --fit, whose trials and plan depend on the machine, and --epochs.</summary>
public sealed class FitTests : IDisposable
{
    const string Journal = "a.fit.jsonl";

    readonly Command microgpt = new();
    readonly string[] names = [.. File.ReadLines(Path.Join(Golden.Root, "data", "names.txt"))];

    public FitTests() => Write(40);

    public void Dispose() => microgpt.Dispose();

    void Write(int count) => microgpt.Write("names.txt", string.Join('\n', names.Take(count)) + '\n');

    // A run with the options of a model and nothing else.
    static string[] PlainRun(TrainingOptions options, string path) =>
    [
        "train", "names.txt", "--out", path,
        .. TrainingOption.All.Where(option => option.Of(options) != option.Standard)
            .SelectMany(option => new[] { option.Flag, option.Of(options) }),
    ];

    // A fit whose trials are done and whose run is planned, as the command leaves it when it is killed at that moment.
    void WriteJournal(TrainingOptions plan) => microgpt.Write(Journal, $$"""
        {"corpus_sha256":"{{Corpus.Load(microgpt.At("names.txt")).Sha256}}"}
        {"trial":{{Json(plan)}},"tenths":10,"loss":2.5,"seconds":0.1,"seconds_per_step":0.001}
        {"plan":{{Json(plan)}}}

        """);

    static string Json(TrainingOptions options) => "{" + string.Join(',', TrainingOption.All
        .Where(option => option.Of(options) != option.Standard)
        .Select(option => $"\"{option.Key}\":\"{option.Of(options)}\"")) + "}";

    [Fact]
    public void It_shows_its_trials_its_plan_and_what_it_knows_by_heart()
    {
        var result = microgpt.Run("train", "names.txt", "--fit", "2s", "--out", "a.safetensors", "--samples", "2");
        Assert.Equal(0, result.ExitCode);
        Assert.Matches("""
            ^trials, measured on [0-9a-z -]+ tenths?:
            layers  n-embd  epochs  weight decay    loss
            ( +\d+ +\d+ +[\d.]+ +[\d.]+ +\d\.\d+
            )+plan: \d layers?, n-embd \d+, [\d.]+ epochs, weight decay [\d.]+
            loss on held-out documents: \d\.\d+.*; n-grams: \d\.\d+

            num docs: 40
            vocab size: \d+
            (.*
            )+saved to a.safetensors
            sample  1: .*
            sample  2: .*
            of 1,000 samples, \d+ are documents that it learned from
            $
            """.ReplaceLineEndings("\n"), result.Output);
        Assert.False(File.Exists(microgpt.At(Journal)));
        var options = Gpt.Load(microgpt.At("a.safetensors")).Provenance.Options;
        microgpt.Run(PlainRun(options, "b.safetensors"));
        Assert.Equal(File.ReadAllBytes(microgpt.At("a.safetensors")), File.ReadAllBytes(microgpt.At("b.safetensors")));
    }

    [Fact]
    public void Quiet_prints_only_samples()
    {
        var result = microgpt.Run("train", "names.txt", "--fit", "1s", "--samples", "3", "--quiet");
        Assert.Equal((0, 3), (result.ExitCode, result.Output.Count(c => c == '\n')));
    }

    [Fact]
    public void Killed_in_a_trial_it_continues_with_the_next()
    {
        Write(500);
        string[] Fit(string time) => ["train", "names.txt", "--fit", time, "--out", "a.safetensors"];
        var process = microgpt.Start(Fit("100s"));
        for (var i = 0; i < 3; i++)
        {
            process.StandardOutput.ReadLine(); // two lines of heading, then a trial
        }
        Command.Send(process, Command.Kill);
        process.WaitForExit();
        process.Dispose();
        var before = File.ReadAllLines(microgpt.At(Journal));
        Assert.True(before.Length >= 2);
        microgpt.Run(Fit("5s")).Fails(1, "--fit: a.fit.jsonl has an unfinished fit", "add --resume to continue it");
        File.AppendAllText(microgpt.At(Journal), "{\"trial\":{\"num_st"); // as if killed while it was written
        var resumed = microgpt.Run([.. Fit("5s"), "--resume"]);
        Assert.Equal(0, resumed.ExitCode);
        Assert.Contains("plan: ", resumed.Output);
        Assert.False(File.Exists(microgpt.At(Journal)));
        Assert.Equal(Precision.Float32, Gpt.Load(microgpt.At("a.safetensors")).Provenance.Options.Precision);
    }

    [Theory]
    [InlineData(Command.HangUp, 129)]
    [InlineData(Command.Interrupt, 130)]
    [InlineData(Command.Quit, 131)]
    [InlineData(Command.Terminate, 143)]
    public void A_signal_in_a_trial_ends_it_and_says_how_to_go_on(int signal, int code)
    {
        Write(500);
        var process = microgpt.Start("train", "names.txt", "--fit", "1h", "--out", "a.safetensors");
        var lines = new List<string?>();
        while (lines.Count < 3)
        {
            lines.Add(process.StandardOutput.ReadLine());
        }
        Command.Send(process, signal);
        var result = Command.Finish(process);
        Assert.Equal(code, result.ExitCode);
        Assert.Equal("to continue: microgpt train names.txt --fit 1h --out a.safetensors --resume\n", result.Error);
        Assert.Matches("stopped after \\d+ trials?; kept in a.fit.jsonl\n$", result.Output);
        Assert.False(File.Exists(microgpt.At("a.safetensors")));
    }

    [Fact]
    public void Interrupted_in_its_run_it_continues_to_the_same_bits()
    {
        var plan = new TrainingOptions
        {
            Steps = 2000,
            NEmbd = 64,
            BatchSize = 16,
            Precision = Precision.Float32,
            WeightDecay = 0.5,
        };
        WriteJournal(plan);
        string[] fit = ["train", "names.txt", "--fit", "1s", "--out", "a.safetensors", "--resume"];
        using var log = new LogPipe(microgpt.At("log"));
        var process = microgpt.Start([.. fit, "--log", "log"]);
        log.Pass();
        microgpt.SendUntilHeard(process, Command.Interrupt); // while it stands still
        log.PassAll();
        Assert.Equal(130, Command.Finish(process).ExitCode);
        Assert.True(File.Exists(microgpt.At(Journal)));
        microgpt.Run(fit[..^1]).Fails(1, "has an unfinished fit");
        Assert.Equal(0, microgpt.Run(fit).ExitCode);
        microgpt.Run(PlainRun(plan, "b.safetensors"));
        Assert.Equal(File.ReadAllBytes(microgpt.At("b.safetensors")), File.ReadAllBytes(microgpt.At("a.safetensors")));
        Assert.False(File.Exists(microgpt.At(Journal)));
    }

    [Fact]
    public void A_planned_run_replaces_an_earlier_model_and_not_the_other_way_round()
    {
        microgpt.Run("train", "names.txt", "--steps", "5", "--out", "a.safetensors", "--quiet");
        WriteJournal(new() { Steps = 7, Precision = Precision.Float32 });
        var result = microgpt.Run(
            "train", "names.txt", "--fit", "1s", "--out", "a.safetensors", "--resume", "--samples", "0");
        result.Noted("a.safetensors has the model of another run, 5 steps; this run replaces it");
        Assert.DoesNotContain("resumed", result.Output);
        Assert.Equal(7, Gpt.Load(microgpt.At("a.safetensors")).Provenance.Steps);
    }

    [Fact]
    public void What_a_crash_left_of_a_finished_fit_is_no_obstacle()
    {
        var plan = new TrainingOptions { Steps = 7, Precision = Precision.Float32 };
        microgpt.Run(PlainRun(plan, "a.safetensors"));
        WriteJournal(plan);
        var result = microgpt.Run("train", "names.txt", "--fit", "1s", "--out", "a.safetensors", "--samples", "0");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("trials, measured on", result.Output);
    }

    [Fact]
    public void A_fit_of_other_documents_or_with_another_seed_is_not_continued()
    {
        WriteJournal(new() { Steps = 7, Precision = Precision.Float32 });
        microgpt.Run("train", "names.txt", "--fit", "1s", "--out", "a.safetensors", "--resume", "--seed", "1")
            .Fails(2, "--resume: the run in a.fit.jsonl has --seed 42, not 1");
        Write(41);
        microgpt.Run("train", "names.txt", "--fit", "1s", "--out", "a.safetensors", "--resume")
            .Fails(1, "--resume: the fit in a.fit.jsonl was of other documents than names.txt");
    }

    [Theory]
    [InlineData("hello\n", 1)]
    [InlineData("{\"corpus_sha256\":\"x\"}\n[]\n", 2)]
    [InlineData("{\"corpus_sha256\":\"x\"}\n{\"trial\":{\"n_embd\":\"-1\"},\"tenths\":1,\"loss\":1,\"seconds\":1}\n", 2)]
    [InlineData("{\"corpus_sha256\":\"x\"}\n"
        + "{\"trial\":{\"n_embd\":\"16\"},\"tenths\":1,\"loss\":1,\"seconds\":1e300}\n", 2)]
    [InlineData("{\"corpus_sha256\":\"x\"}\n{\"plan\":{\"n_embd\":\"17\"}}\n", 2)]
    [InlineData("{\"corpus_sha256\":\"x\"}\n{\"plan\":{\"n_emd\":\"16\"}}\n", 2)]
    public void A_file_that_no_fit_wrote_is_refused(string text, int line)
    {
        microgpt.Write(Journal, text);
        microgpt.Run("train", "names.txt", "--fit", "1s", "--out", "a.safetensors", "--resume")
            .Fails(1, $"--fit: a.fit.jsonl: line {line} is not a line of a fit");
        Assert.Equal(text, File.ReadAllText(microgpt.At(Journal)));
    }

    [Theory]
    [InlineData("30", "--fit 30: must be a number of seconds, minutes or hours, such as 30s, 10m or 1.5h")]
    [InlineData("m", "--fit m: must be a number")]
    [InlineData("-5s", "--fit -5s: must be a number")]
    [InlineData("nans", "--fit nans: must be a number")]
    [InlineData("0.5s", "--fit 0.5s: must be 1s or more")]
    [InlineData("1001h", "--fit 1001h: must be 1,000h or less")]
    public void A_time_must_be_one(string time, string complaint) =>
        microgpt.Run("train", "names.txt", "--fit", time).Fails(2, complaint);

    [Theory]
    [InlineData("--steps", "5")]
    [InlineData("--n-embd", "32")]
    [InlineData("--precision", "f32")]
    [InlineData("--epochs", "3")]
    public void It_finds_the_other_options_itself(string option, string value) =>
        microgpt.Run("train", "names.txt", "--fit", "1s", option, value)
            .Fails(2, $"--fit: finds {option} itself, so leave that out");

    [Fact]
    public void It_needs_ten_documents()
    {
        Write(9);
        microgpt.Run("train", "names.txt", "--fit", "1s")
            .Fails(2, "--fit: names.txt has 9 documents to train on; to hold out a tenth takes at least 10");
        Write(11);
        microgpt.Run("train", "names.txt", "--fit", "1s", "--val", "0.2").Fails(2, "has 9 documents to train on");
        Assert.False(File.Exists(microgpt.At("model.fit.jsonl")));
    }

    [Fact]
    public void Ten_documents_and_running_text_can_be_fitted()
    {
        Write(10);
        Assert.Equal(0, microgpt.Run("train", "names.txt", "--fit", "1s", "--seed", "7").ExitCode);
        Assert.Equal(7, Gpt.Load(microgpt.At("model.safetensors")).Provenance.Options.Seed);
        microgpt.Write("text.txt", EndlessProse.Text(5000, 1));
        var result = microgpt.Run(
            "train", "text.txt", "--documents", "chunks", "--fit", "1s", "--val", "0.1", "--out", "t.safetensors");
        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("of 1,000 samples", result.Output);
        Assert.Equal(64, Gpt.Load(microgpt.At("t.safetensors")).Config.BlockSize);
    }

    [Fact]
    public void Epochs_are_steps()
    {
        string[] options = ["train", "names.txt", "--batch-size", "3", "--quiet", "--samples", "0", "--val", "0.1"];
        microgpt.Run([.. options, "--steps", "24", "--out", "a.safetensors"]); // 2 x 36 / 3
        microgpt.Run([.. options, "--epochs", "2", "--out", "b.safetensors"]);
        Assert.Equal(File.ReadAllBytes(microgpt.At("a.safetensors")), File.ReadAllBytes(microgpt.At("b.safetensors")));
        microgpt.Run([.. options, "--epochs", "2", "--out", "b.safetensors", "--resume"]);
        microgpt.Run([.. options, "--epochs", "3", "--out", "b.safetensors", "--resume"])
            .Fails(2, "--resume: the run in b.safetensors has --steps 24, not 36 (--epochs 3)");
        microgpt.Run([.. options, "--epochs", "2", "--steps", "24"])
            .Fails(2, "--epochs and --steps both say how long to train: give one of them");
        microgpt.Run("train", "names.txt", "--epochs", "2000000000")
            .Fails(2, "--epochs 2000000000: would take 80,000,000,000 steps, more than 2,147,483,647");
        microgpt.Run("train", "names.txt", "--epochs", "1", "--warmup", "50")
            .Fails(2, "--warmup 50 must be less than --steps 40");
    }
}
