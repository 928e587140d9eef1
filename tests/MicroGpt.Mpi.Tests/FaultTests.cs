using System.Diagnostics;

namespace MicroGpt.Mpi.Tests;

/// <summary>
/// Whatever fails, on whichever rank: all ranks end, one of them says why, and the checkpoint is sound.
/// </summary>
public sealed class FaultTests : IDisposable
{
    static readonly string[] train = ["train", "names.txt", "--precision", "f32", "--batch-size", "8"];

    readonly Command microgpt = new();

    public FaultTests() => File.Copy(Repository.ShippedNames, microgpt.At("names.txt"));

    public static TheoryData<string> Launchers => [.. Launcher.Names];

    public void Dispose() => microgpt.Dispose();

    [Theory]
    [MemberData(nameof(Launchers))]
    public void What_ranks_cannot_share_is_refused_in_one_sentence(string name)
    {
        var launcher = Launcher.Of(name);
        (int Code, string Sentence, string[] Arguments)[] wrong =
        [
            (2, "--batch-size 2: 3 ranks need at least 3 documents", [.. train[..^1], "2"]),
            (2, "--precision f64: 3 ranks need --precision f32", ["train", "names.txt", "--batch-size", "8"]),
            (2, "--fit: makes its trials in one process, not on 3 ranks", ["train", "names.txt", "--fit", "1s"]),
            (2, "FILE -: only one rank has a stdin, and each reads the text; give a file", ["train", "-"]),
            (2, "--wrong: unknown option; see microgpt train --help", ["train", "--wrong"]),
            (1, "nothing.txt: there is no such file", ["train", "nothing.txt", .. train[2..]]),
            (1, "--out nowhere/a: there is no folder", [.. train, "--out", "nowhere/a"]),
        ];
        foreach (var (code, sentence, arguments) in wrong)
        {
            Fails(launcher.Run(microgpt, 3, arguments), code, sentence);
        }
        Assert.Equal(["names.txt"], Directory.GetFiles(microgpt.Folder).Select(Path.GetFileName));
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void Ranks_that_would_not_train_the_same_model_are_told_before_the_first_step(string name)
    {
        var launcher = Launcher.Of(name);
        string[] command = [Command.Executable, .. train];
        microgpt.Write("others.txt", "anna\nbob\n");
        var other = command.Select(word => word == "names.txt" ? "others.txt" : word).ToArray();
        Fails(launcher.Run(microgpt, (1, command), (2, other)), 1, "rank 1 has other data than rank 0");
        Fails(launcher.Run(microgpt, (2, command), (1, [.. command, "--seed", "1"])), 1,
            "rank 2 has other options than rank 0");
        var missing = command.Select(word => word == "names.txt" ? "nothing.txt" : word).ToArray();
        Fails(launcher.Run(microgpt, (2, command), (1, missing)), 1, "rank 2: nothing.txt: there is no such file");
        Fails(launcher.Run(microgpt, (1, command), (1, [AnotherBuild(), .. train])), 1,
            "rank 1 runs another build of MicroGpt than rank 0");
        Assert.False(File.Exists(microgpt.At("model.safetensors")));
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void A_killed_rank_ends_all_and_the_run_resumes_on_another_number_of_ranks(string name)
    {
        var launcher = Launcher.Of(name);
        string[] Long(string model) => [.. train, "--n-embd", "32", "--steps", "1500", "--threads", "1",
            "--out", model, "--samples", "0"];
        var random = new Random(11); // of the delays only: what they hit differs each time
        var saved = new HashSet<int>();
        for (var rank = 0; rank < 3; rank++)
        {
            // Nobody reads its log, so it has to stop some hundred steps on: it is still there to be killed.
            using var log = new LogPipe(microgpt.At($"log{rank}"));
            using var process = launcher.Start(microgpt, 3, [Command.Executable, .. Long("killed.safetensors"),
                "--resume", "--save-every", "0.001", "--log", $"log{rank}"]);
            WaitForModel(process, "killed.safetensors");
            Thread.Sleep(random.Next(200));
            Process.GetProcessById(launcher.ProcessOf(microgpt, rank)).Kill();
            Assert.True(process.WaitForExit(Command.Patience), $"still running though rank {rank} was killed");
            Assert.NotEqual(0, process.ExitCode);
            Launcher.AssertGone(microgpt);
            saved.Add(Gpt.Load(microgpt.At("killed.safetensors")).Provenance.Steps);
        }
        Assert.InRange(saved.Max(), 1, 1499);
        Assert.Equal(0, launcher.Run(microgpt, 2, [.. Long("killed.safetensors"), "--resume"]).ExitCode);
        Assert.Equal(0, microgpt.Run(Long("whole.safetensors")).ExitCode);
        Assert.Equal(
            File.ReadAllBytes(microgpt.At("whole.safetensors")), File.ReadAllBytes(microgpt.At("killed.safetensors")));
    }

    [Theory]
    [InlineData("Open MPI", Command.Interrupt)]
    [InlineData("Open MPI", Command.Terminate)]
    [InlineData("MPICH", Command.Interrupt)]
    [InlineData("MPICH", Command.Terminate)]
    public void A_signal_to_the_launcher_ends_all_and_the_checkpoint_is_sound(string name, int signal)
    {
        var launcher = Launcher.Of(name);
        var process = launcher.Start(
            microgpt, 3, [Command.Executable, .. train, "--steps", "1000000", "--save-every", "0.2"]);
        WaitForModel(process, "model.safetensors");
        Command.Send(process, signal);
        var result = Command.Finish(process);
        Launcher.AssertGone(microgpt);
        // All ranks end with this code. After a signal MPICH's launcher at times loses the code of a rank, or of each,
        // also where the ranks are shell scripts.
        int[] codes = name == "Open MPI" ? [1] : [128 + signal, 0];
        Assert.Contains(result.ExitCode, codes);
        Assert.Empty(Launcher.Sentences(result));
        Assert.InRange(Gpt.Load(microgpt.At("model.safetensors")).Provenance.Steps, 1, 999_999);
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void A_full_disk_ends_all_and_leaves_the_earlier_model(string name)
    {
        var launcher = Launcher.Of(name);
        var disk = Directory.CreateDirectory(microgpt.At("disk")).FullName;
        var mounted = microgpt.Shell($"mount -t tmpfs -o size=400k tmpfs '{disk}'").ExitCode == 0;
        Assert.SkipUnless(mounted, "no file system can be mounted here");
        try
        {
            var model = Path.Join("disk", "a.safetensors");
            var process = launcher.Start(microgpt, 2,
                [Command.Executable, .. train, "--steps", "1000000", "--save-every", "0.5", "--out", model]);
            WaitForModel(process, model);
            microgpt.Shell($"cat /dev/zero > '{disk}/filler'");
            Fails(Command.Finish(process), 1, $"--out {model}: can't be saved, and is unchanged: No space left");
            Assert.InRange(Gpt.Load(microgpt.At(model)).Provenance.Steps, 1, 999_999);
        }
        finally
        {
            Assert.Equal(0, microgpt.Shell($"umount '{disk}'").ExitCode);
        }
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void A_run_that_diverges_ends_in_one_sentence(string name) => Fails(
        Launcher.Of(name).Run(microgpt, 3, [.. train, "--learning-rate", "1e30"]), 1, "the training diverged");

    // Waits until the run has taken steps and saved.
    void WaitForModel(Process process, string model)
    {
        Command.WaitForStep(process);
        while (!File.Exists(Path.Join(microgpt.Folder, model)) && !process.HasExited)
        {
            Thread.Sleep(10);
        }
    }

    // One sentence about the failure, from one rank, and nobody left.
    void Fails(Result result, int code, string sentence)
    {
        Launcher.AssertGone(microgpt);
        Assert.Contains(sentence, Assert.Single(Launcher.Sentences(result)));
        Assert.Equal(code, result.ExitCode);
    }

    // A copy of the command whose library says that it was built of something else.
    string AnotherBuild()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("MICROGPT_COMMAND") == null, "this build is one file");
        var folder = Directory.CreateDirectory(microgpt.At("another")).FullName;
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory))
        {
            File.Copy(file, Path.Join(folder, Path.GetFileName(file)));
        }
        var library = Path.Join(folder, "MicroGpt.dll");
        var bytes = File.ReadAllBytes(library);
        var build = bytes.AsSpan(bytes.AsSpan().IndexOf(typeof(Gpt).Module.ModuleVersionId.ToByteArray()), 16);
        build[0] ^= 1;
        File.WriteAllBytes(library, bytes);
        return Path.Join(folder, Path.GetFileName(Command.Executable));
    }
}
