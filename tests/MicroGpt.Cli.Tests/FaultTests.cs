namespace MicroGpt.Cli.Tests;

public sealed class FaultTests : IDisposable
{
    const string Names = "anna\nhanna\nnana\nanan\nhannah\nahna\n";

    readonly Command microgpt = new();

    public FaultTests() => microgpt.Write("names.txt", Names);

    public void Dispose() => microgpt.Dispose();

    static string[] Long(string model = "a.safetensors") =>
        ["train", "names.txt", "--steps", "1000000", "--n-embd", "64", "--out", model];

    [Fact]
    public void Killed_20_times_at_random_moments_it_ends_with_the_same_bits()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals");
        string[] Train(string name) => ["train", "names.txt", "--steps", "2500", "--n-embd", "64",
            "--out", name + ".safetensors", "--log", name + ".jsonl", "--save-every", "0.001"];
        var samples = microgpt.Run(Train("whole")).Noted("passes each document").Lines[^20..];
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
            Thread.Sleep(random.Next(50)); // also twenty of them are no time to reach the last step
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
            Command.Finish(process).AfterNote("passes each document")
                .Fails(1, $"--out {model}: can't be saved, and is unchanged: No space left");
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
    public void A_full_disk_leaves_the_earlier_export()
    {
        microgpt.Run("train", "names.txt", "--out", "a.safetensors", "--steps", "5", "--quiet").Good();
        var disk = Mount("size=40k");
        try
        {
            var file = Path.Join(disk, "Names.cs");
            microgpt.Run("export", "a.safetensors", "--out", file).Good();
            var before = File.ReadAllText(file);
            microgpt.Run("export", "a.safetensors", "--out", file, "--numbers", "f32")
                .Fails(1, $"--out {file}: can't be written: No space left");
            Assert.Equal(before, File.ReadAllText(file));
            Assert.False(File.Exists(file + ".saving"));
        }
        finally
        {
            Assert.Equal(0, microgpt.Shell($"umount '{disk}'").ExitCode);
        }
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
