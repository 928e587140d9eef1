namespace MicroGpt.Cli.Tests;

/// <summary>The files of a run, and those beside them that are not its own.</summary>
public sealed class ModelFileTests : IDisposable
{
    const string Names = "anna\nhanna\nnana\nanan\nhannah\nahna\n";

    readonly Command microgpt = new();

    public ModelFileTests() => microgpt.Write("names.txt", Names);

    public void Dispose() => microgpt.Dispose();

    static string[] Long(string model = "a.safetensors") =>
        ["train", "names.txt", "--steps", "1000000", "--n-embd", "64", "--out", model];

    [Fact]
    public void Of_two_runs_that_write_one_model_the_second_is_refused()
    {
        Link("link.safetensors", "a.safetensors");
        Link("folder", ".");
        using var first = microgpt.Start(Long());
        Command.WaitForStep(first);
        foreach (var path in new[] { "./a", "link", "folder/a", "folder/link" })
        {
            microgpt.Run("train", "names.txt", "--out", $"{path}.safetensors")
                .Fails(1, $"--out {path}.safetensors: another run is writing this model");
        }
        microgpt.Run("train", "names.txt", "--steps", "3", "--quiet", "--out", "b.safetensors").Good();
        first.Kill();
        first.WaitForExit();
        Assert.Equal(["b.safetensors", "link.safetensors", "names.txt"],
            Directory.GetFiles(microgpt.Folder).Select(Path.GetFileName).Order()); // a killed run leaves nothing
        microgpt.Run("train", "names.txt", "--steps", "3", "--quiet", "--out", "a.safetensors").Good(); // held no more
    }

    [Fact]
    public void Of_two_runs_that_write_one_log_the_second_is_refused()
    {
        Link("link.jsonl", "a.jsonl");
        using var first = microgpt.Start([.. Long(), "--log", "a.jsonl"]);
        Command.WaitForStep(first);
        Assert.Equal(0, microgpt.Shell("ln a.jsonl hard.jsonl").ExitCode);
        foreach (var name in new[] { "a.jsonl", "./a.jsonl", "link.jsonl", "hard.jsonl" })
        {
            microgpt.Run("train", "names.txt", "--out", "b.safetensors", "--log", name)
                .Fails(1, $"--log {name}: another run is writing this file");
        }
        Command.Send(first, Command.Terminate);
        Command.Finish(first);
        var steps = File.ReadAllLines(microgpt.At("a.jsonl"));
        Assert.All(steps.Index(), line => Assert.StartsWith($"{{\"step\":{line.Index + 1},", line.Item));
        Assert.False(File.Exists(microgpt.At("b.safetensors")));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("--resume", "there is no link to resume")]
    public void A_link_to_a_file_that_is_not_there_yet_is_a_name_for_it(string option, string note)
    {
        Link("link", "target");
        Link("link.best", "best");
        Link("empty", "nothing");
        microgpt.Write("nothing", "");
        string[] train = ["train", "names.txt", "--steps", "40", "--val", "0.5", "--val-every", "10", "--quiet"];
        train = option == "" ? train : [.. train, option];
        var result = microgpt.Run([.. train, "--out", "link"]);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(note, result.Error);
        Assert.Equal(0, microgpt.Run([.. train, "--out", "empty"]).ExitCode);
        foreach (var (link, target) in new[] { ("link", "target"), ("link.best", "best"), ("empty", "nothing") })
        {
            Assert.Equal(target, new FileInfo(microgpt.At(link)).LinkTarget);
            Assert.Equal(6, Gpt.Load(microgpt.At(target)).Config.VocabSize + 2);
        }
    }

    [Fact]
    public void Any_number_of_runs_may_log_to_a_device()
    {
        Assert.SkipUnless(File.Exists("/dev/null"), "there is no /dev/null");
        using var first = microgpt.Start([.. Long(), "--log", "/dev/null"]);
        Command.WaitForStep(first);
        microgpt.Run("train", "names.txt", "--steps", "3", "--out", "b.safetensors", "--log", "/dev/null").Good();
        first.Kill();
        first.WaitForExit();
    }

    [Theory]
    [InlineData("towns.saving", "--out", "towns", "towns.saving, which is FILE itself")]
    [InlineData("names.txt", "--out", "./names.txt", "which is FILE itself")]
    [InlineData("names.txt", "--out", "link.txt", "which is FILE itself")]
    [InlineData("names.txt", "--log", "link.txt", "which is FILE itself")]
    [InlineData("names.txt", "--out", "a", "--log", "./a", "--log ./a: the log would be written to ./a, which is --out")]
    [InlineData("names.txt", "--out", "a", "--log", "a.saving", "which is --log")]
    [InlineData("names.txt", "--out", "-", "--out -")]
    [InlineData("names.txt", "--log", "-", "--log -: a log is written to a file")]
    public void No_file_has_two_parts_to_play(string file, params string[] options)
    {
        microgpt.Write("towns.saving", Names);
        Link("link.txt", "names.txt");
        microgpt.Run(["train", file, .. options[..^1]]).Fails(2, options[^1]);
        Assert.Equal(["link.txt", "names.txt", "towns.saving"],
            Directory.GetFileSystemEntries(microgpt.Folder).Select(Path.GetFileName).Order());
        Assert.Equal(Names, File.ReadAllText(microgpt.At("towns.saving")));
        Assert.Equal(Names, File.ReadAllText(microgpt.At("names.txt")));
    }

    [Fact]
    public void Files_beside_the_model_stay_as_they_are()
    {
        foreach (var name in new[] { "a.lock", "a.part", "a.best", "a.tmp", "log.jsonl.lock", "log.jsonl.part" })
        {
            microgpt.Write(name, $"my {name}");
        }
        microgpt.Run("train", "names.txt", "--steps", "40", "--out", "a", "--log", "log.jsonl", "--quiet").Good();
        microgpt.Write("a.saving", "my draft");
        microgpt.Run("train", "names.txt", "--out", "a").Fails(1, "--out a: can't be written", "a.saving");
        File.Delete(microgpt.At("a.saving"));
        Directory.CreateDirectory(microgpt.At("a.saving"));
        microgpt.Run("train", "names.txt", "--out", "a").Fails(1, "--out a: can't be written", "a.saving");
        Directory.Delete(microgpt.At("a.saving"));
        microgpt.Run("train", "names.txt", "--steps", "40", "--out", "a", "--val", "0.5", "--val-every", "10")
            .Fails(1, "--val-every: a.best: exists, but is not a valid model");
        foreach (var name in new[] { "a.lock", "a.part", "a.best", "a.tmp", "log.jsonl.lock", "log.jsonl.part" })
        {
            Assert.Equal($"my {name}", File.ReadAllText(microgpt.At(name)));
        }
        Assert.Equal(9, Directory.GetFileSystemEntries(microgpt.Folder).Length);
    }

    [Fact]
    public void The_best_model_is_held_too_and_the_complaint_names_the_option()
    {
        using var first = microgpt.Start(Long("a.best.safetensors"));
        Command.WaitForStep(first);
        microgpt.Run("train", "names.txt", "--out", "a.safetensors", "--val", "0.5", "--val-every", "10")
            .Fails(1, "--val-every: a.best.safetensors: another run is writing this model");
        first.Kill();
        first.WaitForExit();
    }

    [Theory]
    [InlineData("--documents", "paragraphs")]
    [InlineData("--val", "0.25")]
    public void A_resumed_run_reads_its_text_as_it_began(string option, string value)
    {
        microgpt.Write("text.txt", "anna\nhanna\n\nnana\nanan\n\nhannah\nahna\n\nanna\nhanna\n\nnana\n");
        string[] train = ["train", "text.txt", "--steps", "1000000", "--n-embd", "32", option, value, "--seed", "5"];
        var process = microgpt.Start(train);
        Command.WaitForStep(process);
        Command.Send(process, Command.Terminate);
        Assert.Equal(143, Command.Finish(process).ExitCode);
        // What is not given is the checkpoint's.
        process = microgpt.Start("train", "text.txt", "--resume");
        Command.WaitForStep(process);
        Command.Send(process, Command.Terminate);
        var resumed = Command.Finish(process);
        Assert.Contains("of 1000000", resumed.Output);
        // What is given must be the same.
        var other = option == "--val" ? "0.5" : "lines";
        microgpt.Run("train", "text.txt", option, other, "--resume").Fails(2, $"has {option} {value}, not {other}");
        microgpt.Run("train", "text.txt", "--seed", "6", "--resume").Fails(2, "has --seed 5, not 6");
    }

    void Link(string name, string target)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        File.CreateSymbolicLink(microgpt.At(name), target);
    }
}
