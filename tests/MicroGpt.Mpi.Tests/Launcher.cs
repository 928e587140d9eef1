using System.Diagnostics;

namespace MicroGpt.Mpi.Tests;

/// <summary>An implementation of MPI on this machine, and what it starts in a test's folder.</summary>
public sealed class Launcher
{
    const string OpenMpi = "Open MPI", Mpich = "MPICH";

    readonly bool isOpenMpi;
    readonly string program;

    Launcher(string name, string program) => (isOpenMpi, this.program) = (name == OpenMpi, program);

    public static string[] Names { get; } = [OpenMpi, Mpich];

    /// <summary>The implementation; the test is skipped where it is missing.</summary>
    public static Launcher Of(string name)
    {
        string[] programs = [name == OpenMpi ? "mpirun.openmpi" : "mpirun.mpich", "mpirun"];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var paths = programs.SelectMany(program => folders.Select(folder => Path.Join(folder, program)));
        string[] words = name == OpenMpi ? ["Open MPI", "OpenRTE"] : ["HYDRA"]; // in their versions
        var found = paths.FirstOrDefault(path => File.Exists(path) && Array.Exists(words, VersionOf(path).Contains));
        Assert.SkipWhen(found == null, $"{name} is not on this machine");
        return new(name, found!);
    }

    /// <summary>Starts a program on ranks.</summary>
    public Process Start(Command at, int ranks, params string[] words) =>
        at.Start(program, [.. Options, .. Ranks(ranks, words)]);

    /// <summary>Runs the command on ranks.</summary>
    public Result Run(Command at, int ranks, params string[] arguments) =>
        Command.Finish(Start(at, ranks, [Command.Executable, .. arguments]));

    /// <summary>Runs a program on some ranks, and another on those that follow.</summary>
    public Result Run(Command at, (int Ranks, string[] Words) first, (int Ranks, string[] Words) second) =>
        Command.Finish(at.Start(program,
            [.. Options, .. Ranks(first.Ranks, first.Words), ":", .. Ranks(second.Ranks, second.Words)]));

    /// <summary>The process of a rank.</summary>
    public int ProcessOf(Command at, int rank)
    {
        var variable = $"{(isOpenMpi ? "OMPI_COMM_WORLD_RANK" : "PMI_RANK")}={rank}";
        return Processes(at).Single(id => Read($"/proc/{id}/environ").Split('\0').Contains(variable));
    }

    /// <summary>Waits until no process is left in the folder.</summary>
    public static void AssertGone(Command at)
    {
        for (var start = Stopwatch.StartNew(); Processes(at).Length > 0; Thread.Sleep(20))
        {
            Assert.True(start.ElapsedMilliseconds < Command.Patience, "left behind: "
                + string.Join("; ", Processes(at).Select(id => Read($"/proc/{id}/cmdline").Replace('\0', ' '))));
        }
    }

    /// <summary>The sentences of microgpt among what the launcher adds.</summary>
    public static string[] Sentences(Result result) =>
        [.. result.Error.Split('\n').Where(line => line.StartsWith("microgpt: ", StringComparison.Ordinal))];

    // Tests have more ranks than cores, may run as root, and give each rank its threads.
    string[] Options => isOpenMpi ? ["--oversubscribe", "--allow-run-as-root", "--bind-to", "none"] : [];

    static string[] Ranks(int count, string[] words) => ["-n", $"{count}", .. words];

    static int[] Processes(Command at) => [.. Directory.GetDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0)
        .Where(id => id > 0 && new FileInfo($"/proc/{id}/cwd").LinkTarget is string folder && folder == at.Folder)];

    static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // it has ended
        }
    }

    static string VersionOf(string path)
    {
        using var process = Process.Start(new ProcessStartInfo(path, "--version") { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd();
    }
}
