using System.Text.Json;

namespace MicroGpt.Cli.Tests;

public sealed class TrainTests : IDisposable
{
    readonly Command microgpt = new();

    public void Dispose() => microgpt.Dispose();

    [Theory]
    [InlineData("shipped-names-default")]
    [InlineData("names-default")]
    [InlineData("names-2layer", "--n-layer", "2", "--n-embd", "24", "--n-head", "3", "--block-size", "8",
        "--steps", "60")]
    [InlineData("unicode", "--n-embd", "12", "--n-head", "2", "--steps", "100")]
    public void Losses_parameters_and_samples_are_Pythons(string name, params string[] options)
    {
        var golden = Golden.Load(name);
        var result = microgpt.Run(["train", golden.DataPath(), "--log", "a.jsonl", "--out", "a.safetensors", .. options]);
        Assert.Equal(0, result.ExitCode);

        var log = ReadLog("a.jsonl");
        Assert.Equal(golden.Losses.Length, log.Length);
        for (var i = 0; i < log.Length; i++)
        {
            Assert.Equal(i + 1, log[i].Step);
            Bits.Equal(golden.Losses[i], log[i].Loss, $"loss of step {i + 1}");
            var rate = golden.LearningRate * (1 - (double)i / golden.Steps);
            Bits.Equal(rate, log[i].Rate, $"learning rate of step {i + 1}");
        }
        var gpt = Gpt.Load(microgpt.At("a.safetensors"));
        Assert.Equal(golden.Sha256("final_params_sha256"), Golden.Sha256(gpt.Parameters.Values));
        Assert.Equal(golden.Samples, result.Lines.Where(line => line.StartsWith("sample ", StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..]));
        Assert.Contains($"num docs: {golden.Number("num_docs")}\nvocab size: {golden.Number("vocab_size")}\n"
            + $"num params: {golden.Number("num_params")}\n", result.Output);
        Assert.DoesNotContain('\e', result.Output);
        Assert.Equal(["a.jsonl", "a.safetensors"], Directory.GetFiles(microgpt.Folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void No_file_is_the_built_in_names_and_quiet_prints_the_samples_only()
    {
        var golden = Golden.Load("shipped-names-default");
        var result = microgpt.Run("train", "--quiet").Good();
        Assert.Equal(golden.Samples, result.Lines);
        Assert.Equal(golden.Sha256("final_params_sha256"),
            Golden.Sha256(Gpt.Load(microgpt.At("model.safetensors")).Parameters.Values));
    }

    [Fact]
    public void Stdin_is_a_file_like_any_other()
    {
        const string text = "anna\r\nbob\n\n \ncarl";
        microgpt.Write("three.txt", text);
        string[] options = ["--steps", "5", "--samples", "3", "--quiet"];
        var fromFile = microgpt.Run(["train", "three.txt", "--out", "a.safetensors", .. options]);
        var fromStdin = microgpt.RunWithInput(text, ["train", "-", "--out", "b.safetensors", .. options]);
        Assert.Equal(fromFile.Noted("2 empty lines skipped"), fromStdin);
        Assert.Equal(File.ReadAllBytes(microgpt.At("a.safetensors")), File.ReadAllBytes(microgpt.At("b.safetensors")));
    }

    [Fact]
    public void A_person_is_told_what_is_odd_about_the_data()
    {
        // The third fills the block, the fourth is one character longer.
        microgpt.Write("odd.txt", "\ufeffanna\n\nanna\n   \nannannannannanna\nannannannannannan\nannaž anna\n");
        var result = microgpt.Run("train", "odd.txt", "--steps", "2", "--samples", "0");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("""
            note: odd.txt begins with a byte order mark, which counts as a character, U+FEFF; save it without one
            note: 2 empty lines skipped
            note: 1 document longer than the block, 16 characters: the rest is cut off; --block-size 18 would fit all
            note: 3 characters too rare to learn, with one or two occurrences: ␣ ž U+FEFF

            """.ReplaceLineEndings("\n"), result.Error);
        Assert.DoesNotContain("sample", result.Output);
        var quiet = microgpt.Run(
            "train", "odd.txt", "--steps", "2", "--samples", "0", "--quiet", "--out", "b.safetensors");
        Assert.Equal(("", result.Error), (quiet.Output, quiet.Error)); // progress is silenced, notes are not

        microgpt.Write("novel.txt", string.Concat(Enumerable.Repeat("call me ishmael. ", 100)) + "\nanna");
        Assert.Contains("the longest has 1,699 characters, so break it into lines, or train on it as running text: "
            + "--documents chunks", microgpt.Run(
            "train", "novel.txt", "--steps", "2", "--out", "c.safetensors").Error);
    }

    [Fact]
    public void Plain_lines_stand_in_columns()
    {
        microgpt.Write("names.txt", "anna\nhanna\nnana\nhannah\n");
        var lines = microgpt.Run("train", "names.txt", "--steps", "20000")
            .Noted("passes each document 5,000 times").Lines;
        var steps = lines.Where(line => line.StartsWith("step ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(11, steps.Length);
        Assert.All(steps, line => Assert.Matches("^.{19}[|] loss ", line));
    }

    [Fact]
    public void What_could_not_be_made_again_is_not_replaced()
    {
        microgpt.Write("names.txt", "anna\nhanna\nnana\nhannah\n");
        microgpt.Write("others.txt", "anna\nhanna\nhannah\nnanna\n");
        string[] train = ["train", "names.txt", "--steps", "40", "--out", "a.safetensors", "--log", "a.jsonl"];
        byte[] Model() => File.ReadAllBytes(microgpt.At("a.safetensors"));

        // An unfinished run: it can be gone on with, and its log goes with it.
        var trainer = new Trainer(Corpus.Load(microgpt.At("names.txt")), new TrainingOptions { Steps = 40 });
        Assert.Equal(17, trainer.Run().Take(17).Count());
        trainer.Save(microgpt.At("a.safetensors"));
        var unfinished = Model();
        microgpt.Write("a.jsonl", "{\"step\":1,");
        microgpt.Run(train).Fails(1,
            "--out a.safetensors: has an unfinished run, 17 of 40 steps; add --resume to continue");
        microgpt.Run(["train", "others.txt", .. train[2..]]).Fails(1, "an unfinished run with other data or options");
        microgpt.Run([.. train, "--seed", "1", "--quiet"]).Fails(1, "an unfinished run with other data or options");
        Assert.Equal(unfinished, Model());
        Assert.Equal("{\"step\":1,", File.ReadAllText(microgpt.At("a.jsonl")));

        // A finished one: the same run gives the same bits, another says that it replaces it.
        microgpt.Run([.. train, "--resume"]).Noted("a.jsonl lacks steps 1 to 17");
        Assert.StartsWith("{\"step\":18,", File.ReadAllText(microgpt.At("a.jsonl")));
        var finished = Model();
        Assert.Equal(
            "note: a.jsonl has the log of another run, 40 steps; this run replaces it\n", microgpt.Run(train).Error);
        Assert.Equal(finished, Model());
        Assert.Equal("note: a.safetensors has the model of another run, 40 steps; this run replaces it\n",
            microgpt.Run(["train", "others.txt", .. train[2..^2], "--quiet"]).Error);
        Assert.NotEqual(finished, Model());

        // What is no model, or no log, may be anything. An empty file, such as mktemp makes, is nothing.
        microgpt.Write("poem.txt", "Ein Gedicht");
        microgpt.Run("train", "names.txt", "--out", "poem.txt").Fails(1, "--out poem.txt: exists, but is not a valid");
        microgpt.Run("train", "names.txt", "--log", "poem.txt")
            .Fails(1, "--log poem.txt: exists, but is not a training log");
        Assert.Equal("Ein Gedicht", File.ReadAllText(microgpt.At("poem.txt")));
        microgpt.Write("empty", "");
        microgpt.Run("train", "names.txt", "--steps", "2", "--out", "empty").Good();
        microgpt.Run("train", "names.txt", "--steps", "2", "--log", "/dev/null", "--quiet").Good();
    }

    [Fact]
    public void A_resumed_run_knows_the_lowest_validation_loss_before()
    {
        var all = Corpus.Load(microgpt.Write("noise.txt", Noise()));
        string[] train = ["train", "noise.txt", "--val", "0.5", "--steps", "800", "--n-embd", "32", "--quiet",
            "--out", "a.safetensors", "--log", "a.jsonl"];
        string Warning(Result result) => result.Error.Split('\n').Single(line => line.Contains("rising"));
        var whole = microgpt.Run([.. train.Except(["--quiet"])]);
        var log = File.ReadAllText(microgpt.At("a.jsonl"));
        var losses = File.ReadLines(microgpt.At("a.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(json => json.TryGetProperty("val", out _))
            .Select(json => (Step: json.GetProperty("step").GetInt32(), Loss: json.GetProperty("val").GetDouble()))
            .ToArray();
        Assert.Equal([80, 160, 240, 320, 400, 480, 560, 640, 720, 800], losses.Select(loss => loss.Step));
        var lowest = losses.MinBy(loss => loss.Loss).Step;

        // It stops between the first rise and the second, which is what the warning waits for.
        var options = new TrainingOptions { Steps = 800, NEmbd = 32 };
        var trainer = new Trainer(all.Split(0.5, options.Seed).Train, options, new Tokenizer(all));
        Assert.Equal(lowest + 100, trainer.Run().Take(lowest + 100).Count());
        trainer.Save(microgpt.At("a.safetensors"));
        var resumed = microgpt.Run([.. train.Except(["--quiet"]), "--resume"]);
        Assert.Equal(Warning(whole), Warning(resumed));
        Assert.Contains($"at step {lowest}:", Warning(resumed));
        Assert.Equal(log, File.ReadAllText(microgpt.At("a.jsonl")));
    }

    // Documents that can be learned by heart, and tell nothing of the others.
    static string Noise() => string.Join('\n', Enumerable.Range(0, 24).Select(i => new string([.. Enumerable.Range(0, 8)
        .Select(j => (char)('a' + (i * 7919 + j * j * 104729 + i * j * 1299709) % 26))])));

    [Fact]
    public void A_rising_validation_loss_is_noticed()
    {
        microgpt.Write("noise.txt", Noise());
        var result = microgpt.Run(
            "train", "noise.txt", "--val", "0.5", "--steps", "800", "--n-embd", "32", "--samples", "0");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("note: the validation loss is rising", result.Error);
        Assert.Equal(10, result.Lines.Count(line => line.StartsWith("validation loss ", StringComparison.Ordinal)));
        Assert.Contains(", validation ", result.Lines[^3]);
        Assert.StartsWith("counting predicts better than the model: ", result.Lines[^1]);
        Assert.Equal(12, int.Parse(result.Lines[0]["num docs: ".Length..]) / 2);
    }

    [Fact]
    public void Resuming_asks_for_the_same_run_and_ends_with_the_same_bits()
    {
        microgpt.Write("names.txt", "anna\nhanna\nnana\nhannah\n");
        microgpt.Write("others.txt", "anna\nhanna\nhannah\n");
        string[] train = ["train", "names.txt", "--steps", "40", "--out", "a.safetensors", "--log", "a.jsonl"];
        var samples = microgpt.Run([.. train, "--resume"])
            .Noted("--resume: there is no a.safetensors to resume; the run begins at step 1").Lines[^20..];
        var (model, log) = (File.ReadAllBytes(microgpt.At("a.safetensors")), File.ReadAllText(microgpt.At("a.jsonl")));

        Assert.Equal(samples, microgpt.Run([.. train, "--resume"]).Good().Lines[^20..]); // nothing left to do
        Assert.Equal(model, File.ReadAllBytes(microgpt.At("a.safetensors")));
        Assert.Equal(log, File.ReadAllText(microgpt.At("a.jsonl")));

        microgpt.Run([.. train, "--resume", "--seed", "7"]).Fails(2, "--seed 42, not 7");
        microgpt.Run([.. train, "--resume", "--n-embd", "32"]).Fails(2, "--n-embd 16, not 32");
        microgpt.Run(["train", "others.txt", .. train[2..], "--resume"]).Fails(1, "other documents", "others.txt");

        // A log with more lines than the saved model has steps, the last of them torn, is cut before it goes on.
        var trainer = new Trainer(Corpus.Load(microgpt.At("names.txt")), new TrainingOptions { Steps = 40 });
        Assert.Equal(17, trainer.Run().Take(17).Count());
        trainer.Save(microgpt.At("a.safetensors"));
        File.WriteAllText(microgpt.At("a.jsonl"), log[..(log.IndexOf("\"step\":23", StringComparison.Ordinal) + 12)]);
        var resumed = microgpt.Run([.. train, "--resume"]).Good();
        Assert.Contains("resumed after step 17\n", resumed.Output);
        Assert.Equal(samples, resumed.Lines[^20..]);
        Assert.Equal(model, File.ReadAllBytes(microgpt.At("a.safetensors")));
        Assert.Equal(log, File.ReadAllText(microgpt.At("a.jsonl")));
    }

    [Fact]
    public void A_run_that_diverges_names_the_step_and_keeps_the_last_save()
    {
        microgpt.Write("names.txt", "anna\nbob\n");
        microgpt.Run("train", "names.txt", "--steps", "3", "--quiet").Noted("too rare");
        var model = File.ReadAllBytes(microgpt.At("model.safetensors"));
        var diverged = microgpt.Run("train", "names.txt", "--learning-rate", "1e200", "--quiet");
        Assert.Equal(1, diverged.ExitCode);
        Assert.Contains("microgpt: the training diverged: the loss of step 2 is NaN", diverged.Error);
        Assert.Contains("model.safetensors is unchanged", diverged.Error);
        Assert.Equal(model, File.ReadAllBytes(microgpt.At("model.safetensors")));
    }

    (int Step, double Loss, double Rate)[] ReadLog(string name) =>
        [.. File.ReadLines(microgpt.At(name)).Select(line => JsonDocument.Parse(line).RootElement).Select(json =>
            (json.GetProperty("step").GetInt32(), json.GetProperty("loss").GetDouble(),
                json.GetProperty("lr").GetDouble()))];
}
