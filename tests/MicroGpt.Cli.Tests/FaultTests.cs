using System.Diagnostics;

namespace MicroGpt.Cli.Tests;

public sealed class FaultTests : IDisposable
{
    const string Names = "anna\nhanna\nnana\nanan\nhannah\nahna\n";

    readonly Command microgpt = new();

    public FaultTests() => microgpt.Write("names.txt", Names);

    public void Dispose() => microgpt.Dispose();

    static string[] Long(string model = "a.safetensors") =>
        ["train", "names.txt", "--steps", "1000000", "--n-embd", "64", "--out", model];

    [Theory]
    [InlineData(Command.Interrupt, 130)]
    [InlineData(Command.Terminate, 143)]
    public void A_signal_finishes_the_step_saves_and_says_how_to_go_on(int signal, int code)
    {
        var process = microgpt.Start([.. Long(), "--log", "a.jsonl"]);
        Command.WaitForStep(process);
        Command.Send(process, signal);
        var result = Command.Finish(process);
        Assert.Equal(code, result.ExitCode);
        Assert.Equal("to go on: microgpt train names.txt --steps 1000000 --n-embd 64 --out a.safetensors --log a.jsonl "
            + "--resume\n", result.Error);
        var steps = Gpt.Load(microgpt.At("a.safetensors")).Provenance.Steps;
        Assert.InRange(steps, 1, 999_999);
        Assert.Equal(steps, File.ReadLines(microgpt.At("a.jsonl")).Count());
        Assert.Contains($"stopped after step {steps} of 1000000; saved to a.safetensors\n", result.Output);
        Assert.False(File.Exists(microgpt.At("a.safetensors.lock")));
    }

    [Fact]
    public void A_signal_that_arrives_twice_is_one()
    {
        // timeout sends it to the command, and then to the command's group.
        var result = microgpt.Shell($"timeout 1 {Command.Executable} train names.txt --steps 100000000; echo $?");
        Assert.Contains("saved to model.safetensors", result.Output);
        Assert.Equal("124", result.Lines[^1]);
        Assert.Contains("to go on: ", result.Error);
    }

    [Theory]
    [InlineData(Command.Interrupt, 130)]
    [InlineData(Command.Terminate, 143)]
    public void A_second_signal_leaves_at_once_and_the_last_save_still_loads(int signal, int code)
    {
        microgpt.Run("train", "names.txt", "--steps", "2", "--quiet", "--out", "a.safetensors").Good();
        var model = File.ReadAllBytes(microgpt.At("a.safetensors"));
        // One step of this takes many seconds.
        var documents = Enumerable.Range(0, 20).Select(i => new string((char)('a' + i), 600));
        microgpt.Write("long.txt", string.Join('\n', documents));
        var process = microgpt.Start("train", "long.txt", "--block-size", "512", "--n-embd", "128", "--n-layer", "2",
            "--batch-size", "500", "--out", "a.safetensors");
        Assert.StartsWith("num docs", process.StandardOutput.ReadLine());
        Thread.Sleep(200); // into the first step
        Command.Send(process, signal);
        Assert.False(process.WaitForExit(300));
        var clock = Stopwatch.StartNew();
        Command.Send(process, signal);
        Assert.True(process.WaitForExit(5000), "the second signal did not end it");
        Assert.Equal(code, process.ExitCode);
        Assert.Equal(model, File.ReadAllBytes(microgpt.At("a.safetensors")));
        process.Dispose();
    }

    [Fact]
    public void Killed_20_times_at_random_moments_it_ends_with_the_same_bits()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals");
        string[] Train(string name) => ["train", "names.txt", "--steps", "2500", "--n-embd", "64",
            "--out", name + ".safetensors", "--log", name + ".jsonl", "--save-every", "0.001"];
        var samples = microgpt.Run(Train("whole")).Good().Lines[^20..];
        var random = new Random(20); // of the delays only: what they hit differs each time
        var (kills, saved) = (0, new HashSet<int>());
        for (var i = 0; i < 20; i++)
        {
            using var process = microgpt.Start([.. Train("killed"), "--resume"]);
            if (i % 4 > 0) // in three of four the moment is one while it trains and saves, however slow the start was
            {
                while (process.StandardOutput.ReadLine() is string line
                    && !line.StartsWith("step ", StringComparison.Ordinal))
                {
                }
            }
            Thread.Sleep(random.Next(150));
            kills += process.HasExited ? 0 : 1;
            process.Kill();
            process.WaitForExit();
            if (File.Exists(microgpt.At("killed.safetensors")))
            {
                saved.Add(Gpt.Load(microgpt.At("killed.safetensors")).Provenance.Steps);
            }
        }
        Assert.True(kills >= 5 && saved.Count >= 5, $"{kills} kills, saves of steps {string.Join(' ', saved)}: too few");
        Assert.Equal(samples, microgpt.Run([.. Train("killed"), "--resume"]).Good().Lines[^20..]);
        Assert.Equal(
            File.ReadAllBytes(microgpt.At("whole.safetensors")), File.ReadAllBytes(microgpt.At("killed.safetensors")));
        Assert.Equal(File.ReadAllText(microgpt.At("whole.jsonl")), File.ReadAllText(microgpt.At("killed.jsonl")));
    }

    [Fact]
    public void Of_two_runs_that_write_one_model_the_second_is_refused()
    {
        using var first = microgpt.Start(Long());
        Command.WaitForStep(first);
        microgpt.Run("train", "names.txt", "--out", "./a.safetensors").Fails(1, "--out ./a.safetensors", "another run");
        microgpt.Run("train", "names.txt", "--steps", "3", "--quiet", "--out", "b.safetensors").Good();
        first.Kill();
        first.WaitForExit();
        microgpt.Run("train", "names.txt", "--steps", "3", "--quiet", "--out", "a.safetensors").Good(); // held no more
    }

    [Fact]
    public void A_closed_pipe_ends_quietly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs bash");
        microgpt.Run("train", "names.txt", "--steps", "30", "--quiet", "--out", "b.safetensors").Good();
        var exe = Command.Executable;
        var sample = microgpt.Shell($"'{exe}' sample b.safetensors -n 100000000 | head -1; echo ${{PIPESTATUS[0]}}");
        Assert.Equal((2, "0", ""), (sample.Lines.Length, sample.Lines[^1], sample.Error));
        // The samples before are long gone when it happens; a run that had not ended says so, and can go on.
        var train = microgpt.Shell($"'{exe}' {string.Join(' ', Long())} | head -5; echo ${{PIPESTATUS[0]}}");
        Assert.Equal(("141", ""), (train.Lines[^1], train.Error));
        Assert.InRange(Gpt.Load(microgpt.At("a.safetensors")).Provenance.Steps, 1, 999_999);
    }

    [Fact]
    public void A_full_output_is_no_success()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        var result = microgpt.Shell($"'{Command.Executable}' --help > /dev/full; echo $?");
        Assert.Equal("1", result.Lines[^1]);
        Assert.Equal("microgpt: the output can't be written: No space left on device\n", result.Error);
        microgpt.Run("train", "names.txt", "--log", "/dev/full", "--quiet")
            .Fails(1, "--log /dev/full: can't be written: No space left");
        microgpt.Shell($"'{Command.Executable}' train - < .").Fails(1, "microgpt: stdin: Is a directory");
    }

    [Fact]
    public void A_full_disk_leaves_the_earlier_model_whole()
    {
        var disk = Mount("size=400k");
        try
        {
            var model = Path.Join(disk, "a.safetensors");
            string[] train = ["train", "names.txt", "--out", model];

            // It fills up during the run.
            var process = microgpt.Start([.. train, "--steps", "1000000", "--save-every", "0.5"]);
            while (!File.Exists(model) && !process.HasExited)
            {
                Thread.Sleep(10);
            }
            microgpt.Shell($"cat /dev/zero > '{disk}/filler'");
            Command.Finish(process).Fails(1, $"--out {model}: can't be saved, and is as it was: No space left");
            Assert.InRange(Gpt.Load(model).Provenance.Steps, 1, 999_999);
            Assert.Equal(["a.safetensors", "filler"], Directory.GetFiles(disk).Select(Path.GetFileName).Order());

            // It is full before the run begins.
            var before = File.ReadAllBytes(model);
            microgpt.Run([.. train, "--steps", "1000000", "--resume"]).Fails(1, "--out", "bytes left");
            Assert.Equal(before, File.ReadAllBytes(model));
        }
        finally
        {
            Assert.Equal(0, microgpt.Shell($"umount '{disk}'").ExitCode);
        }
    }

    [Fact]
    public void Where_nothing_can_be_written_it_is_refused_before_the_first_step()
    {
        microgpt.Run("train", "names.txt", "--out", "nowhere/a.safetensors").Fails(1, "--out nowhere/", "no folder");
        microgpt.Run("train", "names.txt", "--out", ".").Fails(1, "--out .", "is a folder");
        microgpt.Run("train", "names.txt", "--log", "nowhere/a.jsonl").Fails(1, "--log nowhere/a.jsonl", "no such");
        microgpt.Run("train", "names.txt", "--log", ".").Fails(1, "--log .: is a folder");
        if (OperatingSystem.IsLinux())
        {
            microgpt.Run("train", "names.txt", "--out", "/proc/a.safetensors").Fails(1, "/proc/", "can't be written");
            microgpt.Run("train", "names.txt", "--out", "/dev/null").Fails(1, "/dev/null");
        }
        Assert.Equal(["names.txt"], Directory.GetFiles(microgpt.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public void A_read_only_disk_is_refused_before_the_first_step()
    {
        var disk = Mount("ro");
        try
        {
            var model = Path.Join(disk, "a.safetensors");
            microgpt.Run("train", "names.txt", "--out", model).Fails(1, "can't be written", "Read-only");
        }
        finally
        {
            Assert.Equal(0, microgpt.Shell($"umount '{disk}'").ExitCode);
        }
    }

    [Fact]
    public void A_folder_that_may_not_be_written_is_refused_before_the_first_step()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "root may write everywhere");
        if (!OperatingSystem.IsWindows()) // the analyzer does not see that the line above ends the test
        {
            const UnixFileMode readOnly = UnixFileMode.UserRead | UnixFileMode.UserExecute;
            var folder = Directory.CreateDirectory(microgpt.At("mine"), readOnly).FullName;
            microgpt.Run("train", "names.txt", "--out", Path.Join(folder, "a.safetensors")).Fails(1, "can't be written");
        }
    }

    // A small file system of its own; who mounts it must unmount it.
    string Mount(string options)
    {
        var disk = Directory.CreateDirectory(microgpt.At("disk")).FullName;
        var mounted = OperatingSystem.IsLinux()
            && microgpt.Shell($"mount -t tmpfs -o {options} tmpfs '{disk}'").ExitCode == 0;
        Assert.SkipUnless(mounted, "no file system can be mounted here");
        return disk;
    }
}
