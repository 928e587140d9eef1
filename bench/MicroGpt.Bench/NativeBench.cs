using System.Diagnostics;
using System.Globalization;

namespace MicroGpt.Bench;

/// <summary>The command as a native program and as assemblies for .NET: time and memory from start to end.</summary>
static class NativeBench
{
    const int Repeats = 15;

    public static void Run(Report report)
    {
        var folder = Directory.CreateTempSubdirectory("microgpt-bench").FullName;
        var makemore = Path.Join(DefaultRun.Root, "..", "shared", "data", "makemore-names.txt");
        var data = File.Exists(makemore) ? makemore : Path.Join(DefaultRun.Root, "data", "names.txt");
        File.Copy(data, Path.Join(folder, "names.txt"));
        (string Label, string Program)[] builds =
        [
            ("for .NET, precompiled", Publish(folder, "dotnet", "-p:PublishAot=false --self-contained false")),
            ("native, x86-64-v3", Publish(folder, "native", "")),
            ("native, for this processor", Publish(folder, "here", "-p:IlcInstructionSet=native")),
        ];
        (string Label, string Arguments)[] jobs =
        [
            ("`--version`", "--version"),
            ($"`train`, the default job on {File.ReadLines(data).Count():N0} names", "train names.txt --quiet"),
            ("`sample`, 20 names", "sample model.safetensors --seed 1"),
        ];
        report.Print($"Best of {Repeats} runs, the builds in turn: time from start to end, time on all cores, and the "
            + "peak of "
            + "resident memory. What other programs do disturbs the first much more than the second.\n");
        report.Print("| job | build | elapsed, ms | processor, ms | peak, MB |\n|---|---|--:|--:|--:|");
        foreach (var (job, arguments) in jobs)
        {
            var runs = builds.Select(_ => new List<(double Elapsed, double Processor, double Mb)>()).ToArray();
            for (var repeat = 0; repeat <= Repeats; repeat++)
            {
                foreach (var (i, (_, program)) in builds.Index())
                {
                    var run = Once(folder, program, arguments);
                    if (repeat > 0) // the first fills the disk's cache
                    {
                        runs[i].Add(run);
                    }
                }
            }
            foreach (var ((label, _), all) in builds.Zip(runs))
            {
                report.Print(string.Create(CultureInfo.InvariantCulture, $"| {job} | {label} "
                    + $"| **{all.Min(run => run.Elapsed):F1}** | {all.Min(run => run.Processor):F0} "
                    + $"| {all.Max(run => run.Mb):F1} |"));
            }
        }
        report.Print("");
        foreach (var (label, program) in builds[1..])
        {
            report.Print(string.Create(CultureInfo.InvariantCulture,
                $"{label}: one file of {new FileInfo(program).Length / 1e6:F1} MB; "
                + $"its model has {(Same(folder, program) ? "the same bytes" : "OTHER BYTES")}."));
        }
        Directory.Delete(folder, recursive: true);

        bool Same(string folder, string program)
        {
            _ = Once(folder, builds[0].Program, "train names.txt --quiet --out a.safetensors");
            _ = Once(folder, program, "train names.txt --quiet --out b.safetensors");
            return File.ReadAllBytes(Path.Join(folder, "a.safetensors"))
                .AsSpan().SequenceEqual(File.ReadAllBytes(Path.Join(folder, "b.safetensors")));
        }
    }

    static string Publish(string folder, string name, string options)
    {
        var arguments = $"publish {Path.Join(DefaultRun.Root, "src", "MicroGpt.Cli")} -c Release -r linux-x64 {options} "
            + $"--artifacts-path {Path.Join(folder, "build-" + name)} -o {Path.Join(folder, name)} -v q";
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? Path.Join(folder, name, "microgpt")
            : throw new InvalidOperationException($"dotnet {arguments}: {output}");
    }

    // Milliseconds from start to end and on all cores, by bash, and the peak of resident memory, by GNU time.
    static (double Elapsed, double Processor, double Mb) Once(string folder, string program, string arguments)
    {
        var (times, peak) = (Path.Join(folder, "times"), Path.Join(folder, "peak"));
        var script = $"TIMEFORMAT='%3R %3U %3S'; {{ time {program} {arguments} > out 2> err; }} 2> {times}; code=$?; "
            + $"/usr/bin/time -f %M -o {peak} {program} {arguments} > out 2> err; exit $code";
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { WorkingDirectory = folder })!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            var error = File.ReadAllText(Path.Join(folder, "err"));
            throw new InvalidOperationException($"{program} {arguments} ended with {process.ExitCode}: {error}");
        }
        var seconds = Array.ConvertAll(File.ReadAllText(times).Split(' '), Number);
        return (1000 * seconds[0], 1000 * (seconds[1] + seconds[2]), Number(File.ReadAllText(peak)) * 1024 / 1e6);

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }
}
