using System.Globalization;

namespace MicroGpt.Cli.Tests;

/// <summary>A megabyte of running text and a model two hundred times the size of the default one.</summary>
public sealed class RunningTextTests : IDisposable
{
    static readonly string[] large =
    [
        "--documents", "chunks", "--precision", "f32", "--n-layer", "4", "--n-embd", "128", "--block-size", "64",
        "--batch-size", "12", "--learning-rate", "0.002",
    ];

    readonly Command microgpt = new();

    public void Dispose() => microgpt.Dispose();

    [Fact]
    public void A_megabyte_of_running_text_is_learned_better_than_by_counting()
    {
        microgpt.Write("text.txt", EndlessProse.Text(1_000_000, seed: 1));
        microgpt.Write("new.txt", EndlessProse.Text(20_000, seed: 2));
        var trained = microgpt.Run(["train", "text.txt", .. large, "--steps", "250", "--warmup", "20",
            "--schedule", "cosine", "--clip", "1", "--weight-decay", "0.1", "--val", "0.02", "--val-every", "100",
            "--samples", "2"]);
        trained.Good();
        Assert.StartsWith("num docs: 15625\n", trained.Output, StringComparison.Ordinal);
        Assert.Contains("\nstep  250 /  250 | loss ", trained.Output, StringComparison.Ordinal);

        var lines = trained.Output.Split('\n');
        var looks = lines.Where(line => line.StartsWith("validation loss ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, looks.Length); // after steps 100 and 200
        Assert.Contains(lines, line => line.StartsWith("best at step 200, validation ", StringComparison.Ordinal)
            && line.EndsWith(": model.best.safetensors", StringComparison.Ordinal));
        Assert.Contains("200 of 250 steps, learning rate 0.002, batch size 12, seed 42, precision f32, schedule cosine, "
            + "warmup 20, clip 1, weight-decay 0.1\n",
            microgpt.Run("info", "model.best.safetensors").Output, StringComparison.Ordinal);

        var evaluation = microgpt.Run("eval", "model.safetensors", "new.txt"); // in chunks, as the model's text
        Assert.Equal((0, ""), (evaluation.ExitCode, evaluation.Error));
        var (model, bigram) = (Loss("model"), Loss("bigram counts"));
        Assert.True(model < bigram, $"{model} is not below {bigram}");
        Assert.Contains("better than bigrams counted on this file", evaluation.Output, StringComparison.Ordinal);
        var sample = microgpt.Run("sample", "model.safetensors", "-n", "3", "--seed", "1", "--prompt", "The old ");
        Assert.StartsWith("The old ", sample.Output, StringComparison.Ordinal);

        double Loss(string what) => double.Parse(
            evaluation.Output.Split('\n').Single(line => line.StartsWith(what, StringComparison.Ordinal))[16..]
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[0],
            CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Interrupted_and_killed_it_ends_with_the_same_bits()
    {
        microgpt.Write("text.txt", EndlessProse.Text(100_000, seed: 1));
        string[] run = ["train", "text.txt", .. large, "--steps", "60", "--samples", "1", "--save-every", "0.1"];
        var whole = microgpt.Run([.. run, "--out", "whole.safetensors", "--log", "whole.jsonl"]);
        Assert.Equal((0, ""), (whole.ExitCode, whole.Error));

        string[] cut = [.. run, "--out", "cut.safetensors", "--log", "cut.jsonl", "--resume", "--threads", "1"];
        using (var process = microgpt.Start(cut))
        {
            Command.WaitForStep(process);
            Command.Send(process, Command.Interrupt);
            var stopped = Command.Finish(process);
            Assert.Equal(130, stopped.ExitCode);
            Assert.Contains("saved to cut.safetensors", stopped.Output, StringComparison.Ordinal);
        }
        using (var process = microgpt.Start(cut))
        {
            Command.WaitForStep(process);
            process.Kill();
            process.WaitForExit();
        }
        var last = microgpt.Run(cut);
        Assert.Equal(0, last.ExitCode);
        Assert.Equal(File.ReadAllText(microgpt.At("whole.jsonl")), File.ReadAllText(microgpt.At("cut.jsonl")));
        Assert.Equal(
            File.ReadAllBytes(microgpt.At("whole.safetensors")), File.ReadAllBytes(microgpt.At("cut.safetensors")));
    }

    [Fact]
    public void A_run_resumed_with_other_options_is_refused()
    {
        microgpt.Write("text.txt", "one\ntwo\n\nthree\nfour\n");
        microgpt.Run("train", "text.txt", "--precision", "f32", "--steps", "3", "--samples", "0");
        foreach (var (option, value, sentence) in new[]
        {
            ("--precision", "f64", "has --precision f32, not f64"),
            ("--schedule", "cosine", "has --schedule linear, not cosine"),
            ("--warmup", "1", "has --warmup 0, not 1"),
            ("--clip", "1", "has --clip 0, not 1"),
            ("--weight-decay", "0.5", "has --weight-decay 0, not 0.5"),
            ("--documents", "paragraphs", "was trained on other documents"),
        })
        {
            string[] precision = option == "--precision" ? [] : ["--precision", "f32"];
            var result = microgpt.Run(["train", "text.txt", "--steps", "3", .. precision, option, value, "--resume"]);
            Assert.Contains(sentence, result.Error, StringComparison.Ordinal);
            Assert.Equal(option == "--documents" ? 1 : 2, result.ExitCode);
        }
    }

    [Fact]
    public void The_best_model_replaces_nothing_that_could_not_be_made_again()
    {
        microgpt.Write("a.txt", "anna\nbob\nclara\ndora\nemil\nfay\ngus\nhal\n");
        microgpt.Write("b.txt", "zoë\nyann\nxeno\nwalt\n");
        string[] run = ["train", "a.txt", "--steps", "40", "--val", "0.25", "--val-every", "10", "--samples", "1"];
        microgpt.Run([.. run, "--log", "model.best.safetensors"]).Fails(2, "--val-every", "which is --log");
        File.Copy(microgpt.At("a.txt"), microgpt.At("t.best.txt"));
        microgpt.Run("train", "t.best.txt", "--out", "t.txt", "--val", "0.25", "--val-every", "10")
            .Fails(2, "which is FILE itself");
        Directory.CreateDirectory(microgpt.At("f.best.safetensors"));
        microgpt.Run([.. run, "--out", "f.safetensors"]).Fails(1, "f.best.safetensors: is a folder");
        microgpt.Write("n.best.safetensors", "notes");
        microgpt.Run([.. run, "--out", "n.safetensors"])
            .Fails(1, "--val-every: n.best.safetensors: exists, but is not a valid model");

        // An unfinished run, however small, is no model to replace.
        new Trainer(Corpus.Load(microgpt.At("b.txt")), new TrainingOptions { Steps = 9 })
            .Save(microgpt.At("u.best.safetensors"));
        microgpt.Run([.. run, "--out", "u.safetensors"])
            .Fails(1, "--val-every: u.best.safetensors: has an unfinished run");

        // A model of another run is replaced with a word, and is no bar for this one.
        microgpt.Run("train", "b.txt", "--steps", "5", "--out", "m.best.safetensors", "--samples", "0");
        var run1 = microgpt.Run([.. run, "--out", "m.safetensors"]);
        Assert.Contains("m.best.safetensors has the model of another run", run1.Error);
        Assert.Contains(": m.best.safetensors\n", run1.Output);
        var again = microgpt.Run([.. run, "--out", "m.safetensors", "--resume"]);
        Assert.DoesNotContain("another run", again.Error);
        Assert.Equal(run1.Lines.Single(line => line.StartsWith("best at ")), again.Lines.Single(
            line => line.StartsWith("best at ")));

        // What was never looked at, is not told as kept.
        microgpt.Run("train", "a.txt", "--steps", "40", "--val", "0.25", "--samples", "0", "--out", "r.safetensors");
        var late = microgpt.Run([.. run, "--out", "r.safetensors", "--resume"]);
        Assert.Equal(0, late.ExitCode);
        Assert.DoesNotContain("best at", late.Output);
        Assert.False(File.Exists(microgpt.At("r.best.safetensors")));
    }

    [Theory]
    [InlineData("--precision f16", "--precision f16: must be f64 or f32")]
    [InlineData("--threads 2", "--threads 2: only --precision f32 uses more than one")]
    [InlineData("--threads 0 --precision f32", "--threads 0: must be from 1 to 1024")]
    [InlineData("--threads 5000000 --precision f32", "--threads 5000000: ")]
    [InlineData("--weight-decay 300", "would shrink every parameter to 0 in one step")]
    [InlineData("--batch-size 200000000", "--batch-size 200000000")]
    [InlineData("--precision f32 --n-head 16 --block-size 40000 --batch-size 1", "--block-size 40000")]
    [InlineData("--out -", "--out -: a model is saved to a file")]
    [InlineData("--val-every 5", "--val-every 5: there is nothing to validate on without --val")]
    [InlineData("--chunk-starts moving", "--chunk-starts moving: there are no chunks without --documents chunks")]
    [InlineData("--optimizer muon", "--optimizer muon needs --precision f32")]
    [InlineData("--average tokens", "--average tokens needs --precision f32")]
    [InlineData("--val-every 0 --val 0.1", "--val-every 0: must be 1 or more")]
    [InlineData("--warmup 1000", "--warmup 1000 must be less than --steps 1000")]
    [InlineData("--documents words", "--documents words: must be lines or paragraphs or chunks")]
    [InlineData("--clip -1", "--clip -1: must be 0 or more, and finite")]
    [InlineData("--weight-decay nan", "--weight-decay nan: must be 0 or more, and finite")]
    [InlineData("--schedule", "--schedule: needs a value")]
    [InlineData("--precision f32 --batch-size 100000000 --block-size 100000000", "of memory")]
    public void What_can_not_be_is_refused(string options, string sentence)
    {
        var result = microgpt.Run(["train", .. options.Split(' ')]);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(sentence, result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(microgpt.At("model.safetensors")));
    }
}
