using System.Diagnostics;
using System.Globalization;

namespace MicroGpt.Bench;

/// <summary>Other processes: whole programs, timed from outside, and peers, which time their own loop.</summary>
static class Programs
{
    /// <summary>The command and the file, built from the working tree as the README describes.</summary>
    public static (string Label, string Command)[] Ours()
    {
        var folder = Directory.CreateTempSubdirectory("microgpt-bench").FullName;
        Build($"publish {Path.Join(DefaultRun.Root, "src", "MicroGpt.Cli")} -c Release "
            + "--use-current-runtime --no-self-contained "
            + $"-o {Path.Join(folder, "command")}");
        Build($"build {Path.Join(DefaultRun.Root, "microgpt.cs")} -o {Path.Join(folder, "file")}");
        return
        [
            ("microgpt train, the command", $"{Path.Join(folder, "command", "microgpt")} train input.txt"),
            ("microgpt.cs, built", Path.Join(folder, "file", "microgpt")),
        ];

        static void Build(string arguments)
        {
            using var process = Process.Start(
                new ProcessStartInfo("dotnet", $"{arguments} -v q") { RedirectStandardOutput = true })!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"dotnet {arguments}: {output}");
            }
        }
    }

    /// <summary>
    /// Seconds from start to end, in a folder with only data/names.txt as input.txt. A program that takes more than a
    /// minute runs once.
    /// </summary>
    public static Spread Whole(string command, int repeats)
    {
        var seconds = new List<double> { Once(command) };
        while (seconds.Count < repeats && seconds[0] < 60)
        {
            seconds.Add(Once(command));
        }
        return Spread.Of([.. seconds]);
    }

    static double Once(string command)
    {
        var folder = Directory.CreateTempSubdirectory("microgpt-bench");
        try
        {
            File.Copy(Path.Join(DefaultRun.Root, "data", "names.txt"), Path.Join(folder.FullName, "input.txt"));
            var watch = Stopwatch.StartNew();
            using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{command} > /dev/null 2> errors"])
            {
                WorkingDirectory = folder.FullName,
            })!;
            process.WaitForExit();
            return process.ExitCode == 0 ? watch.Elapsed.TotalSeconds : throw new InvalidOperationException(
                $"{command} ended with {process.ExitCode}: {File.ReadAllText(Path.Join(folder.FullName, "errors"))}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A peer's own timing: the first number of its last line, microseconds per document.</summary>
    public static Spread Loop(string command) => Spread.Of([.. Enumerable.Range(0, 3).Select(_ =>
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command])
        {
            WorkingDirectory = DefaultRun.Root,
            RedirectStandardOutput = true,
        })!;
        var last = process.StandardOutput.ReadToEnd().TrimEnd().Split('\n')[^1];
        process.WaitForExit();
        foreach (var word in last.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }
        }
        throw new InvalidOperationException($"{command}: no number in its last line, \"{last}\"");
    })]);
}
